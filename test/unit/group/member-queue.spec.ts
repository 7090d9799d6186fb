// What a group does when more of one member's keys are asked for than it answers.

import { expect } from 'chai'
import { MAX_WAITING_GETS, OVERLOADED_WAIT, OVERLOAD_PATIENCE } from '../../../src/constants.js'
import { OverloadedError } from '../../../src/errors.js'
import { ALWAYS_ROOM, MemberQueue } from '../../../src/group/member-queue.js'
import { GroupNetwork } from '../../support/group-network.js'

/** Gets that come to a queue, and leave it first come, first served. */
class Crowd {
  readonly queue = new MemberQueue('m')
  now = 0
  refused = 0
  longest = 0
  readonly #since: number[] = []

  come (count: number): void {
    for (let i = 0; i < count; i++) {
      try {
        this.queue.enter(this.now)
        this.#since.push(this.now)
      } catch (err) {
        if (!(err instanceof OverloadedError)) throw err
        this.refused++
      }
    }
  }

  /** As many as wait, at the most. */
  answer (count: number): void {
    this.longest = 0
    for (const since of this.#since.splice(0, count)) {
      this.queue.leave()
      this.longest = Math.max(this.longest, this.now - since)
    }
  }

  /** Every ten milliseconds, for so long. */
  run (ms: number, come: number, answer: number): void {
    for (let at = 0; at < ms; at += 10) {
      this.come(come)
      this.now += 10
      this.answer(answer)
    }
  }
}

describe('gets that wait for one member', () => {
  it('are a burst, however long that takes: all are answered', () => {
    const crowd = new Crowd()
    crowd.come(MAX_WAITING_GETS)
    crowd.run(2_000, 0, 100)
    // and one after the other of those that follow
    for (let i = 0; i < 10; i++) crowd.run(1_000, 1, 1_000)
    crowd.come(MAX_WAITING_GETS)
    expect(crowd.refused).to.equal(0)
  })

  it('are no fewer beside a burst that is being worked off', () => {
    const crowd = new Crowd()
    crowd.come(MAX_WAITING_GETS / 4)
    // five seconds of work, and the usual few beside it
    crowd.run(10_000, 5, 33)
    expect(crowd.refused).to.equal(0)
  })

  it('are too many when they wait for long, span after span: then each that is let in is answered within half a second', () => {
    const crowd = new Crowd()
    // 10,000 a second, and four times as many come
    crowd.run(3 * OVERLOAD_PATIENCE, 400, 100)
    expect(crowd.refused).to.be.greaterThan(0)
    // those that came before have to be answered first
    crowd.run(9_000, 200, 100)
    const before = crowd.refused
    crowd.run(1_000, 400, 100)
    expect(crowd.longest).to.be.within(OVERLOADED_WAIT - 50, OVERLOADED_WAIT + 50)
    expect((crowd.refused - before) / 100, 'of 400').to.be.closeTo(300, 5)
  })

  it(`are let in up to ${ALWAYS_ROOM}, however slow it is`, () => {
    const crowd = new Crowd()
    crowd.run(25_000, 10, 1)
    expect(crowd.refused).to.be.greaterThan(0)
    expect(crowd.queue.waiting).to.be.within(ALWAYS_ROOM - 1, ALWAYS_ROOM)
  })

  it('are as many as before as soon as fewer come', () => {
    for (const fewer of [0, 90]) {
      const crowd = new Crowd()
      crowd.run(3_500, 400, 100)
      crowd.run(OVERLOADED_WAIT + 10_000, fewer, 100)
      const before = crowd.refused
      crowd.come(MAX_WAITING_GETS)
      expect(crowd.refused - before, `${fewer}`).to.equal(0)
    }
  })

  it('are not too many because it is silent for a while: it may be frozen, and those that wait are answered when it is back', () => {
    const crowd = new Crowd()
    crowd.run(1_500, 50, 50)
    crowd.run(4_000, 50, 0)
    crowd.run(1_000, 50, 30_000)
    expect(crowd.refused).to.equal(0)
  })

  it('are refused with how many there are, and of whom, while those of other groups and members are not', () => {
    const crowd = new Crowd()
    crowd.run(3_500, 400, 100)
    expect(() => { crowd.queue.enter(crowd.now) }).to.throw(OverloadedError, /^\d+ gets wait for m, which answers 10000 a second$/)
    expect(() => { new MemberQueue('n').enter(crowd.now) }).not.to.throw()
  })

  it('end at the caller, whose get is not asked of anybody else, and not loaded', async () => {
    const net = new GroupNetwork('a', 'b', 'c')
    let loads = 0
    net.node('a').group()
    for (const name of ['b', 'c']) net.node(name).group({ load: key => { loads++; return key } })
    const held: Array<() => void> = []
    net.beforeAnswer = () => new Promise(resolve => { held.push(resolve) })
    const { handle } = net.node('b')
    const outcomes = { answered: 0, refused: 0 }
    const gets: Array<Promise<void>> = []
    for (let at = 0; at < 4_000; at += 20) {
      for (let i = 0; i < 40; i++) {
        gets.push(handle.get(`${at} ${i}`).then(() => { outcomes.answered++ }, (err: unknown) => {
          expect(err).to.be.instanceOf(OverloadedError)
          outcomes.refused++
        }))
      }
      await net.clock.advance(20)
      for (const answer of held.splice(0, 5)) answer()
    }
    expect(outcomes.refused).to.be.greaterThan(0)
    expect(handle.stats().peerGets).to.equal(gets.length - outcomes.refused)
    net.beforeAnswer = () => {}
    for (const answer of held.splice(0)) answer()
    await Promise.all(gets)
    expect(loads).to.equal(0)
    expect(new Set(net.requests.map(request => request.slice(0, 3)))).to.deep.equal(new Set(['b→a']))
    // all that waited have left
    expect(await handle.get('one more')).to.equal('one more from a')
  })
})
