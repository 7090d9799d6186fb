import { expect } from 'chai'
import * as fc from 'fast-check'
import { RecentNumbers } from '../../../src/tables/recent-numbers.js'

const LIMIT = 150
/** Some alike in their lower half, some in their upper one. */
const number = fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 300 }).map(i => i * 2 ** 40), fc.maxSafeNat())

describe('numbers that were put in lately', () => {
  it('are as a map says in which each moves to the end when it is put in again, and that the first of too many leave', () => {
    fc.assert(fc.property(fc.array(fc.tuple(number, fc.nat({ max: 99 })), { maxLength: 500, size: 'max' }), commands => {
      const dropped: number[] = []
      const gone: number[] = []
      const recent: RecentNumbers = new RecentNumbers(LIMIT, slot => { dropped.push(recent.at(slot)) })
      const model = new Map<number, number>()
      const dropFirst = (): void => {
        const [[first, at] = [0, 0]] = model
        gone.push(at)
        model.delete(first)
      }
      for (const [now, [each, command]] of commands.entries()) {
        if (command < 90) {
          expect(recent.at(recent.put(each, now))).to.equal(now)
          if (!model.delete(each) && model.size === LIMIT) dropFirst()
          model.set(each, now)
        } else if (command < 98) {
          const slot = recent.find(each)
          if (slot !== undefined) recent.delete(slot)
          model.delete(each)
        } else {
          recent.dropBefore(now - 100)
          while (([...model.values()][0] ?? Infinity) < now - 100) dropFirst()
        }
        const slot = recent.find(each)
        expect(slot === undefined ? undefined : recent.at(slot)).to.equal(model.get(each))
        expect(recent.size).to.equal(model.size)
      }
      expect(dropped).to.deep.equal(gone)
      for (const [each, at] of model) expect(recent.at(recent.find(each) ?? -1)).to.equal(at)
    }))
  })

  it('take no more room for those that come while as many go', () => {
    const recent = new RecentNumbers(1_024, () => {})
    let most = 0
    for (let i = 0; i < 100_000; i++) most = Math.max(most, recent.put(i * 2 ** 20, i))
    expect([most, recent.size]).to.deep.equal([1_023, 1_024])
  })
})
