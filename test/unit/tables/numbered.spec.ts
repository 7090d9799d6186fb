import { expect } from 'chai'
import * as fc from 'fast-check'
import { Numbered } from '../../../src/tables/numbered.js'

interface Thing { id: number }

function put (numbered: Numbered<Thing>): Thing {
  const thing = { id: -1 }
  numbered.number(thing)
  numbered.add(thing)
  return thing
}

describe('things under numbers', () => {
  it('are found, counted and forgotten as in a map, whatever comes and goes', () => {
    const step = fc.oneof({ arbitrary: fc.constant('put' as const), weight: 3 }, { arbitrary: fc.nat(), weight: 2 })
    fc.assert(fc.property(fc.array(step, { maxLength: 600 }), steps => {
      const numbered = new Numbered<Thing>()
      const known = new Map<number, Thing>()
      for (const one of steps) {
        if (one === 'put') {
          const thing = put(numbered)
          expect(known.has(thing.id)).to.equal(false)
          known.set(thing.id, thing)
        } else if (known.size > 0) {
          const thing = [...known.values()][one % known.size] as Thing
          numbered.delete(thing)
          numbered.delete(thing)
          known.delete(thing.id)
          expect(numbered.get(thing.id)).to.equal(undefined)
        }
      }
      expect(numbered.size).to.equal(known.size)
      for (const [id, thing] of known) expect(numbered.get(id)).to.equal(thing)
      expect(new Set(numbered.all())).to.deep.equal(new Set(known.values()))
    }))
  })

  it('have numbers one after the other, but for those whose place is taken by one that stays', () => {
    const numbered = new Numbered<Thing>()
    const first = put(numbered)
    const ids = Array.from({ length: 200 }, () => {
      const thing = put(numbered)
      numbered.delete(thing)
      return thing.id
    })
    expect(first.id).to.equal(1)
    expect(ids).to.deep.equal(Array.from({ length: 220 }, (_, i) => i + 2).filter(id => id % 64 !== 1).slice(0, 200))
    expect(numbered.get(1)).to.equal(first)
    expect(numbered.get(65)).to.equal(undefined)
  })

  it('are all forgotten at once', () => {
    const numbered = new Numbered<Thing>()
    const thing = put(numbered)
    numbered.clear()
    expect([numbered.size, numbered.all(), numbered.get(thing.id)]).to.deep.equal([0, [], undefined])
  })
})
