import { expect } from 'chai'
import { bearingOf, distanceOf, rankOf, slotOf, SLOTS } from '../../../src/ring/distance.js'

describe('the distance of a slot', () => {
  for (const name of ['', 'a', 'web-1', 'web-2', '10.0.0.1:7000', '日本語']) {
    it(`has each rank once for a member named '${name}'`, () => {
      const { offset, factor } = bearingOf(name)
      const taken = new Uint8Array(SLOTS)
      let repeated = 0
      for (let slot = 0; slot < SLOTS; slot++) {
        const rank = rankOf(slot, offset, factor)
        if (taken[rank] !== 0) repeated++
        taken[rank] = 1
      }
      expect(repeated).to.equal(0)
    })
  }

  it('grows with the rank, is never less, and is the logarithm that makes shares as weights', () => {
    let [wrong, last] = [0, 0]
    for (let rank = 0; rank < SLOTS; rank++) {
      const distance = distanceOf(rank)
      const exact = -SLOTS * Math.log(1 - (rank + 0.5) / SLOTS)
      if (distance <= last || distance < rank || Math.abs(distance - exact) > 0.04) wrong++
      last = distance
    }
    expect(wrong).to.equal(0)
  })

  it('is of as many slots as there are, each with as many hashes', () => {
    expect([0, 2 ** 32 / SLOTS - 1, 2 ** 32 / SLOTS, 2 ** 31, 2 ** 32 - 1].map(slotOf)).to.deep.equal([0, 0, 1, SLOTS / 2, SLOTS - 1])
  })
})
