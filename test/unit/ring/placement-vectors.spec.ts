// Placement is part of the protocol: what docs/protocol.md says, in numbers. Whoever computes these may join.

import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { bearingOf, distanceOf, rankOf } from '../../../src/ring/distance.js'
import { HashRing } from '../../../src/ring/hash-ring.js'
import { hash32 } from '../../../src/ring/hash.js'

interface Vectors {
  hashes: Array<{ text: string, hash: number, second: number }>
  ranks: Array<{ name: string, offset: number, factor: number, ranks: Record<string, number> }>
  distances: Array<{ rank: number, distance: number }>
  rings: Array<{ members: Array<{ name: string, weight: number }>, owners: Record<string, string[]> }>
}

const vectors = JSON.parse(readFileSync(new URL('../../vectors/placement.json', import.meta.url), 'utf8')) as Vectors

describe('the test vectors of placement', () => {
  it('are those of the hash', () => {
    expect(vectors.hashes).to.have.length(13)
    for (const { text, hash, second } of vectors.hashes) expect([hash32(text), hash32(text, 0x9747b28c)], text).to.deep.equal([hash, second])
  })

  it('are those of the ranks', () => {
    expect(vectors.ranks).to.have.length(6)
    for (const { name, offset, factor, ranks } of vectors.ranks) {
      expect(bearingOf(name), name).to.deep.equal({ offset, factor })
      for (const [slot, rank] of Object.entries(ranks)) expect(rankOf(Number(slot), offset, factor), `${name} ${slot}`).to.equal(rank)
    }
  })

  it('are those of the distances, to the last bit', () => {
    expect(vectors.distances).to.have.length(12)
    for (const { rank, distance } of vectors.distances) expect(distanceOf(rank), String(rank)).to.equal(distance)
  })

  it('are those of owners and successors', () => {
    expect(vectors.rings).to.have.length(4)
    for (const { members, owners } of vectors.rings) {
      const ring = new HashRing()
      for (const { name, weight } of members) ring.addPeer({ id: name, name, weight })
      for (const [key, names] of Object.entries(owners)) {
        expect(ring.owners(hash32(key), names.length), key).to.deep.equal(names)
        expect(ring.owner(hash32(key)), key).to.equal(names[0])
      }
    }
  })
})
