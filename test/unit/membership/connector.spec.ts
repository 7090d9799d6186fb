import { expect } from 'chai'
import { Connector } from '../../../src/membership/connector.js'
import { Timers } from '../../../src/membership/timers.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { alive, dead } from '../../support/records.js'
import { seeded } from '../../support/seeds.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'

type Outcome = 'connected' | 'refused' | 'failed'

interface Started {
  clock: FakeClock
  connector: Connector
  members: Map<string, MemberRecord>
  connected: Set<string>
  dialled: Array<[id: string, at: number]>
  said: string[]
  outcome: { next: Outcome | Promise<Outcome> }
}

/** A connector of 'm', in a cluster of `size` as far as it is told. */
function start (size = 10): Started {
  const clock = new FakeClock()
  const started: Omit<Started, 'connector'> = { clock, members: new Map(), connected: new Set(), dialled: [], said: [], outcome: { next: 'connected' } }
  const { members, connected, dialled, said, outcome } = started
  const connector = new Connector({
    self: 'm',
    clock,
    timers: new Timers(clock, seeded(3)),
    random: seeded(9),
    get: id => members.get(id),
    size: () => size,
    onDead: id => { said.push(`dead ${id}`) },
    onUnreachable: id => { said.push(`unreachable ${id}`) },
    transport: {
      connect: async id => {
        dialled.push([id, clock.now()])
        const how = await outcome.next
        if (how === 'connected') connected.add(id)
        return how
      },
      isConnected: id => connected.has(id)
    }
  })
  for (const id of ['a', 'z', ...Array.from({ length: 20 }, (_, i) => `x${i}`)]) members.set(id, alive(id))
  return { ...started, connector }
}

describe('connections to new members', () => {
  it('are made by the one of a pair with the lower id; by the other one only when that has not happened for two seconds', async () => {
    const { clock, connector, dialled } = start(1)
    connector.reach('z')
    connector.reach('a')
    await clock.advance(150)
    expect(dialled.map(([id]) => id)).to.deep.equal(['z'])
    await clock.advance(1_900)
    expect(dialled).to.have.length(1)
    await clock.advance(300)
    expect(dialled.map(([id]) => id)).to.deep.equal(['z', 'a'])
  })

  it('are spread over a time that grows with the cluster, up to five seconds', async () => {
    const lastOf = async (size: number): Promise<number> => {
      const { clock, connector, dialled } = start(size)
      for (let i = 0; i < 20; i++) connector.reach(`x${i}`)
      await clock.advance(20_000)
      expect(dialled).to.have.length(20)
      return Math.max(...dialled.map(([, at]) => at))
    }
    expect(await lastOf(2)).to.be.within(200, 300)
    expect(await lastOf(20)).to.be.within(2_000, 3_000)
    expect(await lastOf(5_000)).to.be.within(4_000, 5_000)
  })

  it('are two at a time, with a rest after each', async () => {
    const { clock, connector, dialled, outcome } = start()
    const first = Promise.withResolvers<Outcome>()
    outcome.next = first.promise
    for (let i = 0; i < 20; i++) connector.reach(`x${i}`)
    await clock.advance(20_000)
    expect(dialled).to.have.length(2)
    outcome.next = 'connected'
    first.resolve('connected')
    await settled()
    expect(dialled, 'a rest that is twice as long as it took').to.have.length(2)
    await clock.advance(2 * 20_000)
    expect(dialled).to.have.length(20)
  })

  it('are not made to those who are connected, or dead, when it is their turn', async () => {
    const { clock, connector, dialled, connected, members } = start()
    connected.add('z')
    for (const id of ['z', 'x1', 'x2', 'x3']) connector.reach(id)
    connected.add('x1')
    members.set('x2', dead('x2'))
    members.delete('x3')
    await clock.advance(20_000)
    expect(dialled).to.deep.equal([])
  })

  it('that are refused are a death; those that fail a doubt, and are tried again for as long as nobody gives the member up', async () => {
    const { clock, connector, dialled, outcome, said, members } = start()
    outcome.next = 'refused'
    connector.reach('x1')
    await clock.advance(60_000)
    expect([dialled.length, said]).to.deep.equal([1, ['dead x1']])
    outcome.next = 'failed'
    connector.reach('x2')
    await clock.advance(60_000)
    expect(dialled.length).to.be.within(9, 22)
    expect(said.slice(1)).to.deep.equal(Array(dialled.length - 1).fill('unreachable x2'))
    members.set('x2', dead('x2'))
    await clock.advance(10_000)
    expect(clock.timers).to.equal(0)
  })

  it('take one timer per member, however often it comes and goes', async () => {
    const { clock, connector, members, outcome } = start()
    outcome.next = 'failed'
    for (let i = 0; i < 100; i++) {
      members.set('x1', dead('x1', i))
      members.set('x1', alive('x1', i + 1))
      connector.reach('x1')
      await clock.advance(100)
    }
    expect(clock.timers).to.equal(1)
  })
})

describe('a connection that was lost', () => {
  it('is made again at once, and no more when it is there', async () => {
    const { clock, connector, dialled } = start()
    void connector.recover('a')
    await clock.advance(10_000)
    expect(dialled).to.deep.equal([['a', 0]])
  })

  it('is tried again every quarter of a second until the member is given up', async () => {
    const { clock, connector, dialled, outcome, members, said } = start()
    outcome.next = 'failed'
    void connector.recover('a')
    void connector.recover('a')
    await clock.advance(1_900)
    expect(dialled.map(([, at]) => at)).to.deep.equal([0, 250, 500, 750, 1_000, 1_250, 1_500, 1_750])
    expect(said).to.deep.equal(Array(8).fill('unreachable a'))
    members.set('a', dead('a'))
    await clock.advance(10_000)
    expect([dialled.length, clock.timers]).to.deep.equal([8, 0])
    // and once more when that is lost again
    members.set('a', alive('a', 1))
    void connector.recover('a')
    await clock.advance(100)
    expect(dialled).to.have.length(9)
  })

  it('says nothing of a member that is connected, or given up, when the dial ends', async () => {
    for (const end of ['connected', 'dead', 'stopped'] as const) {
      for (const how of ['refused', 'failed'] as const) {
        const { clock, connector, outcome, members, connected, said } = start()
        const dial = Promise.withResolvers<Outcome>()
        outcome.next = dial.promise
        void connector.recover('a')
        await settled()
        if (end === 'connected') connected.add('a')
        if (end === 'dead') members.set('a', dead('a'))
        if (end === 'stopped') connector.stop()
        dial.resolve(how)
        await clock.advance(1_000)
        expect(said).to.deep.equal([])
      }
    }
  })

  it('is a death when it is refused', async () => {
    const { connector, outcome, said } = start()
    outcome.next = 'refused'
    void connector.recover('a')
    await settled()
    expect(said).to.deep.equal(['dead a'])
  })
})
