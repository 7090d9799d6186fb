import { expect } from 'chai'
import * as fc from 'fast-check'
import { ProbeOrder } from '../../../src/membership/probe-order.js'
import { SEEDS, seeded } from '../../support/seeds.js'

const anybody = (): boolean => true
const names = (count: number, prefix = 'm'): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`)
const take = (order: ProbeOrder, count: number, isEligible: (id: string) => boolean = anybody): Array<string | undefined> => Array.from({ length: count }, () => order.next(isEligible))
const seed = fc.nat()
const size = fc.integer({ min: 1, max: 20 })

function orderOf (ids: readonly string[], random: () => number): ProbeOrder {
  const order = new ProbeOrder(random)
  for (const id of ids) order.add(id)
  return order
}

describe('the order of probes', () => {
  it('has each member exactly once per round', () => {
    fc.assert(fc.property(seed, size, (seed, count) => {
      const ids = names(count)
      const order = orderOf([...ids, ...ids], seeded(seed))
      for (let round = 0; round < 4; round++) expect(take(order, count).sort()).to.deep.equal([...ids].sort())
    }))
  })

  it('has a new member within the round that it comes in, or in the next one if that is over', () => {
    fc.assert(fc.property(seed, size, fc.nat({ max: 19 }), (seed, count, done) => {
      const order = orderOf(names(count), seeded(seed))
      take(order, done % count)
      order.add('new')
      expect(take(order, count - done % count + 1)).to.include('new')
    }))
  })

  it('has a new member at any place among those who are left', () => {
    const places = new Set(Array.from({ length: 200 }, (_, i) => {
      const order = orderOf(names(4), seeded(i))
      order.add('new')
      return take(order, 5).indexOf('new')
    }))
    expect([...places].sort()).to.deep.equal([0, 1, 2, 3, 4])
  })

  it('never has one that was deleted, and all the others as before', () => {
    fc.assert(fc.property(seed, fc.integer({ min: 2, max: 20 }), fc.nat({ max: 40 }), fc.nat({ max: 19 }), (seed, count, done, which) => {
      const ids = names(count)
      const order = orderOf(ids, seeded(seed))
      take(order, done)
      const gone = ids[which % count] as string
      order.delete(gone)
      // the rest of this round, and a whole one
      const seen = take(order, 2 * count)
      expect(seen).to.not.include(gone)
      expect(new Set(seen).size).to.equal(count - 1)
    }))
  })

  it('has one that was deleted and is back as if it were new, once per round', () => {
    fc.assert(fc.property(seed, size, fc.nat({ max: 40 }), (seed, count, done) => {
      const order = orderOf(names(count), seeded(seed))
      take(order, done)
      order.delete('m0')
      order.add('m0')
      // its old place may still come in the round that is under way
      take(order, 2 * count)
      const [first, second] = [take(order, count), take(order, count)]
      expect(new Set([...first, ...second]).size).to.equal(count)
    }))
  })

  it('has one that comes and goes many times in a round once, and keeps the others no longer from their turn', () => {
    fc.assert(fc.property(seed, size, (seed, count) => {
      const order = orderOf(names(count), seeded(seed))
      for (let i = 0; i < 50; i++) {
        order.add('restless')
        order.delete('restless')
      }
      order.add('restless')
      expect(take(order, count + 1).sort()).to.deep.equal([...names(count), 'restless'].sort())
    }))
  })

  it('passes over those who are not eligible, and has them as soon as they are', () => {
    fc.assert(fc.property(seed, fc.integer({ min: 2, max: 20 }), (seed, count) => {
      const order = orderOf(names(count), seeded(seed))
      expect(take(order, 3 * count, id => id !== 'm0')).to.not.include('m0')
      // within what is left of one round and the whole next one
      expect(take(order, 2 * count - 1)).to.include('m0')
    }))
  })

  it('is empty when there is nobody, or nobody eligible, and after a clear', () => {
    const order = orderOf([], seeded(1))
    expect(order.next(anybody)).to.equal(undefined)
    order.add('a')
    expect(order.next(() => false)).to.equal(undefined)
    expect(order.next(anybody)).to.equal('a')
    order.clear()
    expect([order.next(anybody), order.sample(3, anybody)]).to.deep.equal([undefined, []])
  })

  for (const seed of SEEDS) {
    it(`has a member after 1 round at the most 2, and half a round after the last time on average one, seed ${seed}`, () => {
      const [count, rounds] = [20, 400]
      const seen = take(orderOf(names(count), seeded(seed)), count * rounds)
      const places = seen.flatMap((id, at) => id === 'm0' ? [at] : [])
      const gaps = places.slice(1).map((at, i) => at - (places[i] as number))
      expect(Math.max(...gaps)).to.be.lessThan(2 * count)
      expect(gaps.reduce((sum, gap) => sum + gap) / gaps.length / count, 'rounds between two probes of a member').to.be.within(0.97, 1.03)
    })

    it(`is another one each round, in which every place is as likely, seed ${seed}`, () => {
      const [count, rounds] = [5, 2_000]
      const order = orderOf(names(count), seeded(seed))
      const places = new Array<number>(count).fill(0)
      for (let round = 0; round < rounds; round++) {
        const at = take(order, count).indexOf('m0')
        places[at] = (places[at] as number) + 1
      }
      for (const times of places) expect(times / rounds).to.be.within(0.15, 0.25)
    })
  }
})

describe('a sample of members', () => {
  it('is of different eligible ones, as many as there are up to the count', () => {
    fc.assert(fc.property(seed, size, fc.nat({ max: 25 }), (seed, count, wanted) => {
      const order = orderOf(names(count), seeded(seed))
      order.delete('m1')
      const isEligible = (id: string): boolean => id !== 'm0' && id !== 'm1'
      const sample = order.sample(wanted, isEligible)
      expect(sample.every(isEligible)).to.equal(true)
      expect(new Set(sample).size).to.equal(sample.length)
      expect(sample.length).to.equal(Math.min(wanted, Math.max(0, count - 2)))
    }))
  })

  it('has each one as often', () => {
    const order = orderOf(names(10), seeded(4))
    const times = new Map<string, number>()
    for (let i = 0; i < 5_000; i++) for (const id of order.sample(3, anybody)) times.set(id, (times.get(id) ?? 0) + 1)
    for (const id of names(10)) expect((times.get(id) ?? 0) / 5_000).to.be.within(0.25, 0.35)
  })
})
