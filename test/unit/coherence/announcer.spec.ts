import { expect } from 'chai'
import { Lease } from '../../../src/cache/lease.js'
import { Announcer, digestOf } from '../../../src/coherence/announcer.js'
import { LEASE, MAX_STANDSTILL } from '../../../src/constants.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { fakeLog } from '../../support/fake-log.js'
import { FakeNetwork, keys, watch } from './fake-network.js'

function start (...ring: string[]): { clock: FakeClock, network: FakeNetwork, announcer: Announcer } {
  const clock = new FakeClock()
  const network = new FakeNetwork(...ring)
  return { clock, network, announcer: new Announcer({ network, clock, log: fakeLog() }) }
}

const never = (): Promise<never> => new Promise(() => {})
const fail = async (): Promise<never> => { throw new Error('no stream') }

describe('telling members of a removal', () => {
  it('is over when all have confirmed, and says who did', async () => {
    const { clock, network, announcer } = start('me', 'b', 'c')
    const confirmed = Promise.withResolvers<void>()
    network.onForget = id => id === 'b' ? Promise.resolve() : confirmed.promise
    const told = announcer.tell(['b', 'c'], 7, keys('k'))
    const watched = watch(told)
    await settled()
    expect([network.done, watched.isOver]).to.deep.equal([['forget b 7', 'forget c 7'], false])
    confirmed.resolve()
    expect(await told).to.deep.equal(['b', 'c'])
    expect(clock.timers).to.equal(0)
  })

  it('waits for nobody when there is nobody', async () => {
    expect(await start('me').announcer.tell([], 7, keys('k'))).to.deep.equal([])
  })

  it('waits out the lease of one that cannot be told, to the millisecond, having cut it off first', async () => {
    const { clock, network, announcer } = start('me', 'b')
    network.onForget = fail
    network.held.set('b', 3_000)
    const told = announcer.tell(['b'], 7, keys('k'))
    const watched = watch(told)
    await clock.advance(MAX_STANDSTILL)
    expect(network.done.at(-1)).to.equal('cut b')
    await clock.advance(2_999 - MAX_STANDSTILL)
    expect(watched.isOver).to.equal(false)
    await clock.advance(1)
    expect(await told).to.deep.equal([])
  })

  it('tells one again whose stream broke, for the time that a standstill may take, and not longer: without a lease it has no copy it may serve', async () => {
    const { clock, network, announcer } = start('me', 'b', 'c')
    let failures = 3
    network.onForget = id => id === 'b' || failures-- > 0 ? fail() : Promise.resolve()
    clock.jump(10_000)
    network.held.set('b', 10_000)
    const told = announcer.tell(['b', 'c'], 7, keys('k'))
    const watched = watch(told)
    await clock.advance(MAX_STANDSTILL / 2)
    expect([watched.isOver, failures]).to.deep.equal([false, -1])
    await clock.advance(MAX_STANDSTILL / 2)
    expect(await told).to.deep.equal(['c'])
    expect(network.done.at(-1)).to.equal('cut b')
    expect(network.done.filter(done => done === 'forget b 7')).to.have.length.within(5, 10)
  })

  it('counts one that is certainly dead as one that has confirmed, lease or not', async () => {
    const { network, announcer } = start('me', 'b')
    network.onForget = fail
    network.gone.add('b')
    network.held.set('b', 1e9)
    expect(await announcer.tell(['b'], 7, keys('k'))).to.deep.equal(['b'])
    expect(network.done).to.deep.equal(['forget b 7'])
  })

  it('gives a silent one without a lease the time that a standstill may take, then cuts it off', async () => {
    const { clock, network, announcer } = start('me', 'b')
    network.onForget = never
    const told = announcer.tell(['b'], 7, keys('k'))
    const watched = watch(told)
    await clock.advance(MAX_STANDSTILL - 1)
    expect([watched.isOver, network.done]).to.deep.equal([false, ['forget b 7']])
    await clock.advance(1)
    expect(await told).to.deep.equal([])
    expect(network.done).to.deep.equal(['forget b 7', 'cut b'])
  })

  it('waits for a slow one for as long as it is in touch, and takes its confirmation then', async () => {
    const { clock, network, announcer } = start('me', 'b')
    const confirmed = Promise.withResolvers<void>()
    network.onForget = () => confirmed.promise
    const lease = new Lease('b', LEASE)
    network.leases.set('b', lease)
    const told = announcer.tell(['b'], 7, keys('k'))
    for (let now = 0; now < 5 * LEASE; now += 1_000) {
      await clock.advance(1_000)
      lease.until = clock.now() + LEASE
    }
    expect(network.done).to.deep.equal(['forget b 7'])
    confirmed.resolve()
    expect(await told).to.deep.equal(['b'])
  })

  it('waits for one that is silent until a lease after its last contact', async () => {
    const { clock, network, announcer } = start('me', 'b')
    network.onForget = never
    network.held.set('b', LEASE)
    const told = announcer.tell(['b'], 7, keys('k'))
    const watched = watch(told)
    await clock.advance(2_000)
    network.held.set('b', 2_000 + LEASE)
    await clock.advance(LEASE - 1)
    expect(watched.isOver).to.equal(false)
    await clock.advance(1)
    expect(watched.isOver).to.equal(true)
  })

  it('after a change of the ring, waits a lease from there for one that cannot be told: it may have copies of the owner before', async () => {
    const { clock, network, announcer } = start('me', 'b')
    network.onForget = fail
    clock.jump(10_000)
    announcer.onRingChange()
    clock.jump(1_000)
    const told = watch(announcer.tell(['b'], 7, keys('k')))
    await clock.advance(LEASE - 1_001)
    expect(told.isOver).to.equal(false)
    await clock.advance(1)
    expect(told.isOver).to.equal(true)
  })

  it('waits for several at a time, not for one after the other', async () => {
    const { clock, network, announcer } = start('me', 'b', 'c', 'd')
    network.onForget = fail
    for (const [id, until] of [['b', 1_000], ['c', 2_000], ['d', 3_000]] as const) network.held.set(id, until)
    const told = watch(announcer.tell(['b', 'c', 'd'], 7, keys('k')))
    await clock.advance(2_999)
    expect(told.isOver).to.equal(false)
    await clock.advance(1)
    expect(told.isOver).to.equal(true)
  })
})

describe('who is told of a removal', () => {
  it('is every member, and who has a lease of ours without being one; never this node, nor who told us', () => {
    const { network, announcer } = start('b', 'me', 'c')
    network.held.set('c', 5).set('former', 5).set('me', 5)
    expect([...announcer.audience()]).to.have.members(['b', 'c', 'former'])
    expect([...announcer.audience('c')]).to.have.members(['b', 'former'])
  })

  it('is everybody for a lease after the ring has changed: this node may have been the owner', () => {
    const { clock, announcer } = start('b', 'me')
    expect(announcer.wasOwnerLately).to.equal(false)
    clock.jump(20_000)
    announcer.onRingChange()
    clock.jump(LEASE - 1)
    expect(announcer.wasOwnerLately).to.equal(true)
    clock.jump(1)
    expect(announcer.wasOwnerLately).to.equal(false)
  })
})

describe('the digest of members', () => {
  it('is the same in any order, and another one when somebody is missing, added or replaced', () => {
    const ids = ['a', 'b', 'c', 'd']
    expect(digestOf(ids)).to.equal(digestOf(['d', 'b', 'a', 'c']))
    for (const others of [['a', 'b', 'c'], ['a', 'b', 'c', 'd', 'e'], ['a', 'b', 'c', 'e'], []]) expect(digestOf(others)).to.not.equal(digestOf(ids))
  })
})
