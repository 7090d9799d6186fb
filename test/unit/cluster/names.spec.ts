import { expect } from 'chai'
import { NameCheck } from '../../../src/cluster/name-check.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { fakeLog } from '../../support/fake-log.js'
import { A, B, C, record, viewOf } from './view-fixture.js'
import type { View } from '../../../src/cluster/view.js'

const KEYS = Array.from({ length: 100 }, (_, i) => `k${i}`)
const ownersIn = (view: View): Set<string | undefined> => new Set(KEYS.map(key => view.owner(key)))

describe('members of one name', () => {
  it('have one place on the ring: that of the one which is there for the longest, in whatever order they come', () => {
    const claims = [record(A, { name: 'n', since: 3 }), record(B, { name: 'n', since: 1 }), record(C, { name: 'n', since: 2 })]
    for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2]]) {
      const view = viewOf('12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg')
      for (const i of order) view.put(claims[i] as typeof claims[0])
      expect([...ownersIn(view)].filter(owner => [A, B, C].some(id => id === owner))).to.deep.equal([B])
      view.remove(B)
      expect([view.holder('n'), ownersIn(view).has(C), ownersIn(view).has(A)]).to.deep.equal([C, true, false])
      view.remove(C)
      view.remove(A)
      expect([view.holder('n'), ownersIn(view).size]).to.deep.equal([undefined, 1])
    }
  })

  it('of the same age are told apart by their ids', () => {
    const view = viewOf(C)
    for (const id of [B, A]) view.put(record(id, { name: 'n', since: 5 }))
    expect(view.holder('n')).to.equal(A)
  })

  it('do not wait for one that is about to leave', () => {
    const view = viewOf(C)
    view.put(record(A, { name: 'n', since: 1 }))
    expect(view.put(record(B, { name: 'n', since: 2 }))).to.include({ ringChanged: false })
    expect(view.put(record(A, { name: 'n', since: 1, weight: 0, incarnation: 1 }))).to.include({ ringChanged: true })
    expect(view.holder('n')).to.equal(B)
  })

  it('may change their names', () => {
    const view = viewOf(C)
    view.put(record(A, { name: 'n' }))
    view.put(record(B, { name: 'n', since: 5 }))
    expect(view.put(record(A, { name: 'm', incarnation: 1 }))).to.include({ ringChanged: true })
    expect([view.holder('n'), view.holder('m')]).to.deep.equal([B, A])
  })
})

interface Checked { clock: FakeClock, view: View, check: NameCheck, pinged: string[], answers: Array<string | undefined>, answer: PromiseWithResolvers<void> }

/** B, that came later than A under the name. */
function later (): Checked {
  const view = viewOf(B)
  view.put(record(B, { name: 'n', since: 5 }))
  const answer = Promise.withResolvers<void>()
  const [pinged, answers]: [string[], Array<string | undefined>] = [[], []]
  const ping = (id: string): Promise<void> => {
    pinged.push(id)
    return answer.promise
  }
  const clock = new FakeClock()
  const check = new NameCheck({ self: B, clock, name: 'n', view, ping, onAnswer: taken => { answers.push(taken?.message) }, log: fakeLog() })
  return { clock, view, check, pinged, answers, answer }
}

describe('a node whose name another member has', () => {
  it('asks that one whether it is alive, once, and is told so when it answers', async () => {
    const { view, check, pinged, answers, answer } = later()
    check.check()
    expect([check.isPending, pinged]).to.deep.equal([false, []])
    view.put(record(A, { name: 'n', since: 1 }))
    check.check()
    check.check()
    expect([check.isPending, check.taken, pinged]).to.deep.equal([true, undefined, [A]])
    answer.resolve()
    await settled()
    expect([check.isPending, check.taken?.name, check.taken?.peerId.toString(), check.taken?.taken]).to.deep.equal([false, 'NameTakenError', A, 'n'])
    check.check()
    expect([pinged, answers.length]).to.deep.equal([[A], 1])
  })

  it('has it when that one has gone', async () => {
    const { view, check, answers, answer } = later()
    view.put(record(A, { name: 'n', since: 1 }))
    check.check()
    answer.resolve()
    await settled()
    view.remove(A)
    check.check()
    expect([check.taken, answers.length, answers[1]]).to.deep.equal([undefined, 2, undefined])
  })

  it('is told nothing of one that does not answer, and asks it again for as long as it is a member', async () => {
    const { clock, view, check, answers, pinged, answer } = later()
    view.put(record(A, { name: 'n', since: 1 }))
    check.check()
    answer.reject(new Error('refused'))
    await settled()
    expect([check.isPending, check.taken, answers]).to.deep.equal([false, undefined, [undefined]])
    await clock.advance(1_000)
    expect(pinged).to.deep.equal([A, A])
    view.remove(A)
    check.check()
    await clock.advance(10_000)
    expect([pinged, clock.timers]).to.deep.equal([[A, A], 0])
  })

  it('forgets what it was told when it stops', async () => {
    const { clock, view, check, pinged, answer } = later()
    view.put(record(A, { name: 'n', since: 1 }))
    check.check()
    answer.resolve()
    await settled()
    expect(check.taken?.taken).to.equal('n')
    check.clear()
    expect([check.taken, check.isPending]).to.deep.equal([undefined, false])
    const silent = later()
    silent.view.put(record(A, { name: 'n', since: 1 }))
    silent.check.check()
    silent.answer.reject(new Error('refused'))
    await settled()
    silent.check.clear()
    await silent.clock.advance(10_000)
    expect([pinged, silent.pinged, clock.timers, silent.clock.timers]).to.deep.equal([[A], [A], 0, 0])
  })

  it('does not mind when it is younger, or when this node is about to leave', () => {
    const { view, check, pinged } = later()
    view.put(record(A, { name: 'n', since: 9 }))
    check.check()
    view.put(record(B, { name: 'n', since: 5, weight: 0, incarnation: 1 }))
    check.check()
    expect([pinged, check.isPending]).to.deep.equal([[], false])
  })
})
