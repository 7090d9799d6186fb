import { expect } from 'chai'
import { MAX_QUEUED_LOADS, DEFAULT_LOAD_TIMEOUT } from '../../../src/constants.js'
import { OverloadedError } from '../../../src/errors.js'
import { Cancellation } from '../../../src/flight/abortable.js'
import { LoadQueue } from '../../../src/group/load-queue.js'
import { GroupNetwork } from '../../support/group-network.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { SEEDS, seeded } from '../../support/seeds.js'
import { rejection } from '../../support/thrown.js'

/** A loader whose runs a test ends, one by one or by key. */
class Runs {
  readonly started: string[] = []
  most = 0
  readonly #open = new Map<string, PromiseWithResolvers<string>>()

  readonly load = (key: string): Promise<string> => {
    const run = Promise.withResolvers<string>()
    this.started.push(key)
    this.#open.set(key, run)
    this.most = Math.max(this.most, this.#open.size)
    return run.promise
  }

  get open (): string[] { return [...this.#open.keys()] }

  async end (key: string | undefined, failure?: Error): Promise<void> {
    const run = this.#open.get(key as string)
    this.#open.delete(key as string)
    if (failure === undefined) run?.resolve(`v${key}`)
    else run?.reject(failure)
    await settled()
  }
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`)

describe('maxConcurrentLoads', () => {
  it('is how many loads run at a time; the others run in the order they came, whether loads succeed or fail', async () => {
    const runs = new Runs()
    const group = new GroupNetwork('a').node('a').group({ maxConcurrentLoads: 3, load: runs.load })
    const gets = group.getManySettled(numbers(10))
    await settled()
    expect(runs.open).to.deep.equal(['0', '1', '2'])
    await runs.end('1', new Error('no'))
    expect(runs.open).to.deep.equal(['0', '2', '3'])
    while (runs.open.length > 0) await runs.end(runs.open.at(-1))
    expect([runs.most, runs.started]).to.deep.equal([3, numbers(10)])
    expect((await gets).filter(({ status }) => status === 'rejected')).to.have.length(1)
  })

  it('is for all loads of a member: for its own callers, for others, and to renew old values', async () => {
    const runs = new Runs()
    const net = new GroupNetwork('b', 'a')
    const owner = net.node('b').group({ maxConcurrentLoads: 2, ttl: 10, staleWhileRevalidate: 1e6, load: runs.load })
    const group = net.node('a').group()
    const first = owner.get('old')
    await settled()
    await runs.end('old')
    await first
    await net.clock.advance(10)
    const all = [owner.get('old'), owner.get('mine'), group.get('theirs'), group.get('theirs too')]
    await settled()
    expect(runs.open).to.deep.equal(['old', 'mine'])
    while (runs.open.length > 0) await runs.end(runs.open[0])
    expect([await Promise.all(all), runs.most]).to.deep.equal([['vold', 'vmine', 'vtheirs', 'vtheirs too'], 2])
  })

  it('is of each group by itself, and of each member', async () => {
    const runs = new Runs()
    const nodes = ['a', 'b'].map(name => new GroupNetwork(name).node(name).group({ maxConcurrentLoads: 1, load: runs.load }))
    const gets = nodes.map((group, i) => group.get(`${i}`))
    await settled()
    expect(runs.open).to.deep.equal(['0', '1'])
    for (const key of ['0', '1']) await runs.end(key)
    await Promise.all(gets)
  })

  it('lets who is left by all before its turn out of the queue: it never runs', async () => {
    const runs = new Runs()
    const group = new GroupNetwork('a').node('a').group({ maxConcurrentLoads: 1, load: runs.load })
    const caller = new AbortController()
    const gets = [group.get('0'), group.get('2')]
    const left = rejection(group.get('1', { signal: caller.signal }))
    await settled()
    caller.abort(new Error('mine'))
    expect((await left).message).to.equal('mine')
    await runs.end('0')
    await runs.end('2')
    await Promise.all(gets)
    expect(runs.started).to.deep.equal(['0', '2'])
    expect(group.stats()).to.include({ loads: 2, loadErrors: 0 })
  })

  it('passes on the place of a load that took too long, or was given up', async () => {
    const net = new GroupNetwork('a')
    const runs = new Runs()
    const group = net.node('a').group({ maxConcurrentLoads: 1, loadTimeout: 100, load: runs.load })
    const gets = [group.get('0'), group.get('1', { timeout: 150 }), group.get('2')].map(get => get.catch((err: Error) => err.name))
    await net.clock.advance(100)
    expect(runs.started).to.deep.equal(['0', '1'])
    await net.clock.advance(50)
    expect(runs.started).to.deep.equal(['0', '1', '2'])
    await runs.end('2')
    expect(await Promise.all(gets)).to.deep.equal(['LoadError', 'TimeoutError', 'v2'])
  })

  it('begins the time that a load may take with its turn, not with its place in the queue', async () => {
    const net = new GroupNetwork('a')
    const runs = new Runs()
    const group = net.node('a').group({ maxConcurrentLoads: 1, loadTimeout: 100, load: runs.load })
    const gets = [group.get('0'), group.get('1')]
    await net.clock.advance(90)
    await runs.end('0')
    await net.clock.advance(90)
    await runs.end('1')
    expect(await Promise.all(gets)).to.deep.equal(['v0', 'v1'])
  })

  it('has each key in its queue once: a load that has not begun is new enough for who comes after a removal', async () => {
    const runs = new Runs()
    const group = new GroupNetwork('a').node('a').group({ maxConcurrentLoads: 1, load: runs.load })
    const gets = [group.get('0')]
    for (let i = 0; i < 3; i++) {
      gets.push(group.get('1'))
      await settled()
      await group.remove('1')
    }
    gets.push(group.get('1'))
    await settled()
    await runs.end('0')
    expect(runs.open).to.deep.equal(['1'])
    gets.push(group.get('1'))
    await runs.end('1')
    expect(await Promise.all(gets)).to.deep.equal(['v0', 'v1', 'v1', 'v1', 'v1', 'v1'])
    expect(runs.started).to.deep.equal(['0', '1'])
    expect(group.peek('1')).to.equal('v1')
  })

  it('has a load that begins before a removal not shared with who comes after it', async () => {
    const runs = new Runs()
    const group = new GroupNetwork('a').node('a').group({ maxConcurrentLoads: 1, load: runs.load })
    const gets = [group.get('0'), group.get('1')]
    await settled()
    await runs.end('0')
    await group.remove('1')
    gets.push(group.get('1'))
    await settled()
    await runs.end('1')
    expect(group.peek('1')).to.equal(undefined)
    await runs.end('1')
    await Promise.all(gets)
    expect(runs.started).to.deep.equal(['0', '1', '1'])
  })

  it('leaves the load of others alone when one of those who wait for it leaves, whose removal was first', async () => {
    const runs = new Runs()
    const group = new GroupNetwork('a').node('a').group({ maxConcurrentLoads: 1, load: runs.load })
    const caller = new AbortController()
    const first = group.get('0')
    const left = rejection(group.get('1', { signal: caller.signal }))
    await settled()
    await group.remove('1')
    const stays = group.get('1')
    await settled()
    await runs.end('0')
    caller.abort(new Error('mine'))
    expect((await left).message).to.equal('mine')
    await runs.end('1')
    expect(await Promise.all([first, stays])).to.deep.equal(['v0', 'v1'])
    expect([runs.started, group.peek('1')]).to.deep.equal([['0', '1'], 'v1'])
  })

  it('has a queue that ends: past it gets fail with an OverloadedError, here and from afar, and are not loaded elsewhere', async function () {
    const net = new GroupNetwork('b', 'a')
    const owner = net.node('b').group({ maxConcurrentLoads: 1, load: () => new Promise<string>(() => {}) })
    const group = net.node('a').group()
    const keys = numbers(MAX_QUEUED_LOADS + 1)
    const waiting = Promise.allSettled(keys.map(key => owner.get(key)))
    await settled()
    for (const each of [owner, group]) {
      const err = await rejection(each.get('one too many'))
      expect(err).to.be.instanceOf(OverloadedError)
      expect(err.message).to.include(`1 loads are running and ${MAX_QUEUED_LOADS} wait`)
    }
    expect([owner.stats().loads, group.stats().loads]).to.deep.equal([1, 0])
    net.node('b').isOpen = false
    owner.close()
    await waiting
  })
})

describe('the queue of loads', () => {
  for (const seed of SEEDS) {
    it(`never runs more than it may, starts all in order, and none that was given up (seed ${seed})`, async () => {
      const random = seeded(seed)
      const queue = new LoadQueue<void>(5, new FakeClock())
      const [running, started, expected]: [Set<number>, number[], number[]] = [new Set(), [], []]
      const ends: Array<() => void> = []
      const outcomes: Array<Promise<unknown>> = []
      for (let i = 0; i < 500; i++) {
        const caller = new Cancellation()
        outcomes.push(queue.run(`${i}`, caller, async () => {
          running.add(i)
          started.push(i)
          expect(running.size).to.be.at.most(5)
          await new Promise<void>(resolve => { ends.push(resolve) })
          running.delete(i)
          if (random() < 0.2) throw new Error('no')
        }).catch(() => {}))
        const isGivenUp = random() < 0.3 && !started.includes(i)
        if (isGivenUp) caller.abort(new Error('left'))
        else expected.push(i)
        if (random() < 0.6) ends.splice(Math.floor(random() * ends.length), 1)[0]?.()
        if (random() < 0.5) await settled()
      }
      while (started.length < expected.length || ends.length > 0) {
        ends.shift()?.()
        await settled()
      }
      await Promise.all(outcomes)
      expect(started).to.deep.equal(expected)
    })
  }
})

describe('loadTimeout', () => {
  it('is 30 s by default', async () => {
    const net = new GroupNetwork('a')
    let signal: AbortSignal | undefined
    const failed = rejection(net.node('a').group({ load: (_key, context) => { ({ signal } = context); return new Promise<string>(() => {}) } }).get('k'))
    await net.clock.advance(DEFAULT_LOAD_TIMEOUT - 1)
    expect(signal?.aborted).to.equal(false)
    await net.clock.advance(1)
    expect((await failed).message).to.include('the loader did not settle within 30000 ms')
  })

  it('is over for a load that ends in time: no timer is left, and its signal does not abort', async () => {
    const net = new GroupNetwork('a')
    let signal: AbortSignal | undefined
    await net.node('a').group({ load: (_key, context) => { ({ signal } = context); return 'v' } }).get('k')
    expect([net.clock.timers, signal?.aborted]).to.deep.equal([0, false])
  })

  it('fails the load, and what it brings after that is not kept', async () => {
    const net = new GroupNetwork('b', 'a')
    const runs = new Runs()
    const owner = net.node('b').group({ loadTimeout: 100, load: runs.load })
    const group = net.node('a').group({ loadLocallyOnLoadError: false })
    const failed = rejection(group.get('k'))
    await net.clock.advance(100)
    expect((await failed).message).to.include('did not settle within 100 ms')
    await runs.end('k')
    expect([owner.peek('k'), owner.stats().loadErrors]).to.deep.equal([undefined, 1])
  })
})
