import { expect } from 'chai'
import { SEEDS } from '../../support/seeds.js'
import { VirtualNetwork } from '../../support/virtual-network.js'
import { settled } from '../../support/fake-clock.js'
import type { VirtualNode } from '../../support/virtual-node.js'

const allSee = (nodes: readonly VirtualNode[], members: readonly VirtualNode[]): boolean => {
  const expected = members.map(({ id }) => id).sort().join()
  return nodes.every(node => node.sees().join() === expected)
}

async function joined (net: VirtualNetwork, count: number): Promise<VirtualNode[]> {
  const nodes = await Promise.race([net.cluster(count), net.clock.advance(2_000)]) ?? net.nodes
  await net.until(() => net.isOneView(), 20_000, 'all see all')
  // until they are connected to each other as well
  await net.clock.advance(30_000)
  return nodes
}

for (const seed of SEEDS) {
  describe(`a cluster in virtual time, seed ${seed}`, () => {
    for (const count of [2, 3, 10, 40]) {
      it(`of ${count} that know one seed see all of each other within seconds`, async () => {
        const net = new VirtualNetwork({ seed })
        void net.cluster(count)
        await settled()
        expect(await net.until(() => net.nodes.length === count && net.isOneView(), 10_000, 'all see all')).to.be.lessThan(6_000)
      })
    }

    it('joins and heals with half of the gossip lost', async () => {
      const net = new VirtualNetwork({ seed, loss: 0.5 })
      void net.cluster(8)
      await settled()
      await net.until(() => net.isOneView(), 60_000, 'all see all')
    })

    it('drops who leaves, everywhere and at once, and says that it left', async () => {
      const net = new VirtualNetwork({ seed })
      const nodes = await joined(net, 6)
      const [leaving] = nodes.splice(2, 1) as [VirtualNode]
      void leaving.leave()
      expect(await net.until(() => allSee(nodes, nodes), 2_000, 'the others see each other')).to.be.lessThan(500)
      for (const node of nodes) expect(node.changes.filter(change => change.endsWith(leaving.id)).at(-1)).to.equal(`leave ${leaving.id}`)
      await net.clock.advance(120_000)
      expect(allSee(nodes, nodes)).to.equal(true)
    })

    it('drops who crashes within two seconds, everywhere', async () => {
      const net = new VirtualNetwork({ seed })
      const nodes = await joined(net, 6)
      const [crashed] = nodes.splice(3, 1) as [VirtualNode]
      crashed.crash()
      await net.until(() => allSee(nodes, nodes), 2_000, 'the others see each other')
      for (const node of nodes) expect(node.changes.filter(change => change.endsWith(crashed.id)).at(-1)).to.equal(`fail ${crashed.id}`)
      await net.clock.advance(120_000)
      expect(allSee(nodes, nodes)).to.equal(true)
    })

    it('survives the crash of half of it, seed included', async () => {
      const net = new VirtualNetwork({ seed })
      const nodes = await joined(net, 8)
      for (const node of nodes.splice(0, 4)) node.crash()
      await net.until(() => allSee(nodes, nodes), 2_000, 'the others see each other')
    })

    it('takes a false death back: who is declared dead says otherwise, and stays', async () => {
      const net = new VirtualNetwork({ seed })
      const nodes = await joined(net, 5)
      const [liar, victim] = nodes as [VirtualNode, VirtualNode]
      const false_ = { ...victim.membership.self, state: 'dead' as const }
      for (const node of nodes) node.membership.hear(liar.id, false_)
      await net.until(() => net.isOneView() && victim.membership.self.incarnation > 0, 5_000, 'the death is taken back')
      for (const node of nodes) expect(node.changes).to.not.include(`fail ${victim.id}`)
    })

    for (const patience of [0, 3_000]) {
      it(`knows a restart under the same id at another address, ${patience} ms after the crash`, async () => {
        const net = new VirtualNetwork({ seed })
        const nodes = await joined(net, 5)
        const [first, crashed] = nodes as [VirtualNode, VirtualNode]
        crashed.crash()
        await net.clock.advance(patience)
        const again = net.start(crashed.id, { address: '/virtual/elsewhere' })
        void again.dial(first.address)
        await net.until(() => net.isOneView() && net.nodes.length === 5, 45_000, 'all see it where it is')
      })
    }

    it('knows a quick restart under the same id and address with another name and weight', async () => {
      const net = new VirtualNetwork({ seed })
      const nodes = await joined(net, 4)
      const [first, crashed] = nodes as [VirtualNode, VirtualNode]
      crashed.crash()
      const again = net.start(crashed.id, { name: 'renamed', weight: 2 })
      void again.dial(first.address)
      await net.until(() => net.isOneView(), 45_000, 'all see its new name and weight')
    })

    it('is one again after a partition has healed, and each side is one meanwhile', async () => {
      const net = new VirtualNetwork({ seed })
      const nodes = await joined(net, 7)
      const sides = [nodes.slice(0, 3), nodes.slice(3)] as const
      net.partition(...sides)
      await net.until(() => sides.every(side => allSee(side, side)), 40_000, 'each side sees itself')
      await net.clock.advance(30_000)
      net.heal()
      const took = await net.until(() => net.isOneView(), 90_000, 'all see all')
      expect(took, 'virtual ms to heal').to.be.lessThan(60_000)
    })

    it('is quiet when nothing happens: no news, no new incarnations', async () => {
      const net = new VirtualNetwork({ seed })
      const nodes = await joined(net, 6)
      const before = nodes.map(({ published, changes }) => [published.length, changes.length])
      await net.clock.advance(10 * 60_000)
      expect(nodes.map(({ published, changes }) => [published.length, changes.length])).to.deep.equal(before)
    })

    it('leaves no timer behind when all have stopped, whatever they were doing', async () => {
      const net = new VirtualNetwork({ seed })
      void net.cluster(6)
      await net.clock.advance(Math.floor(seed % 1_500))
      for (const { membership } of net.nodes) membership.stop()
      // what the network itself still carries
      await net.clock.advance(10_000)
      expect(net.clock.timers).to.equal(0)
    })
  })
}
