import { expect } from 'chai'
import { Coherence } from '../../../src/coherence/coherence.js'
import { CATCH_UP_TIMEOUT, MAX_STANDSTILL } from '../../../src/constants.js'
import { FakeClock } from '../../support/fake-clock.js'
import { fakeLog } from '../../support/fake-log.js'
import { seeded } from '../../support/seeds.js'
import { FakeGroup, FakeNetwork, keys } from './fake-network.js'
import type { Announced, Replacement } from '../../../src/rpc/removal.js'

const REPLACEMENT: Replacement = { group: 'g', key: 'k', bytes: Uint8Array.of(1), ttl: Infinity, tags: [] }

/** Whose process stands still: no timer runs meanwhile. */
class Freezing extends FakeClock {
  slept = 0

  override now (): number {
    return super.now() + this.slept
  }
}

describe('a value to be set that lies at its owner while that is frozen', () => {
  const cases: Array<[string, () => Promise<Announced[] | 'all'>, boolean]> = [
    ['is stored when nobody else has seen to it', async () => [], true],
    ['is not stored when another owner has seen to it meanwhile', async () => [{ ticket: 7, removal: keys('k') }], false],
    ['is not stored when too much was missed to say', async () => 'all', false],
    ['is not stored when nobody can be asked', () => Promise.reject(new Error('no answer')), false]
  ]
  for (const [what, onCatchUp, isStored] of cases) {
    it(what, async () => {
      const clock = new Freezing()
      const network = new FakeNetwork('me', 'b')
      const group = new FakeGroup()
      network.onCatchUp = onCatchUp
      const coherence = new Coherence({ network, groups: new Map([['g', group]]), group: () => group, clock, random: seeded(1), log: fakeLog() })
      coherence.start()
      clock.slept = MAX_STANDSTILL + 1
      const served = coherence.serveSet(7, REPLACEMENT, 'owner')
      // for so long it goes on asking
      await clock.advance(CATCH_UP_TIMEOUT)
      await served
      expect(network.done[0]).to.equal(`catch-up b ${MAX_STANDSTILL + 1}`)
      expect(group.done.includes('store k')).to.equal(isStored)
      coherence.stop()
    })
  }
})
