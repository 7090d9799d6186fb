// The shares that members get, over a million keys of each kind. Seeds are fixed: a sample of a million has a spread of its
// own, 1 % for each of a hundred members, and other samples would once in a while be above any limit.

import { expect } from 'chai'
import { HashRing } from '../../../src/ring/hash-ring.js'
import { hash32 } from '../../../src/ring/hash.js'
import { keyFamilies, memberNames } from '../../../bench/ring/keys.js'
import type { Family } from '../../../bench/ring/keys.js'

const SEED = 20_240_601
const KEYS = 1_000_000
const SIZES = [3, 5, 10, 30, 100]
const WEIGHTS = [0.5, 1, 1, 1.5, 2, 2, 3, 4, 5, 10]

function ringOf (weights: readonly number[], naming: Family): HashRing {
  const ring = new HashRing()
  for (const [i, weight] of weights.entries()) ring.addPeer({ id: String(i), name: naming(i), weight })
  return ring
}

const equals = (count: number): number[] => Array.from({ length: count }, () => 1)

/** What each has of the keys, in units of what its weight says. */
function loads (ring: HashRing, weights: readonly number[], hashes: Uint32Array): number[] {
  const counts = weights.map(() => 0)
  for (const hash of hashes) counts[Number(ring.owner(hash))]!++
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight, i) => (counts[i] as number) / hashes.length * total / weight)
}

describe('a million keys', () => {
  const namings = Object.values(memberNames)
  let rings: HashRing[]
  let random: Uint32Array

  const hashesOf = (family: Family): Uint32Array => Uint32Array.from({ length: KEYS }, (_, i) => hash32(family(i)))

  before(() => {
    // each size with another kind of names
    rings = SIZES.map((size, i) => ringOf(equals(size), namings[i % namings.length] as Family))
    random = hashesOf(keyFamilies(SEED)['random'] as Family)
  })

  for (const [name, family] of Object.entries(keyFamilies(SEED))) {
    it(`like ${name} load no member of ${SIZES.join(', ')} with more than 1.05 times the mean (seed ${SEED})`, () => {
      const hashes = hashesOf(family)
      for (const [i, size] of SIZES.entries()) {
        const all = loads(rings[i] as HashRing, equals(size), hashes)
        expect(Math.max(...all), `${size} members`).to.be.at.most(1.05)
        expect(Math.min(...all), `${size} members`).to.be.at.least(0.95)
      }
    })
  }

  it(`load each member by its weight, within 5 % (seed ${SEED})`, () => {
    for (const naming of namings) {
      for (const load of loads(ringOf(WEIGHTS, naming), WEIGHTS, random)) expect(load).to.be.within(0.95, 1.05)
    }
  })

  it(`move to a newcomer, and from a leaver, at most 1.05 times its share, and none otherwise (seed ${SEED})`, () => {
    for (const [i, size] of SIZES.entries()) {
      const ring = rings[i] as HashRing
      const before = Array.from(random, hash => ring.owner(hash))
      ring.addPeer({ id: 'newcomer', name: 'newcomer', weight: 1 })
      let [moved, astray] = [0, 0]
      for (const [at, hash] of random.entries()) {
        const owner = ring.owner(hash)
        if (owner === before[at]) continue
        moved++
        if (owner !== 'newcomer') astray++
      }
      ring.removePeer('newcomer')
      const back = random.every((hash, at) => ring.owner(hash) === before[at])
      expect([astray, back], `${size} members`).to.deep.equal([0, true])
      expect(moved / KEYS * (size + 1), `${size} members`).to.be.within(0.95, 1.05)
    }
  })
})
