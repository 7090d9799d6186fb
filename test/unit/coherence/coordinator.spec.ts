import { expect } from 'chai'
import { Announcer, digestOf } from '../../../src/coherence/announcer.js'
import { Coordinator, groupByOwner } from '../../../src/coherence/coordinator.js'
import { RecentRemovals } from '../../../src/coherence/recent-removals.js'
import { RemovalLog } from '../../../src/coherence/removal-log.js'
import { MAX_STANDSTILL } from '../../../src/constants.js'
import { GroupNotFoundError } from '../../../src/errors.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { fakeLog } from '../../support/fake-log.js'
import { rejection, thrownBy } from '../../support/thrown.js'
import { FakeGroup, FakeNetwork, keys, watch } from './fake-network.js'
import type { Replacement } from '../../../src/rpc/removal.js'

interface Start { clock: FakeClock, network: FakeNetwork, group: FakeGroup, announcer: Announcer, removals: RemovalLog, recent: RecentRemovals, coordinator: Coordinator }

function start (...ring: string[]): Start {
  const clock = new FakeClock()
  const network = new FakeNetwork(...ring)
  const group = new FakeGroup()
  const announcer = new Announcer({ network, clock, log: fakeLog() })
  const removals = new RemovalLog(clock)
  const recent = new RecentRemovals()
  const groups = new Map([['g', group]])
  const find = (name: string): FakeGroup => { const found = groups.get(name); if (found === undefined) throw new GroupNotFoundError(name); else return found }
  return { clock, network, group, announcer, removals, recent, coordinator: new Coordinator({ network, announcer, removals, recent, groups, clock, group: find }) }
}

const replacement: Replacement = { group: 'g', key: 'k', bytes: Uint8Array.of(1), ttl: Infinity, tags: [] }

describe('an owner that is asked to remove', () => {
  it('forgets first, then tells everybody, and answers with the digest of who has confirmed, itself included', async () => {
    const { clock, network, group, removals, coordinator } = start('me', 'b', 'c')
    network.onForget = id => {
      expect(group.done).to.deep.equal(['forget k'])
      return id === 'c' ? Promise.reject(new Error('no stream')) : Promise.resolve()
    }
    const digest = coordinator.remove(7, keys('k'), 'owner')
    await clock.advance(MAX_STANDSTILL)
    expect(await digest).to.equal(digestOf(['me', 'b']))
    expect([...new Set(network.done)]).to.deep.equal(['forget b 7', 'forget c 7', 'cut c'])
    expect(removals.missedIn(0)).to.deep.equal([{ ticket: 7, removal: keys('k') }])
    expect(coordinator.knows(7)).to.equal(true)
  })

  it('does so once when it is asked twice: the answer is the same', async () => {
    const { network, group, coordinator } = start('me', 'b')
    const both = [coordinator.remove(7, keys('k'), 'owner'), coordinator.remove(7, keys('k'), 'owner')]
    expect(new Set(await Promise.all(both))).to.deep.equal(new Set([digestOf(['me', 'b'])]))
    await coordinator.remove(8, keys('k'), 'owner')
    expect(network.done).to.deep.equal(['forget b 7', 'forget b 8'])
    expect(group.done).to.have.length(2)
  })

  it('but is not, in its own view, has the one that is see to it as well, once, and cannot say who was told', async () => {
    const { network, coordinator } = start('b', 'me')
    expect(await coordinator.remove(7, keys('k', 'l'), 'owner')).to.equal(0)
    expect(network.done).to.have.members(['forget b 7', 'remove b forwarded k,l'])
    network.done.length = 0
    await coordinator.remove(8, keys('k'), 'forwarded')
    expect(network.done, 'forwarded to it: never forwarded again').to.deep.equal(['forget b 8'])
  })

  it('may be asked again when it failed', async () => {
    const { network, coordinator } = start('b', 'me')
    network.onRemove = async () => { throw new Error('no stream') }
    await rejection(coordinator.remove(7, keys('k'), 'owner'))
    network.onRemove = async () => 1
    expect(await coordinator.remove(7, keys('k'), 'owner')).to.equal(0)
  })

  it('knows from the beginning to the end that what others had may have been removed', async () => {
    const { clock, network, recent, coordinator } = start('me', 'b')
    const confirmed = Promise.withResolvers<void>()
    network.onForget = () => confirmed.promise
    const removed = coordinator.remove(7, keys('k'), 'owner')
    const begun = clock.now()
    expect([recent.mayHave('g', 'k', [], begun), recent.mayHave('g', 'other', [], begun)]).to.deep.equal([true, false])
    clock.jump(5)
    expect(recent.mayHave('g', 'k', [], clock.now())).to.equal(false)
    confirmed.resolve()
    await removed
    expect(recent.mayHave('g', 'k', [], clock.now())).to.equal(true)
  })

  it('removes in a group that it does not have, too: others may have it', async () => {
    const { network, coordinator } = start('me', 'b')
    expect(await coordinator.remove(7, { kind: 'all', group: 'unknown' }, 'owner')).to.equal(digestOf(['me', 'b']))
    expect(network.done).to.deep.equal(['forget b 7'])
  })
})

describe('an owner that is asked to set', () => {
  it('forgets, stores, tells everybody, and keeps the value when it is itself told of that', async () => {
    const { network, group, coordinator } = start('me', 'b')
    network.onForget = async () => {
      await settled()
      await coordinator.forget('b', 7, keys('k'))
    }
    expect(await coordinator.set(7, replacement, 'owner')).to.equal(digestOf(['me', 'b']))
    expect(group.done).to.deep.equal(['forget k', 'store k'])
  })

  it('stores once when it is asked twice', async () => {
    const { group, coordinator } = start('me', 'b')
    await Promise.all([coordinator.set(7, replacement, 'owner'), coordinator.set(7, replacement, 'owner')])
    expect(group.done).to.deep.equal(['forget k', 'store k'])
  })

  it('but is not, in its own view, passes it on, once', async () => {
    const { network, group, coordinator } = start('b', 'me')
    expect(await coordinator.set(7, replacement, 'owner')).to.equal(0)
    expect([network.done, group.done]).to.deep.equal([['set b forwarded k'], []])
    await coordinator.set(8, replacement, 'forwarded')
    expect(group.done).to.deep.equal(['forget k', 'store k'])
  })

  it('stores the value although it was told of the removal before: by an owner that has gone since', async () => {
    const { group, coordinator } = start('me', 'b')
    await coordinator.forget('b', 7, keys('k'))
    await coordinator.forget('b', 8, keys('another'))
    await coordinator.set(7, replacement, 'owner')
    expect(group.done.at(-1)).to.equal('store k')
  })

  for (const [what, removal] of [['key', keys('k')], ['tag', { kind: 'tag', group: 'g', tag: 't' }], ['group', { kind: 'all', group: 'g' }]] as const) {
    it(`stores nothing when its ${what} has been removed since it was told: another owner had stored it`, async () => {
      const { network, group, coordinator } = start('me', 'b')
      await coordinator.forget('b', 7, keys('k'))
      await coordinator.forget('b', 8, removal)
      expect(await coordinator.set(7, { ...replacement, tags: ['t'] }, 'owner')).to.equal(digestOf(network.ring))
      expect(group.done).to.not.include('store k')
    })
  }

  it('stores nothing when others have seen to it without it: what it would store may have been removed since', async () => {
    const { network, group, coordinator } = start('me', 'b')
    coordinator.learn([{ ticket: 7, removal: keys('k') }])
    group.done.length = 0
    await coordinator.set(7, replacement, 'owner')
    expect(group.done).to.not.include('store k')
    await coordinator.set(8, replacement, 'owner')
    expect(group.done).to.include('store k')
    expect(network.done).to.include('forget b 8')
  })

  it('says so when it does not have the group', () => {
    const { coordinator } = start('me')
    expect(thrownBy(() => coordinator.set(7, { ...replacement, group: 'unknown' }, 'owner'))).to.be.instanceOf(GroupNotFoundError)
  })
})

describe('a member that is told of a removal', () => {
  it('forgets, and confirms at once when who told it is whom it would ask', async () => {
    const { network, group, coordinator } = start('b', 'me', 'c')
    await coordinator.forget('b', 7, keys('k'))
    expect([group.done, network.done]).to.deep.equal([['forget k'], []])
  })

  it('ends its streams to holders that are no members, unless they are told', async () => {
    const { network, coordinator } = start('b', 'me', 'c')
    network.held.set('x', Infinity)
    network.strangers.add('x')
    await coordinator.remove(7, keys('k'), 'forwarded')
    expect(network.done).to.have.members(['forget b 7', 'forget c 7', 'forget x 7'])
    network.done.length = 0
    await coordinator.forget('b', 8, keys('k'))
    expect(network.done).to.deep.equal(['part with x'])
  })

  it('ends its streams to those who are not told, before it confirms, once for each removal', async () => {
    const { network, coordinator } = start('b', 'me', 'c')
    network.strangers.add('x')
    await coordinator.forget('b', 7, keys('k'))
    expect(network.done).to.deep.equal(['part with x'])
    network.strangers.add('x')
    await coordinator.forget('b', 7, keys('k'))
    expect(network.done).to.deep.equal(['part with x'])
    coordinator.learn([{ ticket: 8, removal: keys('k') }])
    expect(network.done).to.deep.equal(['part with x', 'part with x'])
  })

  it('tells whom it would ask, when that is somebody else, before it confirms', async () => {
    const { network, coordinator } = start('b', 'me', 'c')
    const confirmed = Promise.withResolvers<void>()
    network.onForget = () => confirmed.promise
    const told = coordinator.forget('c', 7, keys('k'))
    const watched = watch(told)
    await settled()
    expect([network.done, watched.isOver]).to.deep.equal([['forget b 7'], false])
    confirmed.resolve()
    await told
  })

  it('tells everybody else when it is itself the owner, in its own view', async () => {
    const { network, coordinator } = start('me', 'b', 'c')
    await coordinator.forget('b', 7, keys('k'))
    expect(network.done).to.deep.equal(['forget c 7'])
  })

  it('knows until all it has to tell have confirmed that what they had may have been removed', async () => {
    for (const ring of [['me', 'b', 'c'], ['c', 'b', 'me']]) {
      const { clock, network, recent, coordinator } = start(...ring)
      const confirmed = Promise.withResolvers<void>()
      network.onForget = () => confirmed.promise
      const told = coordinator.forget('b', 7, keys('k'))
      await settled()
      clock.jump(5)
      expect(recent.mayHave('g', 'k', [], clock.now())).to.equal(false)
      confirmed.resolve()
      await told
      expect(recent.mayHave('g', 'k', [], clock.now())).to.equal(true)
    }
  })

  it('tells everybody else when it may have been the owner a moment ago', async () => {
    const { network, announcer, coordinator } = start('b', 'me', 'c')
    announcer.onRingChange()
    await coordinator.forget('b', 7, keys('k'))
    expect(network.done).to.deep.equal(['forget c 7'])
  })

  for (const removal of [{ kind: 'all', group: 'g' }, { kind: 'tag', group: 'g', tag: 't' }] as const) {
    it(`tells everybody else of a removal of the kind '${removal.kind}': everybody owns something`, async () => {
      const { network, coordinator } = start('b', 'me', 'c')
      await coordinator.forget('b', 7, removal)
      expect(network.done).to.deep.equal(['forget c 7'])
    })
  }

  it('a second time forgets again and waits for nobody: who told it may be waiting for it', async () => {
    const { network, group, coordinator } = start('me', 'b', 'c')
    network.onForget = () => new Promise(() => {})
    const first = watch(coordinator.forget('b', 7, keys('k')))
    await coordinator.forget('c', 7, keys('k'))
    expect([first.isOver, group.done, network.done]).to.deep.equal([false, ['forget k', 'forget k'], ['forget c 7']])
  })

  it('that is then asked to see to the same removal does not begin again', async () => {
    const { network, coordinator } = start('me', 'b', 'c')
    await coordinator.forget('b', 7, keys('k'))
    expect(await coordinator.remove(7, keys('k'), 'owner')).to.equal(digestOf(['me', 'b', 'c']))
    expect(network.done).to.deep.equal(['forget c 7'])
  })
})

describe('two members that see to one removal and tell each other', () => {
  it('do not wait for each other for ever', async () => {
    const [a, b] = [start('me', 'other'), start('me', 'other')]
    a.network.onForget = () => b.coordinator.forget('other', 7, { kind: 'all', group: 'g' })
    b.network.onForget = () => a.coordinator.forget('other', 7, { kind: 'all', group: 'g' })
    const removals = [a, b].map(({ coordinator }) => coordinator.remove(7, { kind: 'all', group: 'g' }, 'forwarded'))
    const watched = removals.map(watch)
    await settled()
    expect(watched.map(({ isOver }) => isOver)).to.deep.equal([true, true])
    expect(a.clock.timers + b.clock.timers).to.equal(0)
  })
})

describe('keys by owner', () => {
  it('are each once, in their order; those that nobody owns are left out', () => {
    const owners: Record<string, string> = { x: 'a', y: 'b', z: 'a' }
    expect([...groupByOwner(['x', 'n', 'y', 'z'], key => owners[key])]).to.deep.equal([['a', ['x', 'z']], ['b', ['y']]])
  })
})
