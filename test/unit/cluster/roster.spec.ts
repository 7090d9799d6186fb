import { expect } from 'chai'
import { Roster } from '../../../src/cluster/roster.js'
import { MAX_MEMBERS } from '../../../src/constants.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { A, B, C, record } from './view-fixture.js'

function start (mayJoin?: (id: string) => boolean): { roster: Roster, heard: string[] } {
  const heard: string[] = []
  const roster = new Roster({
    self: record(A),
    clock: new FakeClock(),
    groups: new Map(),
    onMember: (kind, { peerId }) => { heard.push(`${kind} ${peerId.toString()}`) },
    onRing: () => { heard.push('ring') },
    mayJoin
  })
  return { roster, heard }
}

describe('who is on the ring of a node', () => {
  it('is told once of a member that gives its share back, and then leaves', async () => {
    const { roster, heard } = start()
    roster.apply({ kind: 'join', member: record(B) })
    await settled()
    roster.apply({ kind: 'update', member: record(B, { weight: 0, incarnation: 1 }) })
    await settled()
    roster.apply({ kind: 'leave', member: record(B, { weight: 0, incarnation: 1, state: 'left' }) })
    await settled()
    expect(heard).to.deep.equal([`join ${B}`, 'ring', 'ring', `leave ${B}`])
  })

  it('is told of one that fails, and of its keys', async () => {
    const { roster, heard } = start()
    roster.apply({ kind: 'join', member: record(B) })
    roster.drop(B, 'fail')
    roster.drop(B, 'fail')
    await settled()
    expect(heard).to.deep.equal([`join ${B}`, `fail ${B}`, 'ring'])
  })

  it('is this node, too, whose own `allow` list does not name it: else it would not give its share back when it stops', () => {
    const { roster } = start(id => id === B)
    for (const id of [A, B, C]) roster.apply({ kind: 'update', member: record(id, { weight: id === A ? 0 : 1, incarnation: 1 }) })
    expect([roster.view.get(A)?.weight, roster.view.ids]).to.deep.equal([0, [A, B]])
  })

  it('are not those that the user removed, until they are named again', () => {
    const { roster } = start()
    roster.exclude(B)
    roster.apply({ kind: 'join', member: record(B) })
    expect(roster.view.ids).to.deep.equal([A])
    roster.include(B)
    roster.apply({ kind: 'join', member: record(B) })
    expect(roster.view.ids).to.deep.equal([A, B])
  })

  it('are not so many that were removed that nobody could have by hand: the first ones are forgotten', () => {
    const { roster } = start()
    for (let i = 0; i <= 10 * MAX_MEMBERS; i++) roster.exclude(`${i}`)
    expect(['0', '1', `${10 * MAX_MEMBERS}`].map(id => roster.isExcluded(id))).to.deep.equal([false, true, true])
  })
})
