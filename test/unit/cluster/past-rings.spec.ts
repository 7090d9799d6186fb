import { expect } from 'chai'
import { PastRings } from '../../../src/cluster/past-rings.js'
import { MAX_PAST_RINGS, TAKE_OVER_WINDOW } from '../../../src/constants.js'
import { FakeClock } from '../../support/fake-clock.js'
import { A, B, C, D, keyRanked, record, viewOf } from './view-fixture.js'
import type { View } from '../../../src/cluster/view.js'

interface Fixture { view: View, clock: FakeClock, past: PastRings, quiet: { count: number }, former: (key: string) => string[] }

/** As `self` sees it, which was there from the beginning. */
function start (self: string, ...others: string[]): Fixture {
  const clock = new FakeClock()
  const view = viewOf(self, ...others)
  const quiet = { count: 0 }
  const past = new PastRings({ self, view, clock, onQuiet: () => { quiet.count++ } })
  past.start()
  return { view, clock, past, quiet, former: key => past.formerOwners(key).map(({ id }) => id) }
}

describe('who owned a key before', () => {
  it('is forgotten when this node stops, and what changes after that is no past of the next time', async () => {
    const { view, clock, past, quiet, former } = start(A, B)
    past.changed()
    past.stop()
    view.remove(B)
    past.changed()
    expect(clock.timers).to.equal(0)
    view.put(record(C))
    past.start()
    view.put(record(B))
    past.changed()
    expect(former(keyRanked(view, C, B, A))).to.deep.equal([])
    await clock.advance(TAKE_OVER_WINDOW)
    expect(quiet.count).to.equal(1)
  })

  it('is nobody while the ring stays as it is', () => {
    const { view, former } = start(A, B, C)
    for (const order of [[A, B], [B, A], [C, A]]) expect(former(keyRanked(view, ...order))).to.deep.equal([])
  })

  it('is the one who comes next, for a member that has just joined', () => {
    const { view, past, former } = start(A)
    for (const id of [B, C]) view.put(record(id))
    past.joined()
    past.changed()
    expect(former(keyRanked(view, A, B, C))).to.deep.equal([B])
    expect(former(keyRanked(view, A, C, B))).to.deep.equal([C])
  })

  it('is who came next before the key went on to another one, for a member that has just joined, too', () => {
    const { view, past, former } = start(A)
    view.put(record(C))
    past.joined()
    past.changed()
    view.put(record(B))
    past.changed()
    expect(former(keyRanked(view, B, A, C))).to.deep.equal([C])
  })

  it('is who leaves, as long as it is a member; then nobody', () => {
    const { view, past, former } = start(A, B, C)
    const key = keyRanked(view, B, A)
    view.put(record(B, { weight: 0, incarnation: 1 }))
    past.changed()
    expect([view.owner(key), former(key)]).to.deep.equal([A, [B]])
    view.remove(B)
    past.changed()
    expect(former(key)).to.deep.equal([])
  })

  it('is who had it before its weight, or that of another one, was changed', () => {
    const { view, past, former } = start(A, B)
    const before = Array.from({ length: 200 }, (_, i) => `k${i}`).filter(key => view.owner(key) === B)
    view.put(record(A, { weight: 5, incarnation: 1 }))
    past.changed()
    const moved = before.filter(key => view.owner(key) === A)
    expect(moved).to.not.be.empty
    for (const key of moved) expect(former(key)).to.deep.equal([B])
  })

  it('is each of several, the latest first, with until when it was, and of more than two the latest two', () => {
    const { view, clock, past } = start(A, B, C, D)
    const key = keyRanked(view, D, C, B, A)
    for (const id of [D, C, B]) {
      clock.jump(10)
      view.put(record(id, { weight: 0, incarnation: 1 }))
      past.changed()
    }
    const now = clock.now()
    expect(past.formerOwners(key)).to.deep.equal([{ id: B, since: now }, { id: C, since: now - 10 }])
  })

  it('does not matter any more when the time for asking is over, which is told once the ring has been quiet for so long', async () => {
    const { view, clock, past, quiet, former } = start(A, B)
    const key = keyRanked(view, B, A)
    view.put(record(B, { weight: 0, incarnation: 1 }))
    past.changed()
    await clock.advance(TAKE_OVER_WINDOW - 1)
    expect([former(key), quiet.count]).to.deep.equal([[B], 0])
    await clock.advance(2)
    expect([former(key), quiet.count]).to.deep.equal([[], 1])
  })

  it('is found among the latest rings; earlier ones are forgotten', () => {
    const { view, past, former } = start(A, B, C)
    const key = keyRanked(view, B, A, C)
    view.put(record(B, { weight: 0, incarnation: 1 }))
    past.changed()
    for (let i = 1; i < MAX_PAST_RINGS; i++) {
      view.put(record(C, { weight: i % 2 === 0 ? 1 : 0.9, incarnation: i }))
      past.changed()
      expect(former(key)).to.include(B)
    }
    view.put(record(C, { weight: 0.5, incarnation: MAX_PAST_RINGS }))
    past.changed()
    expect(former(key)).to.not.include(B)
  })

  it('is not known any more after a stop', () => {
    const { view, clock, past, former } = start(A, B)
    const key = keyRanked(view, B, A)
    view.put(record(B, { weight: 0, incarnation: 1 }))
    past.changed()
    past.stop()
    expect([former(key), clock.timers]).to.deep.equal([[], 0])
  })
})
