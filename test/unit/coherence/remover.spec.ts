import { expect } from 'chai'
import { Announcer, digestOf } from '../../../src/coherence/announcer.js'
import { Coordinator } from '../../../src/coherence/coordinator.js'
import { RecentRemovals } from '../../../src/coherence/recent-removals.js'
import { RemovalLog } from '../../../src/coherence/removal-log.js'
import { Remover } from '../../../src/coherence/remover.js'
import { INVALIDATION_TIMEOUT, MAX_BATCH_KEYS } from '../../../src/constants.js'
import { GroupNotFoundError, InvalidationIncompleteError, OwnerUnreachableError } from '../../../src/errors.js'
import { FakeClock } from '../../support/fake-clock.js'
import { fakeLog } from '../../support/fake-log.js'
import { seeded } from '../../support/seeds.js'
import { rejection } from '../../support/thrown.js'
import { FakeGroup, FakeNetwork, PEER_ID, keys, watch } from './fake-network.js'
import type { Removal, Replacement } from '../../../src/rpc/removal.js'

interface Start { clock: FakeClock, network: FakeNetwork, group: FakeGroup, remove: (removal: Removal) => Promise<void>, set: () => Promise<void>, stop: () => void, verbs: () => string[] }

function start (...ring: string[]): Start {
  const clock = new FakeClock()
  const network = new FakeNetwork(...ring)
  const group = new FakeGroup()
  const log = fakeLog()
  const announcer = new Announcer({ network, clock, log })
  const coordinator = new Coordinator({ network, announcer, removals: new RemovalLog(clock), recent: new RecentRemovals(), groups: new Map([['g', group]]), clock, group: () => group })
  const remover = new Remover({ network, coordinator, announcer, clock, random: seeded(1), log })
  network.onTold = (from, ticket, removal) => coordinator.forget(from, ticket, removal)
  let isStopped = false
  const replacement: Replacement = { group: 'g', key: 'k', bytes: Uint8Array.of(1), ttl: Infinity, tags: [] }
  return {
    clock,
    network,
    group,
    remove: removal => remover.remove(removal, () => isStopped),
    set: () => remover.set(replacement, () => isStopped),
    stop: () => { isStopped = true },
    // without tickets, which are random
    verbs: () => network.done.map(line => line.replace(/^(forget \w+) .*/, '$1'))
  }
}

const fail = async (): Promise<never> => { throw new Error('no stream') }

describe('removing for a caller of this node', () => {
  it('asks the owner, and nobody else when that told just the members that this node knows', async () => {
    const { remove, group, verbs } = start('b', 'me', 'c')
    await remove(keys('k', 'l'))
    expect(verbs()).to.deep.equal(['remove b owner k,l'])
    expect(group.done).to.deep.equal(['forget k,l'])
  })

  it('forgets what is here when the owner does not know this node, and sees that whom it would ask forgets', async () => {
    const { remove, network, group, verbs } = start('b', 'me')
    network.onTold = async () => {}
    await remove(keys('k'))
    expect([group.done, verbs()]).to.deep.equal([['forget k'], ['remove b owner k', 'forget b']])
  })

  it('tells its members itself when the owner has other ones, or cannot say', async () => {
    for (const digest of [0, digestOf(['me', 'b'])]) {
      const { remove, network, verbs } = start('b', 'me', 'c')
      network.onRemove = async () => digest
      await remove(keys('k'))
      expect(verbs()).to.deep.equal(['remove b owner k', 'forget b', 'forget c'])
    }
  })

  it('sees to it itself when it is the owner', async () => {
    const { remove, group, verbs } = start('me', 'b', 'c')
    await remove(keys('k'))
    expect([group.done, verbs()]).to.deep.equal([['forget k'], ['forget b', 'forget c']])
  })

  it('makes one request to the owner for many keys, and as many more as frames hold so many keys', async () => {
    const { remove, network } = start('b', 'me')
    await remove(keys(...Array.from({ length: MAX_BATCH_KEYS + 1 }, (_, i) => `${i}`)))
    expect(network.done.map(line => line.split(',').length)).to.deep.equal([MAX_BATCH_KEYS, 1])
    network.done.length = 0
    const long = 'k'.repeat(60_000)
    await remove(keys(...Array.from({ length: 40 }, (_, i) => `${long}${i}`)))
    expect(network.done.map(line => line.split(',').length)).to.deep.equal([17, 17, 6])
  })

  it('tries again after a pause, with the ring there is then', async () => {
    const { remove, network, clock, verbs } = start('b', 'me', 'c')
    network.onRemove = async id => id === 'b' ? fail() : digestOf(network.ring)
    const removed = remove(keys('k'))
    await clock.advance(249)
    expect(verbs()).to.deep.equal(['remove b owner k'])
    network.ring = ['c', 'me']
    await clock.advance(1)
    await removed
    expect(verbs()).to.deep.equal(['remove b owner k', 'remove c owner k'])
  })

  it('goes to the successor of an owner that is certainly dead, at once', async () => {
    const { remove, network, verbs } = start('b', 'c', 'me')
    network.gone.add('b')
    network.onRemove = async id => id === 'b' ? fail() : digestOf(network.ring)
    await remove(keys('k'))
    expect(verbs()).to.deep.equal(['remove b owner k', 'remove c forwarded k', 'forget b'])
  })

  it('is this node\'s affair where neither the owner nor its successor has the group', async () => {
    const { remove, set, network, group, verbs } = start('b', 'c', 'me')
    network.onRemove = network.onSet = async () => { throw new GroupNotFoundError('g') }
    await remove(keys('k'))
    expect(verbs()).to.deep.equal(['remove b owner k', 'remove c forwarded k', 'forget b', 'forget c'])
    network.done.length = 0
    await set()
    expect(verbs()).to.deep.equal(['set b owner k', 'set c forwarded k', 'forget b', 'forget c'])
    expect(group.done.at(-1)).to.match(/store/)
  })

  it('goes to the next owner when the dead one is off the ring by the time it is known to be dead', async () => {
    const { remove, network, verbs } = start('b', 'c', 'd', 'me')
    network.gone.add('b')
    network.onRemove = async id => {
      if (id !== 'b') return digestOf(network.ring)
      network.ring = ['c', 'd', 'me']
      return fail()
    }
    await remove(keys('k'))
    expect(verbs()).to.deep.equal(['remove b owner k', 'remove c owner k'])
  })

  it('gives up in the end, and names who was not reached', async () => {
    const { remove, network, clock } = start('b', 'me')
    network.onRemove = fail
    const failed = rejection(remove(keys('k')))
    const watched = watch(failed)
    await clock.advance(INVALIDATION_TIMEOUT - 1)
    expect(watched.isOver).to.equal(false)
    await clock.advance(1)
    const err = await failed
    expect(err).to.be.instanceOf(InvalidationIncompleteError)
    expect(err.members).to.deep.equal([PEER_ID])
    expect((err.cause as Error).message).to.equal('no stream')
  })

  it('gives up when it is told to stop', async () => {
    const { remove, network, clock, stop } = start('b', 'me')
    network.onRemove = fail
    const failed = rejection(remove(keys('k')))
    await clock.advance(10)
    stop()
    await clock.advance(250)
    expect(await failed).to.be.instanceOf(InvalidationIncompleteError)
    expect(clock.timers).to.equal(0)
  })

  for (const removal of [{ kind: 'all', group: 'g' }, { kind: 'tag', group: 'g', tag: 't' }] as const) {
    const text = removal.kind === 'all' ? 'all' : 'tag t'
    it(`asks every member for a removal of the kind '${removal.kind}': each owns something`, async () => {
      const { remove, network, group } = start('b', 'me', 'c')
      await remove(removal)
      expect(network.done.filter(line => line.startsWith('remove'))).to.have.members([`remove b forwarded ${text}`, `remove c forwarded ${text}`])
      expect(group.done[0]).to.equal(`forget ${text}`)
    })

    it(`asks for a removal of the kind '${removal.kind}' nobody again but who was not reached; who is dead or off the ring has nothing any more`, async () => {
      const { remove, network, clock } = start('me', 'b', 'dead', 'leaving', 'slow')
      network.gone.add('dead')
      let isSlow = true
      network.onRemove = async id => id === 'b' || (id === 'slow' && !isSlow) ? 1 : fail()
      const removed = remove(removal)
      await clock.advance(0)
      network.ring = ['me', 'b', 'slow']
      isSlow = false
      network.done.length = 0
      await clock.advance(250)
      await removed
      expect(network.done).to.deep.equal([`remove slow forwarded ${text}`])
    })
  }
})

describe('setting for a caller of this node', () => {
  it('asks the owner, and forgets what is here', async () => {
    const { set, group, verbs } = start('b', 'me', 'c')
    await set()
    expect([verbs(), group.done]).to.deep.equal([['set b owner k'], ['forget k']])
  })

  it('stores the value here when this node is the owner', async () => {
    const { set, group, verbs } = start('me', 'b')
    await set()
    expect([verbs(), group.done]).to.deep.equal([['forget b'], ['forget k', 'store k']])
  })

  it('tells the members that the owner does not have', async () => {
    const { set, network, verbs } = start('b', 'me', 'c')
    network.onSet = async () => 0
    await set()
    expect(verbs()).to.deep.equal(['set b owner k', 'forget b', 'forget c'])
  })

  it('goes to the next owner when the dead one is off the ring by then: its successor would not answer for the key', async () => {
    const { set, network, verbs } = start('b', 'c', 'd', 'me')
    network.gone.add('b')
    network.onSet = async id => {
      if (id !== 'b') return digestOf(network.ring)
      network.ring = ['c', 'd', 'me']
      return fail()
    }
    await set()
    expect(verbs()).to.deep.equal(['set b owner k', 'set c owner k'])
  })

  it('goes to the successor when the owner lacks the group, as gets do', async () => {
    const { set, network, verbs } = start('b', 'c', 'me')
    network.onSet = async id => {
      if (id === 'b') throw new GroupNotFoundError('g')
      return digestOf(network.ring)
    }
    await set()
    expect(verbs()).to.deep.equal(['set b owner k', 'set c forwarded k', 'forget b'])
  })

  it('gives up in the end with an OwnerUnreachableError that has the last failure', async () => {
    const { set, network, clock } = start('b', 'me')
    network.onSet = fail
    const failed = rejection(set())
    await clock.advance(INVALIDATION_TIMEOUT)
    const err = await failed
    expect(err).to.be.instanceOf(OwnerUnreachableError)
    expect(err).to.include({ group: 'g', key: 'k', peerId: PEER_ID })
    expect((err.cause as Error).message).to.equal('no stream')
  })
})
