import { expect } from 'chai'
import { HandOver } from '../../../src/cluster/hand-over.js'
import { HAND_OVER_DELAY, MAX_OFFER_KEYS, TAKE_OVER_WINDOW } from '../../../src/constants.js'
import { Lease } from '../../../src/cache/lease.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { fakeLog } from '../../support/fake-log.js'
import type { MakeOffers } from '../../../src/cluster/hand-over.js'
import type { GroupServer } from '../../../src/group/peers.js'
import type { HandOverProgress } from '../../../src/index.js'
import type { Offer, Taken } from '../../../src/rpc/offer-exchange.js'

interface Fixture {
  clock: FakeClock
  handOver: HandOver
  /** What waits in each group, the most valuable first. */
  moved: Record<string, Map<string, number>>
  /** Offers made, as 'b g: k1 k2'. */
  made: string[]
  progress: HandOverProgress[]
  /** What members say to an offer. */
  take: (id: string, offer: Offer) => Taken | Promise<Taken>
  leases: Map<string, Lease>
  touch: (id: string) => Promise<Lease | 'lost'>
}

/** Keys go to the member that their first letter names; those of "me" stay. */
function start (groups: Record<string, Record<string, number>>): Fixture {
  const clock = new FakeClock()
  const moved = Object.fromEntries(Object.entries(groups).map(([name, keys]) => [name, new Map(Object.entries(keys))]))
  const server = (keys: Map<string, number>): GroupServer => ({
    get isEmpty () { return keys.size === 0 },
    moved: () => [...keys].map(([key, bytes]) => ({ key, bytes })),
    forgetMovedKey: (key: string) => { keys.delete(key) }
  }) as unknown as GroupServer
  const leases = new Map(['a', 'b', 'c'].map(id => [id, new Lease(id, Infinity)]))
  const makeOffers: MakeOffers = async (id, offers, onTaken, signal) => {
    for (const offer of offers) {
      fixture.made.push(`${id} ${offer.group}: ${offer.keys.join(' ')}`)
      const aborted = new Promise<never>((_resolve, reject) => { signal.addEventListener('abort', () => { reject(new Error('aborted')) }) })
      onTaken(offer, await Promise.race([fixture.take(id, offer), aborted]))
    }
  }
  const fixture: Fixture = {
    clock,
    moved,
    made: [],
    progress: [],
    take: (_id, { keys }) => keys.map(() => true),
    leases,
    touch: async id => leases.get(id) ?? 'lost',
    handOver: new HandOver({
      self: 'me',
      groups: new Map(Object.entries(moved).map(([name, keys]) => [name, server(keys)])),
      owner: key => key.startsWith('nobody') ? undefined : key.startsWith('me') ? 'me' : key[0],
      hasOthers: () => true,
      makeOffers,
      touch: id => fixture.touch(id),
      onProgress: each => { fixture.progress.push(each) },
      clock,
      log: fakeLog()
    })
  }
  return fixture
}

const LIMITS = { timeout: 5_000, maxBytes: Infinity }

describe('handing over at a stop', () => {
  it('offers each new owner what is its own, and drops what it has taken', async () => {
    const { handOver, moved, made, progress } = start({ g: { a1: 10, b1: 20, a2: 30 } })
    await handOver.finish(LIMITS)
    expect(made.sort()).to.deep.equal(['a g: a1 a2', 'b g: b1'])
    expect(moved['g']?.size).to.equal(0)
    expect(progress.at(-1)).to.deep.equal({ reason: 'stop', offered: 3, taken: 3, bytes: 60, isDone: true })
    expect(progress.slice(0, -1).every(({ isDone }) => !isDone)).to.equal(true)
  })

  it('offers neither what stays nor what nobody owns', async () => {
    const { handOver, made } = start({ g: { me1: 10, nobody: 10 } })
    await handOver.finish(LIMITS)
    expect(made).to.deep.equal([])
  })

  it('offers the most valuable of each group first, and no more than so many bytes', async () => {
    const { handOver, made } = start({ g: { a1: 10, a2: 10, a3: 10 }, h: { a4: 10, a5: 10 } })
    await handOver.finish({ timeout: 5_000, maxBytes: 35 })
    expect(made).to.deep.equal(['a g: a1 a2', 'a h: a4'])
  })

  it('has few keys, and few bytes, on their way together', async () => {
    const many = Object.fromEntries(Array.from({ length: MAX_OFFER_KEYS + 1 }, (_, i) => [`a${i}`, 1]))
    const first = start({ g: many })
    await first.handOver.finish(LIMITS)
    expect(first.made.map(offer => offer.split(' ').length - 2)).to.deep.equal([MAX_OFFER_KEYS, 1])
    const large = start({ g: { a1: 700_000, a2: 700_000, a3: 5_000_000, a4: 1 } })
    await large.handOver.finish(LIMITS)
    expect(large.made).to.deep.equal(['a g: a1', 'a g: a2', 'a g: a3', 'a g: a4'])
    const long = start({ g: { ['a'.repeat(40_000)]: 1, ['a'.repeat(40_001)]: 1 } })
    await long.handOver.finish(LIMITS)
    expect(long.made).to.have.length(2)
  })

  it('offers once more what was not taken, for the news may be on its way; but not for ever', async () => {
    const fixture = start({ g: { a1: 1, a2: 1 } })
    let rounds = 0
    fixture.take = (_id, { keys }) => keys.map(key => key === 'a1' && ++rounds === 2)
    const finished = fixture.handOver.finish(LIMITS)
    for (let i = 0; i < 20; i++) await fixture.clock.advance(100)
    await finished
    expect(fixture.made).to.deep.equal(['a g: a1 a2', 'a g: a1 a2', 'a g: a2'])
    expect(fixture.progress.at(-1)).to.include({ offered: 2, taken: 1, isDone: true })
  })

  it('goes on counting as offered what was removed before it was taken', async () => {
    const fixture = start({ g: { a1: 1, a2: 1, a3: 1 } })
    let rounds = 0
    fixture.take = (_id, { keys }) => {
      if (++rounds === 1) fixture.moved['g']?.delete('a3')
      return keys.map(() => rounds === 2)
    }
    const finished = fixture.handOver.finish(LIMITS)
    for (let i = 0; i < 20; i++) await fixture.clock.advance(100)
    await finished
    expect(fixture.progress.map(({ offered }) => offered)).to.deep.equal([3, 3, 3])
    expect(fixture.progress.at(-1)).to.include({ taken: 2, isDone: true })
  })

  it('goes on with the others when one lacks the group, or cannot be reached', async () => {
    const fixture = start({ g: { a1: 1, b1: 1, c1: 1 } })
    fixture.take = (id, { keys }) => {
      if (id === 'a') throw new Error('the connection was lost')
      return id === 'b' ? undefined : keys.map(() => true)
    }
    const finished = fixture.handOver.finish(LIMITS)
    for (let i = 0; i < 20; i++) await fixture.clock.advance(100)
    await finished
    expect([...fixture.moved['g']?.keys() ?? []]).to.deep.equal(['a1', 'b1'])
  })

  for (const [what, hang] of [
    ['takes', (fixture: Fixture) => { fixture.take = () => new Promise(() => {}) }],
    ['answers a ping', (fixture: Fixture) => { fixture.touch = () => new Promise(() => {}) }]
  ] as const) {
    it(`ends when its time is up, though nobody ${what}`, async () => {
      const fixture = start({ g: { a1: 1 } })
      hang(fixture)
      let isOver = false
      const finished = fixture.handOver.finish(LIMITS).then(() => { isOver = true })
      await fixture.clock.advance(4_999)
      expect(isOver).to.equal(false)
      await fixture.clock.advance(1)
      await finished
      expect(fixture.clock.timers).to.equal(0)
    })
  }
})

describe('handing over after a change of the ring', () => {
  it('waits until the ring is quiet, and keeps in touch with those it has something for', async () => {
    const { handOver, clock, made, leases } = start({ g: { a1: 1 } })
    handOver.ringChanged()
    await clock.advance(HAND_OVER_DELAY - 1)
    handOver.ringChanged()
    await clock.advance(HAND_OVER_DELAY - 1)
    expect(made).to.deep.equal([])
    await clock.advance(1)
    expect(made).to.deep.equal(['a g: a1'])
    expect([leases.get('a')?.neededUntil, leases.get('b')?.neededUntil]).to.deep.equal([clock.now() + TAKE_OVER_WINDOW, 0])
  })

  it('is given up when the node is closed', async () => {
    const fixture = start({ g: { a1: 1 } })
    fixture.take = () => new Promise(() => {})
    fixture.handOver.ringChanged()
    await fixture.clock.advance(HAND_OVER_DELAY)
    fixture.handOver.stop()
    await settled()
    expect(fixture.clock.timers).to.equal(0)
    fixture.handOver.ringChanged()
    fixture.handOver.stop()
    expect(fixture.clock.timers).to.equal(0)
  })

  it('is pending until all was taken, or offered three times', async () => {
    const willing = start({ g: { a1: 1 } })
    expect(willing.handOver.isPending).to.equal(false)
    const taking = Promise.withResolvers<boolean[]>()
    willing.take = () => taking.promise
    willing.handOver.ringChanged()
    expect(willing.handOver.isPending).to.equal(true)
    await willing.clock.advance(HAND_OVER_DELAY)
    expect(willing.handOver.isPending).to.equal(true)
    taking.resolve([true])
    await settled()
    expect(willing.handOver.isPending).to.equal(false)

    const unwilling = start({ g: { a1: 1 } })
    unwilling.take = () => [false]
    unwilling.handOver.ringChanged()
    await unwilling.clock.advance(HAND_OVER_DELAY)
    expect([unwilling.handOver.isPending, unwilling.made.length]).to.deep.equal([true, 1])
    for (let i = 0; i < 6; i++) await unwilling.clock.advance(100)
    expect([unwilling.handOver.isPending, unwilling.made.length]).to.deep.equal([false, 3])
    unwilling.handOver.ringChanged()
    expect(unwilling.handOver.isPending).to.equal(true)
    unwilling.handOver.stop()
    expect(unwilling.handOver.isPending).to.equal(false)
  })

  it('says nothing when there is nothing to hand over', async () => {
    const { handOver, clock, progress } = start({ g: {} })
    handOver.ringChanged()
    await clock.advance(HAND_OVER_DELAY)
    expect([progress, handOver.hasSomething, clock.timers]).to.deep.equal([[], false, 0])
  })
})
