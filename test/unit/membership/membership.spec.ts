import { expect } from 'chai'
import { settled } from '../../support/fake-clock.js'
import { startMembership as start, startWith } from '../../support/one-membership.js'
import { alive, dead, left, suspect } from '../../support/records.js'
import { parseRecord } from '../../../src/membership/member-record.js'
import { TIMINGS } from '../../../src/membership/timing.js'

describe('what a member says of itself', () => {
  it('contradicts whoever says that it is dead, suspect or gone, with a higher incarnation, by table or news', () => {
    for (const record of [dead('m', 4), left('m', 4), suspect('m', 4)]) {
      for (const how of ['learn', 'hear'] as const) {
        if (how === 'hear' && record.state === 'left') continue
        const { membership, published } = start()
        const tell = (): void => { if (how === 'learn') membership.learn('x', [alive('x'), record]); else membership.hear('x', record) }
        tell()
        expect(membership.self).to.include({ state: 'alive', incarnation: 5 })
        expect(published).to.deep.equal([membership.self])
        tell()
        expect(membership.self.incarnation).to.equal(5)
      }
    }
  })

  it('contradicts a member that holds it for dead and is dead here: so the halves of a partition find together', () => {
    const { membership, published } = start()
    membership.learn('x', [alive('x'), alive('y')])
    membership.learn('y', [alive('y'), dead('x')])
    membership.learn('x', [alive('x'), dead('m')])
    expect(published.at(-1)).to.include({ id: 'm', state: 'alive', incarnation: 1 })
  })

  it('takes no notice of what is older, or the same as it says', () => {
    const { membership, published } = start()
    membership.readdress(['/n'])
    published.length = 0
    membership.learn('x', [alive('x'), dead('m', 0), membership.self])
    expect([published.length, membership.self.incarnation]).to.deep.equal([0, 1])
  })

  it('contradicts what its previous life said, at the same incarnation', () => {
    const { membership } = start()
    membership.learn('x', [alive('x'), { ...alive('m'), name: 'old' }])
    expect(membership.self).to.include({ name: 'm', incarnation: 1 })
  })

  it('stays acceptable to others, and can contradict again, whatever incarnation somebody claims for it', () => {
    const { membership } = start()
    const highest = parseRecord(dead('m', Number.MAX_SAFE_INTEGER - 1))
    if (highest !== undefined) membership.learn('x', [alive('x'), highest])
    expect(parseRecord(membership.self)).to.deep.equal(membership.self)
    expect(membership.self).to.include({ state: 'alive', incarnation: 0 })
    membership.learn('x', [alive('x'), dead('m', 2 ** 40)])
    expect(membership.self.incarnation).to.equal(2 ** 40 + 1)
  })

  it('says when it was taken for dead, and not when it was suspected, or in an earlier life', () => {
    const { membership, changes } = start()
    changes.length = 0
    membership.hear('x', suspect('m', 4))
    membership.hear('x', dead('m', 3))
    expect(changes).to.deep.equal(['update m'])
    membership.hear('x', dead('m', 9))
    expect(changes[1]).to.equal('given up')
  })

  it('gives others more time once it was suspected itself, and less when they answer', async () => {
    const { membership, clock, pinged } = await startWith(['x'])
    const rate = async (): Promise<number> => {
      pinged.length = 0
      await clock.advance(10 * TIMINGS.lan.probeInterval)
      return pinged.length
    }
    expect(await rate()).to.be.within(9, 11)
    for (let i = 0; i < 8; i++) membership.hear('x', suspect('m', 2 * i))
    expect(await rate()).to.be.within(1, 3)
    await clock.advance(20_000)
    expect(await rate()).to.be.within(9, 11)
  })

  it('contradicts at once, and what is said soon after a moment later, all in one', async () => {
    const { membership, published, clock } = await startWith(['x'])
    for (let i = 0; i < 50; i++) membership.hear('x', suspect('m', i))
    expect(published.map(({ incarnation }) => incarnation)).to.deep.equal([1])
    await clock.advance(250)
    expect(published.map(({ incarnation }) => incarnation)).to.deep.equal([1, 50])
    await clock.advance(10_000)
    membership.hear('x', suspect('m', 50))
    expect(published.map(({ incarnation }) => incarnation)).to.deep.equal([1, 50, 51])
  })

  it('is sent first, and then what is known of those who have spoken to it, and of nobody else', async () => {
    const { membership, clock, connected } = start()
    membership.learn('z', [alive('z'), alive('told')])
    membership.learn('a', [alive('a')])
    membership.hear('author', alive('author'))
    expect(membership.present().map(({ id }) => id)).to.have.members(['m', 'z', 'told', 'a', 'author'])
    expect(membership.records().map(({ id }) => id)).to.deep.equal(['m', 'z', 'a'])
    membership.hear('a', { ...alive('a'), state: 'left' })
    expect(membership.records().map(({ id, state }) => `${id} ${state}`)).to.deep.equal(['m alive', 'z alive', 'a left'])
    // a probe that is answered is a word of its own as well
    connected.add('told')
    await clock.advance(2_000)
    expect(membership.records().map(({ id }) => id)).to.include('told')
  })

  it('changes when it is reached elsewhere, and only then', () => {
    const { membership, published } = start()
    membership.readdress(['/m'])
    expect(published).to.have.length(0)
    membership.readdress(['/n'])
    expect(published).to.deep.equal([{ ...alive('m', 1), addresses: ['/n'] }])
  })
})

describe('the life of a member', () => {
  it('does nothing before start and after stop, and leaves no timer', async () => {
    const idle = start({ isStarted: false })
    const stopped = start()
    stopped.membership.learn('x', [alive('x')])
    stopped.membership.stop()
    for (const { membership, clock, changes, published, dialled, exchanged, pinged } of [idle, stopped]) {
      const before = changes.length
      membership.learn('y', [alive('y'), dead('m', 3)])
      membership.hear('z', alive('z'))
      membership.connected('y')
      membership.disconnected('x')
      membership.readdress(['/elsewhere'])
      await clock.advance(120_000)
      expect([changes.length - before, published, dialled, exchanged, pinged, clock.timers]).to.deep.equal([0, [], [], [], [], 0])
    }
  })

  it('ends with a goodbye, by news and to each connected member, and contradicts nobody any more', async () => {
    const { membership, published, exchanged, connected } = await startWith(['x', 'y'])
    connected.delete('y')
    await membership.leave()
    expect([published, exchanged]).to.deep.equal([[left('m')], ['x']])
    membership.learn('x', [alive('x'), dead('m', 3)])
    expect(membership.self).to.deep.equal(left('m'))
  })

  it('begins anew, and is announced, after a stop and a start', async () => {
    const { membership, clock, published } = start()
    membership.learn('x', [alive('x')])
    await membership.leave()
    membership.stop()
    membership.start(['/m'])
    expect(membership.present().map(({ id }) => id)).to.deep.equal(['m'])
    // those who have its goodbye take only a higher incarnation for news
    expect(membership.self.incarnation).to.be.greaterThan(0)
    await settled()
    published.length = 0
    membership.learn('y', [alive('y')])
    await clock.advance(5_000)
    expect(published.map(({ id, state }) => [id, state])).to.deep.include(['m', 'alive'])
  })
})
