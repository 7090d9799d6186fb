import { expect } from 'chai'
import * as fc from 'fast-check'
import { RecentNumbers } from '../../../src/tables/recent-numbers.js'

/** Some alike in their lower half, some in their upper one. */
const number = fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 300 }).map(i => i * 2 ** 40), fc.maxSafeNat())

describe('numbers that were put in lately', () => {
  it('are as a map says in which each moves to the end when it is put in again', () => {
    fc.assert(fc.property(fc.array(fc.tuple(number, fc.nat({ max: 9 })), { size: 'large' }), commands => {
      const recent = new RecentNumbers()
      const model = new Map<number, number>()
      for (const [now, [each, command]] of commands.entries()) {
        if (command < 7) {
          expect(recent.at(recent.put(each, now))).to.equal(now)
          model.delete(each)
          model.set(each, now)
        } else {
          const [oldest] = model.keys()
          const gone = command === 7 ? oldest : each
          const slot = command === 7 ? recent.oldest : recent.find(each)
          if (slot !== undefined) recent.delete(slot)
          if (gone !== undefined) model.delete(gone)
        }
        const slot = recent.find(each)
        expect(slot === undefined ? undefined : recent.at(slot)).to.equal(model.get(each))
        expect(recent.size).to.equal(model.size)
      }
      for (const [each, at] of model) expect(recent.at(recent.find(each) ?? -1)).to.equal(at)
      recent.clear()
      expect([recent.size, recent.oldest, ...[...model.keys()].map(each => recent.find(each))].filter(found => found !== undefined)).to.deep.equal([0])
    }))
  })

  it('take no more room for those that come while as many go', () => {
    const recent = new RecentNumbers()
    let most = 0
    for (let i = 0; i < 100_000; i++) {
      most = Math.max(most, recent.put(i * 2 ** 20, i))
      if (recent.size > 1_000 && recent.oldest !== undefined) recent.delete(recent.oldest)
    }
    expect(most).to.equal(1_000)
  })
})
