// One member of a cluster lies: what that can do to the others, and what it cannot.

import { expect } from 'chai'
import { MAX_MEMBERS } from '../../../src/constants.js'
import { ACCUSATION_WINDOW, maxAccusations } from '../../../src/membership/hearsay.js'
import { MAX_IN_VAIN } from '../../../src/membership/informant.js'
import { MAX_INCARNATION } from '../../../src/membership/member-record.js'
import { REFUTATION_PAUSE } from '../../../src/membership/refutations.js'
import { SPONSORED_FOR } from '../../../src/membership/verdicts.js'
import { settled } from '../../support/fake-clock.js'
import { alive } from '../../support/records.js'
import { SEEDS } from '../../support/seeds.js'
import { VirtualNetwork } from '../../support/virtual-network.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'
import type { VirtualNode } from '../../support/virtual-node.js'

interface Liar {
  net: VirtualNetwork
  honest: VirtualNode[]
  /** Publishes news under its own name. */
  publish: (news: MemberRecord) => void
  /** Sends a table to one member, its own record first. */
  send: (to: VirtualNode, records: readonly MemberRecord[]) => void
  /** Its id, and where it listens. */
  id: string
  address: string
}

/** A cluster of `count` honest members and a liar, which is a proper member otherwise. */
async function start (seed: number, count = 5): Promise<Liar> {
  const net = new VirtualNetwork({ seed })
  void net.cluster(count + 1)
  await settled()
  await net.until(() => net.isOneView() && net.nodes.length === count + 1, 20_000, 'all see all')
  // nobody is new any more
  await net.clock.advance(SPONSORED_FOR)
  const [liar, ...honest] = net.nodes as [VirtualNode, ...VirtualNode[]]
  return {
    net,
    honest,
    id: liar.id,
    address: liar.address,
    publish: news => { for (const node of net.reach(liar)) net.later(() => { node.membership.hear(liar.id, news) }) },
    send: (to, records) => { net.later(() => { to.membership.learn(liar.id, [liar.membership.self, ...records]) }) }
  }
}

const claim = (node: VirtualNode, state: MemberRecord['state'], incarnation = node.membership.self.incarnation): MemberRecord => ({ ...node.membership.self, state, incarnation })

/** Honest members that an honest member has dropped, at whatever time. */
function dropped (honest: readonly VirtualNode[]): string[] {
  const ids = new Set(honest.map(({ id }) => id))
  return honest.flatMap(node => node.changes.filter(change => /^(fail|leave) /.test(change) && ids.has(change.split(' ')[1] as string)).map(change => `${node.id}: ${change}`))
}

const see = (honest: readonly VirtualNode[], ids: readonly string[]): boolean => honest.every(node => ids.every(id => node.sees().includes(id)))

for (const seed of SEEDS) {
  describe(`a member that lies, seed ${seed}`, () => {
    it('is not believed when it says that others are alive or leave, and the log says so once', async () => {
      const { net, honest, publish, id } = await start(seed)
      const [victim] = honest as [VirtualNode]
      for (let i = 0; i < 20; i++) {
        publish(claim(victim, 'left', 5))
        publish(claim(victim, 'alive', 5))
        publish(alive('ghost'))
      }
      await net.clock.advance(5_000)
      expect(dropped(honest)).to.deep.equal([])
      for (const node of honest) {
        expect(node.membership.get(victim.id)?.incarnation).to.equal(0)
        expect(node.sees()).to.not.include('ghost')
        expect(node.logged).to.have.length(1)
        expect(node.logged[0]).to.include(id)
      }
    })

    for (const incarnation of [1_000, 1_001, 2 ** 40, 2 ** 40 + 1, 2 ** 50, MAX_INCARNATION - 1, MAX_INCARNATION]) {
      it(`cannot silence a member by claiming that it is ${incarnation} already`, async () => {
        const { net, honest, publish, send } = await start(seed)
        const [victim] = honest as [VirtualNode]
        for (const state of ['alive', 'suspect', 'dead', 'left'] as const) {
          for (const node of honest) send(node, [claim(victim, state, incarnation)])
          publish(claim(victim, state, incarnation))
        }
        await net.clock.advance(20_000)
        expect(dropped(honest)).to.deep.equal([])
        // it can contradict as before: here a suspicion that is told to everybody
        expect(victim.membership.self.incarnation).to.be.at.most(2 ** 40 + 1_001)
        const before = victim.membership.self.incarnation
        publish(claim(victim, 'suspect'))
        await net.until(() => honest.every(node => node.membership.get(victim.id)?.state === 'alive' && (node.membership.get(victim.id)?.incarnation ?? 0) === before + 1), 5_000, 'the victim has contradicted')
      })
    }

    it('cannot silence a member by many small steps either: they count from its own word', async () => {
      const { net, honest, send } = await start(seed)
      const [victim, other] = honest as [VirtualNode, VirtualNode]
      send(other, Array.from({ length: 3_000 }, (_, i) => claim(victim, i % 2 === 0 ? 'suspect' : 'alive', 1_000 * (i + 1))))
      await net.clock.advance(100)
      // the victim may have heard of it already, and contradicted
      expect(other.membership.get(victim.id)?.incarnation).to.be.within(1_000, 1_001)
      await net.clock.advance(20_000)
      expect(dropped(honest)).to.deep.equal([])
      expect(honest.map(node => node.membership.get(victim.id)?.state)).to.deep.equal(honest.map(() => 'alive'))
    })

    it('cannot have a member declared dead that is well, with or without suspecting it before, by news or tables', async () => {
      const { net, honest, publish, send } = await start(seed)
      for (const states of [['dead'], ['suspect', 'dead']] as const) {
        for (const victim of honest) {
          for (const state of states) {
            publish(claim(victim, state))
            for (const node of honest) send(node, [claim(victim, state)])
          }
        }
        await net.clock.advance(20_000)
      }
      expect(dropped(honest)).to.deep.equal([])
      expect(net.isOneView()).to.equal(true)
    })

    it('cannot have a member declared dead by telling only one other', async () => {
      const { net, honest, send } = await start(seed)
      const [victim, believer] = honest as [VirtualNode, VirtualNode]
      for (let i = 0; i < 60; i++) {
        send(believer, [claim(victim, 'dead'), claim(believer, 'suspect')])
        await net.clock.advance(1_000)
      }
      expect(dropped(honest)).to.deep.equal([])
    })

    it('can bring one that meets it first no more ghosts than there is room for, and the others none through it', async () => {
      const { net, honest, send, address } = await start(seed, 3)
      const newcomer = net.start('newcomer')
      void newcomer.dial(address)
      await net.until(() => newcomer.sees().length > 1, 1_000, 'it has met one')
      net.nowhere.add('/nowhere')
      send(newcomer, Array.from({ length: MAX_MEMBERS + 1_000 }, (_, i) => ({ ...alive(`x${i}`), addresses: ['/nowhere'] })))
      await net.clock.advance(25)
      expect(newcomer.membership.present().length).to.equal(MAX_MEMBERS)
      expect(newcomer.membership.records().filter(({ id }) => id.startsWith('x'))).to.deep.equal([])
      expect(see(honest, honest.map(({ id }) => id))).to.equal(true)
      for (const { membership } of net.nodes) membership.stop()
    })

    it('brings one that meets it first ghosts that vanish again, and no honest member with them', async () => {
      const { net, honest, send, address } = await start(seed, 3)
      net.nowhere.add('/nowhere')
      const count = 10
      const newcomer = net.start('newcomer')
      void newcomer.dial(address)
      await net.until(() => newcomer.sees().length > 1, 1_000, 'it has met one')
      send(newcomer, Array.from({ length: count }, (_, i) => ({ ...alive(`ghost${i}`), addresses: ['/nowhere'] })))
      await net.until(() => newcomer.sees().length > count, 1_000, 'the ghosts are there')
      // it tries two at a time, for the 5 s that a dial takes here, and rests for twice as long; then one is suspected for 6 s
      await net.until(() => net.isOneView(), 15_000 * count / 2 + 30_000, 'the ghosts are gone')
      expect(dropped([...honest, newcomer])).to.deep.equal([])
    })

    for (const [what, address] of [['whose hosts refuse', '/nobody'], ['from whom nothing comes', '/nowhere']] as const) {
      it(`can bring the others no ghosts at all, neither such ${what}, nor others, and others`, async () => {
        const { net, honest, send, id } = await start(seed, 3)
        net.nowhere.add('/nowhere')
        const [victim] = honest as [VirtualNode]
        const seconds = 20
        for (let second = 0; second < seconds; second++) {
          send(victim, Array.from({ length: 50 }, (_, i) => ({ ...alive(`ghost${second}-${i}`), weight: 10, addresses: [address] })))
          await net.clock.advance(1_000)
        }
        expect(victim.dialled.filter(dialled => dialled.startsWith('ghost')).length).to.be.at.most(MAX_IN_VAIN + seconds + 2)
        expect([...new Set(victim.lies)]).to.deep.equal(address === '/nobody' ? [id] : [])
        for (const node of honest) expect([...node.changes, ...node.published.map(news => news.id)].filter(text => text.includes('ghost'))).to.deep.equal([])
        // somebody new is found all the same, by all
        const newcomer = net.start('newcomer')
        void newcomer.dial(victim.address)
        await net.until(() => see(honest, ['newcomer']) && net.isOneView(), 10_000, 'all see all')
        expect(dropped(honest)).to.deep.equal([])
      })
    }

    it('that speaks ill of everybody for a minute kills nobody, and is answered a bounded number of times', async () => {
      const { net, honest, publish, send, id } = await start(seed)
      const [seconds, size] = [60, honest.length + 1]
      const before = honest.map(({ membership, published }) => ({ incarnation: membership.self.incarnation, published: published.length }))
      const timers = net.clock.timers
      let mostTimers = 0
      for (let i = 0; i < seconds * 5; i++) {
        for (const victim of honest) {
          for (const state of ['suspect', 'dead'] as const) publish(claim(victim, state))
          send(victim, honest.flatMap(other => [claim(other, 'suspect'), claim(other, 'dead'), claim(other, 'left')]))
        }
        await net.clock.advance(200)
        mostTimers = Math.max(mostTimers, net.clock.timers)
      }
      expect(dropped(honest), 'honest members that were dropped').to.deep.equal([])
      const refutations = seconds * 1_000 / REFUTATION_PAUSE + 1
      // what a node publishes besides: news of suspects that it cannot hear itself, of which there are none
      for (const [i, { membership, published }] of honest.entries()) {
        expect(membership.self.incarnation - (before[i]?.incarnation ?? 0), 'refutations').to.be.at.most(refutations)
        expect(published.length - (before[i]?.published ?? 0), 'news published').to.be.at.most(refutations)
        expect(membership.records()).to.have.length(size)
      }
      // messages under way included
      expect(mostTimers - timers, 'timers').to.be.lessThan(40 * size * size)
      const windows = seconds * 1_000 / ACCUSATION_WINDOW + 1
      for (const { logged } of honest) {
        expect(logged.length).to.be.within(1, windows)
        expect(logged[0]).to.match(new RegExp(`${id} .* more than ${maxAccusations(size)} accusations`))
      }
      await net.until(() => net.isOneView(), 20_000, 'all see all as they are')
      await net.clock.advance(30_000)
      expect(dropped(honest)).to.deep.equal([])
    })
  })
}
