import { expect } from 'chai'
import { MAX_MEMBERS } from '../../../src/constants.js'
import { settled } from '../../support/fake-clock.js'
import { SPONSORED_FOR } from '../../../src/membership/verdicts.js'
import { startMembership as start, startWith } from '../../support/one-membership.js'
import { alive, dead, left, suspect } from '../../support/records.js'

describe('news of this node', () => {
  it('that is outdated is contradicted all the same: whoever spreads it has missed what was said since', async () => {
    const { membership, clock, published } = await startWith(['x', 'y'])
    membership.hear('x', suspect('m'))
    await clock.advance(1_000)
    published.length = 0
    membership.hear('y', suspect('m'))
    await clock.advance(1_000)
    expect(published).to.deep.equal([membership.self])
    expect(membership.self).to.include({ state: 'alive', incarnation: 2 })
  })
})

describe('a member whose connection is lost without a word', () => {
  it('is connected to again, or found dead, when tables are compared', async () => {
    const { clock, connected, outcome, changes } = await startWith(['x', 'y'])
    connected.delete('x')
    outcome.next = 'refused'
    await clock.advance(60_000)
    expect(changes).to.deep.equal(['fail x'])
  })
})

describe('news of other members', () => {
  it('is believed from nobody but the member itself when it says that one is alive, or leaves', () => {
    const { membership, changes, logged } = start()
    membership.learn('x', [alive('x')])
    membership.hear('x', alive('y'))
    membership.learn('x', [alive('x'), alive('y')])
    membership.hear('x', left('y'))
    membership.hear('x', alive('y', 5))
    expect(changes).to.deep.equal(['join x', 'join y'])
    expect(membership.get('y')?.incarnation).to.equal(0)
    expect(logged).to.have.length(1)
    membership.hear('y', alive('y', 3))
    membership.hear('y', left('y', 3))
    expect(changes).to.deep.equal(['join x', 'join y', 'update y', 'leave y'])
  })

  it('of a death out of the blue is looked into: not believed while the dead answers, at once when it is silent', async () => {
    for (const isSilent of [false, true]) {
      const { membership, clock, silent, changes, pinged, exchanged } = await startWith(['x', 'y'])
      if (isSilent) silent.add('x')
      membership.hear('y', dead('x'))
      expect([changes, pinged.filter(id => id === 'x')]).to.deep.equal([[], ['x']])
      await clock.advance(1_000)
      expect(changes).to.deep.equal(isSilent ? ['fail x'] : [])
      // and it is told, so that it contradicts
      if (!isSilent) expect(exchanged).to.include('x')
    }
  })

  it('of a death is looked into as well when the member is only suspected', async () => {
    const { membership, clock, changes } = await startWith(['x', 'y'])
    membership.hear('y', suspect('x'))
    membership.hear('y', dead('x'))
    await settled()
    await clock.advance(1_000)
    expect(changes).to.deep.equal(['update x'])
    membership.hear('x', alive('x', 1))
    await clock.advance(20_000)
    expect(changes).to.deep.equal(['update x', 'update x'])
  })

  it('that is a suspicion makes a suspect, which it stays until it contradicts, or is dead after its time', async () => {
    for (const isSilent of [false, true]) {
      const { membership, clock, silent, connected, outcome, changes } = await startWith(['x', 'y'])
      if (isSilent) {
        silent.add('x')
        connected.delete('x')
        outcome.next = 'failed'
      }
      membership.hear('y', suspect('x'))
      expect(membership.get('x')?.state).to.equal('suspect')
      if (!isSilent) membership.hear('x', alive('x', 1))
      await clock.advance(10_000)
      expect(changes).to.deep.equal(['update x', isSilent ? 'fail x' : 'update x'])
    }
  })

  it('of a member that nothing is known of says nothing, unless it is its own', () => {
    const { membership, changes } = start()
    membership.learn('x', [alive('x')])
    membership.hear('x', suspect('z'))
    membership.hear('x', dead('z'))
    expect([changes, membership.get('z')]).to.deep.equal([['join x'], undefined])
    membership.hear('z', alive('z'))
    expect(changes).to.deep.equal(['join x', 'join z'])
  })
})

describe('a table', () => {
  it('that has a present member as dead or gone makes it a suspect', async () => {
    for (const record of [dead('x'), left('x')]) {
      const { membership, changes } = await startWith(['x', 'y'])
      membership.learn('y', [alive('y'), record])
      expect([changes, membership.get('x')?.state]).to.deep.equal([['update x'], 'suspect'])
    }
  })

  it('brings in members that are not known, alive or dead', () => {
    const { membership, changes } = start()
    membership.learn('x', [alive('x'), suspect('y', 7), dead('z'), left('w')])
    expect(changes).to.deep.equal(['join x', 'join y'])
    expect(['m', 'x', 'y', 'z', 'w'].map(id => membership.get(id)?.state)).to.deep.equal(['alive', 'alive', 'suspect', 'dead', 'left'])
  })

  it('names nobody that is a member before it has spoken, unless it is that of the first member there was: it is connected to, and asked', async () => {
    const { membership, clock, changes, dialled, exchanged, published } = await startWith(['first', 'x'])
    membership.learn('x', [alive('x'), alive('y'), suspect('z')])
    await clock.advance(2_000)
    expect([changes, dialled.sort(), exchanged.sort(), published]).to.deep.equal([[], ['y', 'z'], ['y', 'z'], []])
    membership.learn('y', [alive('y')])
    membership.hear('z', alive('z'))
    expect(changes).to.deep.equal(['join y', 'join z'])
  })

  it('tells where one listens that is no member yet, or none any more', async () => {
    const { membership } = await startWith(['first', 'x', 'y'])
    membership.hear('y', left('y'))
    membership.learn('x', [alive('x'), alive('z'), { ...alive('y', 1), addresses: ['/elsewhere'] }])
    expect(['x', 'y', 'z', 'nobody'].map(id => membership.addressesOf(id))).to.deep.equal([['/x'], ['/elsewhere', '/y'], ['/z'], []])
  })

  it('brings a dead member back when its incarnation has risen', () => {
    const { membership, changes } = start()
    membership.learn('x', [alive('x'), dead('y', 3)])
    membership.learn('x', [alive('x'), alive('y', 3)])
    expect(changes).to.deep.equal(['join x'])
    membership.learn('x', [alive('x'), alive('y', 4)])
    expect(changes).to.deep.equal(['join x', 'join y'])
  })

  it('of thousands is bounded, and dialled a few at a time', async () => {
    const { membership, dialled, clock, outcome } = start()
    outcome.next = 'failed'
    membership.learn('x0', Array.from({ length: MAX_MEMBERS + 1_000 }, (_, i) => alive(`x${i}`)))
    expect(membership.records()).to.have.length.at.most(MAX_MEMBERS + 1)
    expect(dialled).to.have.length(0)
    await settled()
    expect(clock.timers).to.be.lessThan(MAX_MEMBERS + 10)
    membership.stop()
    expect(clock.timers).to.equal(0)
  })

  it('of new members is followed by another one, within a fraction of a second: whoever sent it may know more', async () => {
    const { membership, exchanged, clock, connected } = start()
    connected.add('x')
    membership.learn('x', [alive('x')])
    await clock.advance(400)
    expect(exchanged).to.deep.equal(['x'])
    await clock.advance(5_000)
    exchanged.length = 0
    membership.learn('y', [alive('y')])
    await clock.advance(400)
    expect(exchanged).to.have.length(1)
  })

  it('of new members is followed by news of this one, for those who do not know it', async () => {
    const { membership, clock, published } = await startWith(['x'])
    for (const id of ['y', 'z']) membership.learn(id, [alive(id)])
    await clock.advance(3_000)
    expect(published).to.deep.equal([membership.self])
  })

  it('is asked for half the time of the first member there was, as long as that one is believed', async () => {
    for (const [after, from, to] of [[0, 17, 45], [SPONSORED_FOR, 1, 14]] as const) {
      const { clock, exchanged } = await startWith(['first', 'b', 'c', 'd', 'e', 'f'], { timing: { exchangeInterval: 400 } })
      await clock.advance(after)
      exchanged.length = 0
      await clock.advance(20_000)
      expect(exchanged.length).to.be.within(45, 55)
      expect(exchanged.filter(id => id === 'first').length).to.be.within(from, to)
    }
  })

  it('is swapped with a connected member at every interval', async () => {
    const { clock, exchanged, connected } = await startWith(['x', 'y'], { timing: { exchangeInterval: 1_000 } })
    await clock.advance(60_000)
    expect(exchanged.length).to.be.within(50, 70)
    expect(new Set(exchanged)).to.deep.equal(new Set(['x', 'y']))
    expect([...connected]).to.have.members(['x', 'y'])
  })
})
