import { expect } from 'chai'
import { MAX_STANDSTILL } from '../../../src/constants.js'
import { TIMINGS } from '../../../src/membership/timing.js'

describe('the presets of the failure detector', () => {
  it('are these', () => {
    expect(TIMINGS).to.deep.equal({
      local: { probeInterval: 150, probeTimeout: 300, suspicionMin: 1_900, suspicionMax: 3_800, indirectProbes: 3, redialInterval: 500, exchangeInterval: 30_000 },
      lan: { probeInterval: 300, probeTimeout: 500, suspicionMin: 2_600, suspicionMax: 5_200, indirectProbes: 3, redialInterval: 1_000, exchangeInterval: 30_000 },
      wan: { probeInterval: 1_000, probeTimeout: 2_000, suspicionMin: 6_000, suspicionMax: 18_000, indirectProbes: 3, redialInterval: 3_000, exchangeInterval: 30_000 }
    })
  })

  for (const [preset, { probeTimeout, suspicionMin, suspicionMax }] of Object.entries(TIMINGS)) {
    it(`of ${preset} give nobody up who was frozen for no longer than it takes to notice that oneself`, () => {
      expect(2 * probeTimeout + suspicionMin).to.be.at.least(MAX_STANDSTILL + 500)
      expect(suspicionMax).to.be.at.least(suspicionMin)
    })
  }

  it('of lan give a frozen member up within 5 s as a rule', () => {
    const { probeInterval, probeTimeout, suspicionMin } = TIMINGS.lan
    expect(probeInterval * Math.E / (Math.E - 1) + 2 * probeTimeout + suspicionMin).to.be.within(3_500, 5_000)
  })
})
