import { expect } from 'chai'
import * as fc from 'fast-check'
import { Arena } from '../../../src/cache/arena.js'
import { PackedKeys } from '../../../src/cache/packed-keys.js'
import { KeyColumn } from '../../../src/tables/key-column.js'
import { KeyIndex } from '../../../src/tables/key-index.js'
import type { Keys } from '../../../src/tables/key-index.js'

/** Empty, in Latin-1, beyond it, in surrogates that stand alone, and longer than the arena takes. */
const KEYS = ['', 'a', 'b', 'ÿ', 'Ā', '日本', '😀', '\ud800', '\0', '__proto__', 'constructor', 'k'.repeat(16_384), 'k'.repeat(16_385), 'k'.repeat(65_536), ...Array.from({ length: 200 }, (_, i) => `key:${i}`)]
const PLACES: Array<[name: string, keys: () => Keys]> = [
  ['as they are', () => new KeyColumn()],
  ['in an arena', () => new PackedKeys(new Arena(1024 * 1024))],
  ['in an arena that is full at once', () => new PackedKeys(new Arena(0))]
]

/** All keys in one chain, as one would have it who can choose keys by their hash. */
class Alike extends KeyIndex {
  protected override hash (): number {
    return 17
  }
}

describe('an index of keys', () => {
  for (const [name, keys] of PLACES) {
    it(`finds what a Map finds, whatever was added and deleted, with its keys ${name}`, () => {
      const operation = fc.record({ key: fc.constantFrom(...KEYS), isDeletion: fc.boolean() })
      fc.assert(fc.property(fc.array(operation, { maxLength: 400 }), fc.integer(), (operations, seed) => {
        const index = new KeyIndex(keys(), seed)
        const map = new Map<string, number>()
        const unused: number[] = []
        for (const { key, isDeletion } of operations) {
          const slot = map.get(key)
          expect(index.find(key)).to.equal(slot)
          if (isDeletion && slot !== undefined) {
            index.delete(slot)
            map.delete(key)
            unused.push(slot)
          } else if (!isDeletion && slot === undefined) {
            const taken = unused.pop() ?? map.size
            index.add(key, taken)
            map.set(key, taken)
          }
        }
        expect(index.size).to.equal(map.size)
        expect(index.keys()).to.have.members([...map.keys()])
        for (const [key, slot] of map) expect([index.find(key), index.key(slot), index.has(slot)]).to.deep.equal([slot, key, true])
        for (const slot of unused) expect(index.has(slot)).to.equal(false)
      }), { numRuns: 100 })
    })
  }

  it('keeps no chain longer than 64 keys, if its user makes room as it says', () => {
    const index = new Alike(new KeyColumn())
    for (let i = 0; i < 64; i++) {
      expect(index.crowded(`${i}`)).to.equal(undefined)
      index.add(`${i}`, i)
    }
    // the one that was added first
    expect(index.crowded('64')).to.equal(0)
    index.delete(0)
    expect(index.crowded('64')).to.equal(undefined)
    for (let i = 1; i < 64; i++) expect(index.find(`${i}`)).to.equal(i)
  })

  it('spreads keys that differ in their last letters only', () => {
    const index = new KeyIndex(new KeyColumn(), 1)
    for (let i = 0; i < 100_000; i++) {
      expect(index.crowded(`user:${i}`)).to.equal(undefined)
      index.add(`user:${i}`, i)
    }
    expect(index.find('user:99999')).to.equal(99_999)
  })
})
