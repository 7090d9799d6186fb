import { expect } from 'chai'
import { Coherence } from '../../../src/coherence/coherence.js'
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
  })
})
