import { expect } from 'chai'
import * as fc from 'fast-check'
import { LocalHealth } from '../../../src/membership/local-health.js'

describe('the local health multiplier', () => {
  it('is 1 when all is well, one more with each bad sign, one less with each answer', () => {
    const health = new LocalHealth()
    const seen = [health.multiplier]
    for (const sign of ['worse', 'worse', 'better', 'worse'] as const) {
      health[sign]()
      seen.push(health.multiplier)
    }
    expect(seen).to.deep.equal([1, 2, 3, 2, 3])
  })

  it('is 9 at the most, however many bad signs there are', () => {
    const health = new LocalHealth()
    for (let i = 0; i < 50; i++) health.worse()
    expect(health.multiplier).to.equal(9)
    health.better()
    expect(health.multiplier).to.equal(8)
  })

  it('stays from 1 to 9 whatever happens, and either end is left at the first sign', () => {
    fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 60 }), signs => {
      const health = new LocalHealth()
      let expected = 1
      for (const isBad of signs) {
        if (isBad) health.worse()
        else health.better()
        expected = Math.min(9, Math.max(1, expected + (isBad ? 1 : -1)))
        expect(health.multiplier).to.equal(expected)
      }
    }))
  })
})
