import { expect } from 'chai'
import { Scenario, allSee } from '../../support/membership-sim/scenario.js'
import { SEEDS } from '../../support/seeds.js'
import { TIMINGS } from '../../../src/membership/timing.js'
import type { SimProcess } from '../../support/membership-sim/sim-process.js'

const { probeTimeout, suspicionMin, suspicionMax, probeInterval } = TIMINGS.lan
/** Until one that is silent has been given up by all: probed, suspected, given its time, and probed once more. */
const GIVEN_UP_WITHIN = 12 * probeInterval + 2 * probeTimeout + suspicionMax

for (const seed of SEEDS) {
  describe(`a cluster in virtual time, seed ${seed}`, () => {
    for (const count of [2, 3, 10, 40]) {
      it(`of ${count} that know one seed see all of each other within seconds`, async () => {
        const net = new Scenario({ seed })
        for (let i = 0; i < count; i++) net.start()
        expect(await net.until(() => net.isOneView(), 10_000, 'all see all')).to.be.lessThan(6_000)
      })
    }

    it('joins with half of the gossip and of the pings lost', async () => {
      const net = new Scenario({ seed, loss: 0.5 })
      for (let i = 0; i < 8; i++) net.start()
      // not as each is: who is suspected for nothing contradicts all the time, and the others hear of it a moment later
      await net.until(() => allSee(net.members, net.members), 60_000, 'all see all')
    })

    it('drops who leaves, everywhere and at once, and says that it left', async () => {
      const net = new Scenario({ seed })
      const nodes = await net.cluster(6)
      const [leaving] = nodes.splice(2, 1) as [SimProcess]
      void leaving.leave()
      expect(await net.until(() => allSee(nodes, nodes), 2_000, 'the others see each other')).to.be.lessThan(500)
      for (const node of nodes) expect(net.changes(node).filter(change => change.endsWith(leaving.id)).at(-1)).to.equal(`leave ${leaving.id}`)
      await net.run(120_000)
      expect(allSee(nodes, nodes)).to.equal(true)
    })

    it('drops whose process crashes within two seconds, everywhere', async () => {
      const net = new Scenario({ seed })
      const nodes = await net.cluster(6)
      const [crashed] = nodes.splice(3, 1) as [SimProcess]
      net.network.vanish(crashed, 'process')
      await net.until(() => allSee(nodes, nodes), 2_000, 'the others see each other')
      for (const node of nodes) expect(net.changes(node).filter(change => change.endsWith(crashed.id)).at(-1)).to.equal(`fail ${crashed.id}`)
      await net.run(120_000)
      expect(allSee(nodes, nodes)).to.equal(true)
    })

    it('drops who falls silent, when it has had its time and not before', async () => {
      const net = new Scenario({ seed })
      const nodes = await net.cluster(6)
      const [frozen] = nodes.splice(3, 1) as [SimProcess]
      frozen.pause()
      const took = await net.until(() => allSee(nodes, nodes), GIVEN_UP_WITHIN, 'the others see each other')
      expect(took).to.be.greaterThan(suspicionMin)
      frozen.wake('timers first')
      await net.until(() => net.isOneView(), 10_000, 'it is back')
    })

    it('survives the crash of half of it, seed included', async () => {
      const net = new Scenario({ seed })
      const nodes = await net.cluster(8)
      for (const node of nodes.splice(0, 4)) net.network.vanish(node, 'process')
      await net.until(() => allSee(nodes, nodes), 2_000, 'the others see each other')
    })

    it('takes a false death back: who is declared dead says otherwise, and stays', async () => {
      const net = new Scenario({ seed })
      const nodes = await net.cluster(5)
      const [liar, victim] = nodes as [SimProcess, SimProcess]
      const false_ = { ...victim.membership.self, state: 'dead' as const }
      for (const node of nodes) node.membership.hear(liar.id, false_)
      await net.until(() => net.isOneView() && victim.membership.self.incarnation > 0, 5_000, 'the death is taken back')
      for (const node of nodes) expect(net.changes(node)).to.not.include(`fail ${victim.id}`)
    })

    for (const patience of [0, 3_000]) {
      it(`knows a restart under the same id at another address, ${patience} ms after the crash`, async () => {
        const net = new Scenario({ seed })
        const nodes = await net.cluster(5)
        const crashed = nodes[1] as SimProcess
        net.network.vanish(crashed, 'process')
        await net.run(patience)
        net.start({ id: crashed.id, name: crashed.name })
        await net.until(() => net.isOneView() && net.members.length === 5, 45_000, 'all see it where it is')
      })
    }

    it('knows a quick restart under the same id and address with another name and weight', async () => {
      const net = new Scenario({ seed })
      const nodes = await net.cluster(4)
      const crashed = nodes[1] as SimProcess
      net.network.vanish(crashed, 'process')
      net.start({ id: crashed.id, host: crashed.host, name: 'renamed', weight: 2 })
      await net.until(() => net.isOneView(), 45_000, 'all see its new name and weight')
    })

    it('knows a restart under the same name and address with another id, and drops the former one', async () => {
      const net = new Scenario({ seed })
      const nodes = await net.cluster(4)
      const crashed = nodes[1] as SimProcess
      net.network.vanish(crashed, 'process')
      net.start({ id: 'another', host: crashed.host, name: crashed.name })
      await net.until(() => net.isOneView(), 45_000, 'all see the new one only')
    })

    it('is one again after a partition has healed, and each side is one meanwhile', async () => {
      const net = new Scenario({ seed })
      const nodes = await net.cluster(7)
      const sides = [nodes.slice(0, 3), nodes.slice(3)] as const
      const heal = net.partition(...sides)
      await net.until(() => sides.every(side => allSee(side, side)), 40_000, 'each side sees itself')
      await net.run(30_000)
      heal()
      expect(await net.until(() => net.isOneView(), 90_000, 'all see all'), 'virtual ms to heal').to.be.lessThan(60_000)
    })

    it('is quiet when nothing happens: no news, no new incarnations', async () => {
      const net = new Scenario({ seed })
      const nodes = await net.cluster(6)
      const counts = (): number[] => [net.network.published, ...nodes.map(node => net.changes(node).length)]
      const before = counts()
      await net.run(10 * 60_000)
      expect(counts()).to.deep.equal(before)
    })

    it('leaves no timer behind when all have stopped, whatever they were doing', async () => {
      const net = new Scenario({ seed })
      const nodes = Array.from({ length: 6 }, () => net.start())
      await net.run(Math.floor(seed % 1_500))
      for (const { membership } of nodes) membership.stop()
      // what the network itself still carries
      await net.run(20_000)
      for (const { clock } of nodes) expect(clock.timers).to.equal(0)
    })
  })
}
