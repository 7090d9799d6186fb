import { expect } from 'chai'
import { MAX_MEMBERS } from '../../../src/constants.js'
import { parseRecord } from '../../../src/membership/member-record.js'
import { Membership } from '../../../src/membership/membership.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { seeded } from '../../support/seeds.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'
import type { MemberChange, MembershipInit } from '../../../src/membership/membership.js'

type Transport = MembershipInit['transport']

interface Started {
  membership: Membership
  clock: FakeClock
  published: MemberRecord[]
  changes: string[]
  dialled: string[]
  exchanged: string[]
  connected: Set<string>
  /** How dials end. */
  outcome: { next: Awaited<ReturnType<Transport['connect']>> | 'never' }
}

function start (options: { addresses?: string[], isStarted?: boolean, answers?: boolean } = {}): Started {
  const clock = new FakeClock()
  const [published, changes, dialled, exchanged, connected]: [MemberRecord[], string[], string[], string[], Set<string>] = [[], [], [], [], new Set()]
  const outcome: Started['outcome'] = { next: 'connected' }
  const membership = new Membership({
    self: alive('m'),
    clock,
    random: seeded(7),
    onChange: ({ kind, member }: MemberChange) => { changes.push(`${kind} ${member.id}`) },
    transport: {
      publish: news => { published.push(news) },
      exchange: async id => { exchanged.push(id) },
      connect: async id => {
        dialled.push(id)
        if (outcome.next === 'connected') connected.add(id)
        return outcome.next === 'never' ? new Promise(() => {}) : outcome.next
      },
      probe: async () => options.answers ?? true,
      isConnected: id => connected.has(id)
    }
  })
  if (options.isStarted !== false) membership.start(options.addresses ?? ['/m'])
  return { membership, clock, published, changes, dialled, exchanged, connected, outcome }
}

const alive = (id: string, incarnation = 0): MemberRecord => ({ id, name: id, weight: 1, state: 'alive', incarnation, addresses: [`/${id}`] })
const dead = (id: string, incarnation = 0): MemberRecord => ({ ...alive(id, incarnation), state: 'dead' })
const left = (id: string, incarnation = 0): MemberRecord => ({ ...alive(id, incarnation), state: 'left' })

describe('membership', () => {
  it('ignores it when one member says that another is alive, or leaves', () => {
    const { membership, changes } = start()
    membership.hear('x', alive('y'))
    membership.learn([alive('y')])
    membership.hear('x', left('y'))
    membership.hear('x', alive('y', 5))
    expect(changes).to.deep.equal(['join y'])
    expect(membership.get('y')?.incarnation).to.equal(0)
    membership.hear('y', left('y'))
    expect(changes).to.deep.equal(['join y', 'leave y'])
  })

  it('contradicts whoever says that this node is dead, suspect or gone, with a higher incarnation', () => {
    for (const record of [dead('m', 4), left('m', 4), { ...dead('m', 4), state: 'suspect' as const }]) {
      const { membership, published } = start()
      membership.learn([record])
      expect(membership.self).to.include({ state: 'alive', incarnation: 5 })
      expect(published.at(-1)).to.deep.equal(membership.self)
      membership.learn([record])
      expect(membership.self.incarnation).to.equal(5)
    }
  })

  it('stays acceptable to others whatever incarnation somebody claims for it', () => {
    const { membership } = start()
    const highest = parseRecord(dead('m', Number.MAX_SAFE_INTEGER - 1))
    if (highest !== undefined) membership.learn([highest])
    expect(parseRecord(membership.self)).to.deep.equal(membership.self)
    expect(membership.self.state).to.equal('alive')
  })

  it('does not believe a death while the dead answers, and believes it when it does not', async () => {
    for (const answers of [true, false]) {
      const { membership, connected, changes } = start({ answers })
      membership.learn([alive('x')])
      connected.add('x')
      membership.hear('y', dead('x'))
      await settled()
      expect(changes).to.deep.equal(answers ? ['join x'] : ['join x', 'fail x'])
    }
  })

  it('redials a lost member at once: refused is dead, and the others are told', async () => {
    const { membership, outcome, changes, published, clock, connected } = start()
    membership.learn([alive('x')])
    await clock.advance(10_000)
    outcome.next = 'refused'
    connected.delete('x')
    membership.disconnected('x')
    await settled()
    expect(changes).to.deep.equal(['join x', 'fail x'])
    expect(published.at(-1)).to.deep.equal(dead('x'))
  })

  it('gives a lost member that does not even refuse a second chance, and not many more', async () => {
    const { membership, outcome, changes, dialled, clock, connected } = start()
    membership.learn([alive('x')])
    await clock.advance(10_000)
    dialled.length = 0
    outcome.next = 'failed'
    connected.delete('x')
    membership.disconnected('x')
    await clock.advance(1_000)
    expect(dialled.length).to.be.within(2, 3)
    expect(changes).to.deep.equal(['join x', 'fail x'])
  })

  it('does not give up a member that has dialled it while its own dials were waiting in vain', async () => {
    const { membership, outcome, changes, clock, connected } = start()
    membership.learn([alive('x')])
    await clock.advance(10_000)
    outcome.next = 'failed'
    connected.delete('x')
    membership.disconnected('x')
    connected.add('x')
    await clock.advance(1_000)
    expect(changes).to.deep.equal(['join x'])
  })

  it('asks a dead member that it is connected to, which makes no new connection', async () => {
    const { membership, clock, connected, exchanged, dialled } = start()
    membership.learn([alive('x')])
    await clock.advance(10_000)
    connected.delete('x')
    membership.hear('y', dead('x'))
    connected.add('x')
    exchanged.length = dialled.length = 0
    await clock.advance(10_000)
    expect(exchanged).to.include('x')
    expect(dialled).to.not.include('x')
  })

  it('notices when a connection that was just made again breaks at once', async () => {
    const { membership, outcome, changes, clock, connected, dialled } = start()
    membership.learn([alive('x')])
    await clock.advance(10_000)
    dialled.length = 0
    connected.delete('x')
    membership.disconnected('x')
    // 1. the redial has succeeded, its promise has not been heard yet; 2. the connection closes
    connected.delete('x')
    membership.disconnected('x')
    outcome.next = 'refused'
    await clock.advance(60_000)
    expect(changes).to.deep.equal(['join x', 'fail x'])
  })

  it('dials a lost member once however often it hears of the loss', async () => {
    const { membership, outcome, dialled, clock, changes, connected } = start()
    membership.learn([alive('x')])
    await clock.advance(10_000)
    dialled.length = 0
    outcome.next = 'failed'
    connected.delete('x')
    for (let i = 0; i < 10; i++) membership.disconnected('x')
    await clock.advance(2_000)
    expect(dialled.length).to.be.within(2, 3)
    expect(changes).to.deep.equal(['join x', 'fail x'])
  })

  it('redials the dead for as long as it remembers them', async () => {
    const { membership, outcome, dialled, clock, connected } = start()
    membership.learn([alive('x')])
    connected.add('x')
    outcome.next = 'refused'
    connected.delete('x')
    membership.disconnected('x')
    await settled()
    dialled.length = 0
    await clock.advance(5 * 60_000)
    expect(dialled.length).to.be.within(50, 70)
  })

  it('is bounded, and dials a few at a time, when it is told of thousands', async () => {
    const { membership, dialled, clock, outcome } = start()
    outcome.next = 'failed'
    membership.learn(Array.from({ length: MAX_MEMBERS + 1_000 }, (_, i) => alive(`x${i}`)))
    expect(membership.records()).to.have.length.at.most(MAX_MEMBERS + 1)
    expect(dialled).to.have.length(0)
    await settled()
    expect(clock.timers).to.be.lessThan(MAX_MEMBERS + 10)
    membership.stop()
    expect(clock.timers).to.equal(0)
  })

  it('dials a few new members at a time', async () => {
    const { membership, dialled, clock, outcome } = start()
    outcome.next = 'never'
    membership.learn(Array.from({ length: 40 }, (_, i) => alive(`x${i}`)))
    await clock.advance(60_000)
    expect(dialled.length).to.be.within(1, 4)
  })

  it('asks one who may know more, within a fraction of a second, whenever it learns of somebody new', async () => {
    const { membership, exchanged, clock, connected } = start()
    connected.add('x')
    membership.learn([alive('x')])
    await clock.advance(400)
    expect(exchanged).to.deep.equal(['x'])
    await clock.advance(5_000)
    exchanged.length = 0
    membership.learn([alive('x'), alive('y')])
    await clock.advance(400)
    expect(exchanged).to.have.length(1)
  })

  it('sends its own record first', () => {
    const { membership } = start()
    membership.learn([alive('a'), alive('z')])
    expect(membership.records().map(({ id }) => id)).to.deep.equal(['m', 'a', 'z'])
  })

  it('says when it is reached elsewhere now, and nothing when that is not so', () => {
    const { membership, published } = start()
    membership.readdress(['/m'])
    expect(published).to.have.length(0)
    membership.readdress(['/n'])
    expect(published).to.deep.equal([{ ...alive('m', 1), addresses: ['/n'] }])
  })

  it('does nothing before start and after stop, and leaves no timer', async () => {
    const idle = start({ isStarted: false })
    const stopped = start()
    stopped.membership.learn([alive('x')])
    stopped.membership.stop()
    for (const { membership, clock, changes, published, dialled } of [idle, stopped]) {
      const before = changes.length
      membership.learn([alive('y'), dead('m', 3)])
      membership.hear('z', alive('z'))
      membership.connected('y')
      membership.disconnected('x')
      await clock.advance(120_000)
      expect([changes.length, published.length, dialled.length, clock.timers]).to.deep.equal([before, 0, 0, 0])
    }
  })

  it('refuses nobody\'s word about itself once it has left', async () => {
    const { membership, published } = start()
    await membership.leave()
    expect(published).to.deep.equal([left('m')])
    membership.learn([dead('m', 3)])
    expect(membership.self).to.deep.equal(left('m'))
  })

  it('is a member again, and announces itself, after a stop and a start', async () => {
    const { membership, clock, published } = start()
    membership.learn([alive('x')])
    await membership.leave()
    membership.stop()
    membership.start(['/m'])
    expect(membership.present().map(({ id }) => id)).to.include('m')
    // those who have its goodbye take only a higher incarnation for news
    expect(membership.self.incarnation).to.be.greaterThan(0)
    published.length = 0
    membership.learn([alive('y')])
    await clock.advance(5_000)
    expect(published.map(({ id, state }) => [id, state])).to.deep.include(['m', 'alive'])
  })
})
