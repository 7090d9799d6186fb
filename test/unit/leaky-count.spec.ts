import { expect } from 'chai'
import fc from 'fast-check'
import { LeakyCount } from '../../src/leaky-count.js'

describe('a count that leaks', () => {
  it('runs off at its rate, to nothing and no further', () => {
    const count = new LeakyCount(4)
    expect([count.left(0), count.add(3, 1_000), count.left(1_000), count.left(1_250), count.left(1_750), count.left(9_000)]).to.deep.equal([0, true, 3, 2, 0, 0])
    count.add(1, 9_000)
    expect(count.left(9_000)).to.equal(1)
  })

  it('gets no higher than it may, and says so', () => {
    const count = new LeakyCount(1)
    expect([count.add(5, 0, 5), count.add(1, 0, 5), count.left(0)]).to.deep.equal([true, false, 5])
    // no debt: a second later there is room for one
    expect([count.add(1, 1_000, 5), count.add(0.5, 1_000, 5)]).to.deep.equal([true, false])
  })

  it('lets through what fits into its burst and its rate, however that comes', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(3_000), fc.integer({ min: 1, max: 20 })), { minLength: 1 }), steps => {
      const count = new LeakyCount(10)
      let [now, granted] = [0, 0]
      for (const [pause, amount] of steps) {
        now += pause
        if (count.add(amount, now, 50)) granted += amount
      }
      expect(granted).to.be.at.most(50 + now / 100 + 1e-6)
    }))
  })
})
