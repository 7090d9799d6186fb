import { expect } from 'chai'
import { CatchUp } from '../../../src/coherence/catch-up.js'
import { RecentRemovals } from '../../../src/coherence/recent-removals.js'
import { CATCH_UP_TIMEOUT } from '../../../src/constants.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { fakeLog } from '../../support/fake-log.js'
import { rejection } from '../../support/thrown.js'
import { FakeGroup, FakeNetwork, announced, keys, textOf } from './fake-network.js'
import type { Announced } from '../../../src/rpc/removal.js'

function start (): { clock: FakeClock, network: FakeNetwork, groups: { g: FakeGroup, other: FakeGroup }, learnt: string[], recent: RecentRemovals, catchUp: CatchUp } {
  const clock = new FakeClock()
  const network = new FakeNetwork('me', 'b')
  const groups = { g: new FakeGroup(), other: new FakeGroup() }
  const learnt: string[] = []
  const recent = new RecentRemovals()
  const learn = (missed: readonly Announced[]): void => { learnt.push(...missed.map(({ removal }) => textOf(removal))) }
  return { clock, network, groups, learnt, recent, catchUp: new CatchUp({ network, groups: new Map(Object.entries(groups)), recent, learn, clock, log: fakeLog() }) }
}

describe('catching up with a member', () => {
  it('takes in what it says was missed, in its order', async () => {
    const { network, learnt, catchUp } = start()
    network.onCatchUp = async () => [announced(keys('k', 'l')), announced({ kind: 'tag', group: 'other', tag: 't' }), announced(keys('m'))]
    await catchUp.after('b', 5)
    expect(learnt).to.deep.equal(['k,l', 'tag t', 'm'])
  })

  it('drops everything when it cannot say', async () => {
    const { network, groups, catchUp } = start()
    network.onCatchUp = async () => 'all'
    await catchUp.after('b', 5)
    expect([groups.g.done, groups.other.done]).to.deep.equal([['forget all'], ['forget all']])
  })

  it('ends the leases it granted when it drops everything, and has missed nothing then: there is no end to it otherwise', async () => {
    const { clock, network, catchUp } = start()
    network.contacts.set('b', 0)
    clock.jump(1_000)
    network.onCatchUp = async () => 'all'
    await catchUp.with('b')
    clock.jump(10)
    await catchUp.with('b')
    expect(network.done).to.deep.equal(['catch-up b 1000', 'revoke', 'catch-up b 10', 'revoke'])
  })

  it('asks for the time since its last contact, or since there was anything to miss', async () => {
    const { clock, network, catchUp } = start()
    clock.jump(1_000)
    catchUp.start()
    clock.jump(500)
    await catchUp.with('b')
    network.contacts.set('b', 1_300)
    await catchUp.with('b')
    expect(network.done).to.deep.equal(['catch-up b 500', 'catch-up b 200'])
  })

  it('asks once at a time, however many wait, and anew afterwards', async () => {
    const { network, catchUp } = start()
    const answer = Promise.withResolvers<[]>()
    network.onCatchUp = () => answer.promise
    const waits = [catchUp.with('b'), catchUp.with('b'), catchUp.with('c')]
    expect(network.done).to.deep.equal(['catch-up b 0', 'catch-up c 0'])
    answer.resolve([])
    await Promise.all(waits)
    await catchUp.with('b')
    expect(network.done).to.have.length(3)
  })

  it('fails when it does not answer in time, or at all; it may be asked again then', async () => {
    const { clock, network, learnt, catchUp } = start()
    network.onCatchUp = () => new Promise(() => {})
    const late = rejection(catchUp.with('b'))
    await clock.advance(CATCH_UP_TIMEOUT - 1)
    expect(clock.timers).to.equal(1)
    await clock.advance(1)
    expect((await late).name).to.equal('PeerUnreachableError')
    network.onCatchUp = async () => { throw new Error('no stream') }
    expect((await rejection(catchUp.with('b'))).message).to.equal('no stream')
    network.onCatchUp = async () => [announced(keys('k'))]
    await catchUp.with('b')
    expect([learnt, clock.timers]).to.deep.equal([['k'], 0])
  })

  it('does not forget what an answer says that comes too late: it was given up by then', async () => {
    const { clock, network, learnt, catchUp } = start()
    const answer = Promise.withResolvers<Announced[]>()
    network.onCatchUp = () => answer.promise
    const late = rejection(catchUp.with('b'))
    await clock.advance(CATCH_UP_TIMEOUT)
    await late
    answer.resolve([announced(keys('k'))])
    await settled()
    expect(learnt).to.deep.equal([])
  })
})
