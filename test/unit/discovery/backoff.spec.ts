import { expect } from 'chai'
import * as fc from 'fast-check'
import { backoff } from '../../../src/discovery/backoff.js'

describe('the pause before another attempt', () => {
  it('lies between half the cap and the cap, which doubles up to the limit', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (failures, random) => {
      const cap = Math.min(10_000, 250 * 2 ** (failures - 1))
      expect(backoff(failures, () => random)).to.be.within(cap / 2, cap)
    }))
    expect([1, 2, 3, 6, 7, 500].map(failures => backoff(failures, () => 1))).to.deep.equal([250, 500, 1_000, 8_000, 10_000, 10_000])
    expect(backoff(3, () => 0, { first: 10, max: 30 })).to.equal(15)
  })
})
