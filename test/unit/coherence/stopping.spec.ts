import { expect } from 'chai'
import { Coherence } from '../../../src/coherence/coherence.js'
import { heldMemory } from '../../fuzz/memory.js'
import { FakeClock } from '../../support/fake-clock.js'
import { fakeLog } from '../../support/fake-log.js'
import { seeded } from '../../support/seeds.js'
import { rejection } from '../../support/thrown.js'
import { FakeGroup, FakeNetwork, keys } from './fake-network.js'

describe('a removal under way when the node stops', () => {
  it('is rejected: a node without members has nobody to tell, which is not to pass for having told everybody', async () => {
    const network = new FakeNetwork('b', 'me')
    network.onRemove = () => new Promise(() => {})
    const group = new FakeGroup()
    const coherence = new Coherence({ network, groups: new Map([['g', group]]), group: () => group, clock: new FakeClock(), random: seeded(1), log: fakeLog() })
    coherence.start()
    const removals = [coherence.remove(keys('k')), coherence.remove({ kind: 'all', group: 'g' })].map(rejection)
    network.ring = ['me']
    coherence.stop()
    expect((await Promise.all(removals)).map(({ name }) => name)).to.deep.equal(['NotStartedError', 'NotStartedError'])
    expect((await rejection(coherence.remove(keys('k')))).name).to.equal('NotStartedError')
  })

  it('leaves nothing behind once it is done, although the node runs on', async () => {
    const network = new FakeNetwork('me')
    const group = new FakeGroup()
    const clock = new FakeClock()
    const coherence = new Coherence({ network, groups: new Map([['g', group]]), group: () => group, clock, random: seeded(1), log: fakeLog() })
    coherence.start()
    const remove = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        await coherence.remove({ kind: 'all', group: 'g' })
        clock.jump(10)
      }
    }
    // the log and the tickets are full then
    await remove(40_000)
    group.done.length = 0
    const before = await heldMemory()
    await remove(40_000)
    group.done.length = 0
    // it was 500 bytes for each
    expect(await heldMemory() - before).to.be.lessThan(5)
    coherence.stop()
  })
})
