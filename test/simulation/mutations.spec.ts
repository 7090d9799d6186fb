import { MUTATIONS } from '../support/sim/mutations.js'
import { simulate } from '../support/sim/simulate.js'

/** Of runs that pass with the safeguard in place, so many at the most until one fails without it. */
const MOST = 1_000

describe('the simulation finds out when', () => {
  for (const { name, timing = 'lan', kind = 'faults', from = 0, apply } of MUTATIONS) {
    it(name, async function () {
      this.timeout(0)
      for (let seed = from; seed < from + MOST; seed++) {
        const undo = apply()
        const { failure } = await simulate(seed, { timing, kind }).finally(undo)
        // what fails anyway does not count
        if (failure === undefined || (await simulate(seed, { timing, kind })).failure !== undefined) continue
        console.log(`      after ${seed - from + 1} runs: ${failure}`)
        return
      }
      throw new Error(`${name}: not found in ${MOST} runs`)
    })
  }
})
