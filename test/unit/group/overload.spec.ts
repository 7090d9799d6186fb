// What a group does with more than it can do.

import { expect } from 'chai'
import { MAX_LOAD_WAIT, MAX_WAITING_GETS, OVERLOADED_WAIT, OVERLOAD_PATIENCE } from '../../../src/constants.js'
import { OverloadedError } from '../../../src/errors.js'
import { Cancellation } from '../../../src/flight/abortable.js'
import { LoadPace } from '../../../src/group/load-pace.js'
import { LoadQueue } from '../../../src/group/load-queue.js'
import { OverloadWatch } from '../../../src/group/overload-watch.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { GroupNetwork } from '../../support/group-network.js'
import { rejection } from '../../support/thrown.js'

/** A queue of loads that take their time, and what came of each. */
class Line {
  readonly clock = new FakeClock()
  readonly queue: LoadQueue<number>
  readonly done: number[] = []
  readonly refused: number[] = []
  /** When each was refused. */
  readonly refusedAt = new Map<number, number>()
  took: number
  #count = 0

  constructor (limit: number, took: number) {
    this.queue = new LoadQueue(limit, this.clock)
    this.took = took
  }

  come (count = 1): void {
    for (let i = 0; i < count; i++) {
      const n = this.#count++
      const work = (): Promise<number> => new Promise(resolve => { this.clock.setTimeout(() => { resolve(n) }, this.took) })
      this.queue.run(`${n}`, new Cancellation(), work).then(n => { this.done.push(n) }, (err: unknown) => {
        expect(err).to.be.instanceOf(OverloadedError)
        this.refused.push(n)
        this.refusedAt.set(n, this.clock.now())
      })
    }
  }

  /** So many come every `ms`, for so long. */
  async keepComing (count: number, ms: number, duration: number): Promise<void> {
    for (let at = 0; at < duration; at += ms) {
      this.come(count)
      await this.clock.advance(ms)
    }
  }
}

describe('how long a load would wait for its turn', () => {
  it('is not known before one has ended', () => {
    const pace = new LoadPace(10)
    expect([pace.wait(1_000), pace.within(1)]).to.deep.equal([0, Infinity])
  })

  it('is its place, times what loads took of late, by how many run at a time', () => {
    const pace = new LoadPace(10)
    pace.ended(100)
    expect([pace.wait(1), pace.wait(50), pace.within(1_000)]).to.deep.equal([10, 500, 100])
    for (let i = 0; i < 50; i++) pace.ended(200)
    expect(pace.wait(50)).to.be.closeTo(1_000, 5)
  })
})

describe('an overload', () => {
  const span = OVERLOAD_PATIENCE

  it('is a long queue that grows for two spans in a row', () => {
    const watch = new OverloadWatch()
    for (const [at, size] of [[0, 1], [span, 500], [2 * span, 900]] as const) {
      expect(watch.isOverloaded).to.equal(false)
      watch.came(at, size, true)
    }
    expect(watch.isOverloaded).to.equal(true)
  })

  it('is not a burst, nor a queue that is always as long, nor one that is short', () => {
    for (const sizes of [[1, 5_000, 4_500, 4_000], [90, 90, 92, 95, 93, 96, 94]]) {
      const watch = new OverloadWatch()
      sizes.forEach((size, i) => { watch.came(i * span, size, true) })
      expect(watch.isOverloaded, sizes.join()).to.equal(false)
    }
    const watch = new OverloadWatch()
    for (let i = 0; i < 10; i++) watch.came(i * span, i, false)
    expect(watch.isOverloaded).to.equal(false)
  })

  it('is to refuse for as long as a span, and is over when that was long ago', () => {
    const watch = new OverloadWatch()
    watch.refused(0)
    watch.refused(span - 1)
    expect(watch.isOverloaded).to.equal(false)
    watch.refused(span)
    expect(watch.isOverloaded).to.equal(true)
    watch.foundEmpty(2 * span - 1)
    expect(watch.isOverloaded).to.equal(true)
    watch.foundEmpty(2 * span)
    expect(watch.isOverloaded).to.equal(false)
    watch.refused(2 * span)
    expect(watch.isOverloaded).to.equal(false)
  })
})

describe('the queue of loads, when too many come', () => {
  it('lets a burst wait for as long as MAX_LOAD_WAIT, and refuses at once what would wait longer', async () => {
    const line = new Line(10, 100)
    line.come(10)
    await line.clock.advance(100)
    // 100 a second
    const room = MAX_LOAD_WAIT / 10
    line.come(10 + room + 7)
    await settled()
    expect(line.refused).to.have.length(7)
    // the last ten would have their turn in the very moment in which their time is over
    await line.clock.advance(MAX_LOAD_WAIT + 200)
    expect([line.done.length, line.refused.length]).to.deep.equal([10 + 10 + room - 10, 7 + 10])
  })

  it('turns away who has not had its turn in time, the first one first', async () => {
    const line = new Line(1, MAX_LOAD_WAIT * 2)
    line.come(2)
    await line.clock.advance(1_000)
    line.come()
    await line.clock.advance(MAX_LOAD_WAIT - 1_001)
    expect(line.refused).to.deep.equal([])
    await line.clock.advance(1)
    expect(line.refused).to.deep.equal([1])
    await line.clock.advance(1_000)
    expect(line.refused).to.deep.equal([1, 2])
    await line.clock.advance(2 * MAX_LOAD_WAIT)
    expect([line.done, line.clock.timers]).to.deep.equal([[0], 0])
  })

  it('is short after a while, answers soon what it lets in and as much as the loader can do, and is well as soon as it is over', async () => {
    // 200 a second, and ten times as many come
    const line = new Line(10, 50)
    await line.keepComing(10, 5, 10_000)
    expect(line.done.length).to.be.within(1_900, 2_010)
    const late = [...line.refusedAt].filter(([n, at]) => at > 3_000 && at - n / 2 > 6)
    expect(late, 'refused later than at once').to.deep.equal([])
    const refusedBefore = line.refused.length
    // none of what is let in waits for longer than that
    await line.clock.advance(OVERLOADED_WAIT + 2 * line.took)
    const { length } = line.done
    line.come()
    await line.clock.advance(line.took)
    expect([line.done.length, line.refused.length]).to.deep.equal([length + 1, refusedBefore])
  })

  it('takes a burst as before once the overload is over', async () => {
    const line = new Line(10, 50)
    await line.keepComing(10, 5, 6_000)
    await line.clock.advance(5_000)
    const { length } = line.refused
    line.come(2_000)
    await line.clock.advance(MAX_LOAD_WAIT)
    expect(line.refused.length).to.equal(length)
  })

  it('is long for as many as wait all the time, and refuses none of them', async () => {
    // 100 callers, each of whom comes again when it is answered: each waits for 5 s
    const line = new Line(10, 500)
    line.come(100)
    let seen = 0
    for (let at = 0; at < 60_000; at += 50) {
      await line.clock.advance(50)
      line.come(line.done.length - seen)
      seen = line.done.length
    }
    expect(line.refused).to.deep.equal([])
    expect(line.done.length).to.be.within(1_150, 1_200)
  })

  it('answers with the old value where there is one, as when the load had failed', async () => {
    const net = new GroupNetwork('a')
    let hangs = false
    const group = net.node('a').group({ ttl: 100, staleIfError: 1e9, maxConcurrentLoads: 1, load: key => hangs ? new Promise<string>(() => {}) : `v${key}`, loadTimeout: 1e6 })
    await group.get('old')
    await net.clock.advance(100)
    hangs = true
    const first = rejection(group.get('hangs'))
    const old = group.get('old')
    await net.clock.advance(MAX_LOAD_WAIT)
    expect(await old).to.equal('vold')
    net.node('a').isOpen = false
    group.close()
    expect((await first).name).to.equal('NotStartedError')
  })
})

describe('gets that wait', () => {
  it(`are no more than ${MAX_WAITING_GETS} in a group: one more is refused, whatever its key, and none of another group is`, async function () {
    this.timeout(60_000)
    const net = new GroupNetwork('a')
    const release = Promise.withResolvers<string>()
    const group = net.node('a').group({ load: () => release.promise })
    const waiting = Array.from({ length: MAX_WAITING_GETS - 2 }, () => group.get('one'))
    const batch = group.getMany(['one', 'two'])
    await settled()
    for (const key of ['one', 'two', 'three']) expect(await rejection(group.get(key))).to.be.instanceOf(OverloadedError)
    const [outcome] = await group.getManySettled(['one'])
    expect(outcome?.status).to.equal('rejected')
    release.resolve('v')
    expect(new Set(await Promise.all(waiting))).to.deep.equal(new Set(['v']))
    expect(await batch).to.deep.equal(['v', 'v'])
    expect(await group.get('four')).to.equal('v')
  })

  it('make room when they leave, or fail', async () => {
    const net = new GroupNetwork('a')
    const group = net.node('a').group({ load: () => new Promise<string>(() => {}), loadTimeout: 100 })
    const caller = new AbortController()
    const fill = (options?: object): Array<Promise<unknown>> => Array.from({ length: MAX_WAITING_GETS / 64 }, () => group.getManySettled(Array.from({ length: 64 }, (_, i) => `${i}`), options))
    const left = fill(caller)
    await settled()
    expect(await rejection(group.get('k'))).to.be.instanceOf(OverloadedError)
    caller.abort(new Error('mine'))
    await Promise.all(left)
    const failed = fill()
    await settled()
    expect(await rejection(group.get('k'))).to.be.instanceOf(OverloadedError)
    await net.clock.advance(100)
    await Promise.all(failed)
    const last = rejection(group.get('k'))
    await net.clock.advance(100)
    expect((await last).name).to.equal('LoadError')
  })
})
