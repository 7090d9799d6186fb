import { expect } from 'chai'
import * as fc from 'fast-check'
import { bearingOf, distanceOf, rankOf, slotOf } from '../../../src/ring/distance.js'
import { hash32 } from '../../../src/ring/hash.js'
import { HashRing } from '../../../src/ring/hash-ring.js'
import { SEEDS, seeded } from '../../support/seeds.js'
import type { RingPeer } from '../../../src/ring/hash-ring.js'

const KEYS = Array.from({ length: 300 }, (_, i) => `key/${i}`)

function ringOf (peers: Iterable<RingPeer>): HashRing {
  const ring = new HashRing()
  for (const peer of peers) ring.addPeer(peer)
  return ring
}

const named = (...names: string[]): RingPeer[] => names.map(name => ({ id: `id-${name}`, name, weight: 1 }))
const owners = (ring: HashRing): Array<string | undefined> => KEYS.map(key => ring.owner(hash32(key)))

/** Keys of each peer among `keys`. */
function spread (ring: HashRing, keys: readonly string[]): Map<string | undefined, number> {
  const counts = new Map<string | undefined, number>()
  for (const key of keys) {
    const owner = ring.owner(hash32(key))
    counts.set(owner, (counts.get(owner) ?? 0) + 1)
  }
  return counts
}

/** The rule, spelled out. */
function ranked (peers: readonly RingPeer[], hash: number): string[] {
  const distance = ({ name, weight }: RingPeer): number => {
    const { offset, factor } = bearingOf(name)
    return distanceOf(rankOf(slotOf(hash), offset, factor)) * (1 / weight)
  }
  const byText = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0
  return [...peers].sort((a, b) => distance(a) - distance(b) || byText(a.name, b.name) || byText(a.id, b.id)).map(({ id }) => id)
}

const peer: fc.Arbitrary<RingPeer> = fc.record({
  id: fc.string({ minLength: 1, maxLength: 8 }),
  // few names, so that some peers share one
  name: fc.oneof(fc.constantFrom('', '#', 'a', 'a#1', 'a#10', '__proto__', 'é', '\ud800'), fc.string({ unit: 'binary', maxLength: 6 })),
  weight: fc.constantFrom(0.01, 0.5, 1, 1, 1, 3)
})
const peers = fc.uniqueArray(peer, { selector: ({ id }) => id, minLength: 1, maxLength: 6 })

describe('the ring', () => {
  it('is the same whatever order its peers came in and whatever happened before', () => {
    fc.assert(fc.property(peers, fc.array(peer, { maxLength: 6 }), fc.infiniteStream(fc.nat({ max: 5 })), (wanted, others, order) => {
      const expected = owners(ringOf(wanted))
      const ring = new HashRing()
      for (const other of others) {
        ring.addPeer(other)
        ring.owner(0)
      }
      for (const { id } of others) ring.removePeer(id)
      const left = [...wanted]
      while (left.length > 0) {
        const [next] = left.splice((order.next().value as number) % left.length, 1) as [RingPeer]
        // as something else first
        if ((order.next().value as number) > 3) ring.addPeer({ ...next, name: 'another', weight: 2 })
        ring.addPeer(next)
        if ((order.next().value as number) > 3) ring.owner(1)
      }
      expect(ring.size).to.equal(wanted.length)
      expect(owners(ring)).to.deep.equal(expected)
      expect(owners(ringOf([...wanted].reverse()))).to.deep.equal(expected)
    }), { numRuns: 60 })
  })

  for (const seed of SEEDS) {
    it(`is what the rule says after any changes and look-ups, for few peers and many (seed ${seed})`, () => {
      const random = seeded(seed)
      const below = (count: number): number => Math.floor(random() * count)
      const ring = new HashRing()
      let there: RingPeer[] = []
      for (let step = 0; step < 600; step++) {
        // from nobody to some forty and back, again and again
        const isGrowing = Math.floor(step / 100) % 2 === 0
        if (random() < (isGrowing ? 0.75 : 0.25)) {
          const id = `id-${below(60)}`
          const next = { id, name: `name ${below(50)}`, weight: [0.1, 0.5, 1, 1, 1, 10][below(6)] as number }
          there = [...there.filter(known => known.id !== id), next]
          ring.addPeer(next)
        } else if (there.length > 0) {
          const [gone] = there.splice(below(there.length), 1) as [RingPeer]
          ring.removePeer(gone.id)
        }
        for (let look = 0; look < 20; look++) {
          const hash = hash32(KEYS[below(KEYS.length)] as string)
          const expected = ranked(there, hash)
          expect(ring.owner(hash)).to.equal(expected[0])
          if (look === 0) expect(ring.owners(hash, 3)).to.deep.equal(expected.slice(0, 3))
        }
      }
    })

    it(`has as successor who owns the key when its owner has gone, and so on (seed ${seed})`, () => {
      const random = seeded(seed)
      const weights = [0.1, 0.7, 1, 1, 1, 2, 10]
      for (const size of [2, 3, 8, 9, 30]) {
        const there = Array.from({ length: size }, (_, i) => ({ id: `id-${i}`, name: `n${random()}`, weight: weights[Math.floor(random() * 7)] as number }))
        const ring = ringOf(there)
        for (const key of KEYS) {
          const left = ringOf(there)
          for (const id of ring.owners(hash32(key), Math.min(4, size))) {
            expect(left.owner(hash32(key)), key).to.equal(id)
            left.removePeer(id)
          }
        }
      }
    })
  }

  it('is right with more peers than a cell of its table has numbers for', () => {
    const count = 66_000
    // those at both ends own most: what a cell forgets of a number tells them apart
    const weightOf = (i: number): number => i < 460 || i >= count - 460 ? 10 : 0.1
    const ring = ringOf(Array.from({ length: count }, (_, i) => ({ id: `${i}`, name: `n${i}`, weight: weightOf(i) })))
    for (const key of KEYS.slice(0, 100)) {
      const hash = hash32(key)
      const [owner, successor] = ring.owners(hash, 2) as [string, string]
      expect([ring.owner(hash), ring.owner(hash)]).to.deep.equal([owner, owner])
      ring.removePeer(owner)
      expect(ring.owner(hash)).to.equal(successor)
    }
  })

  it('moves no key between two members that were both there when one joins or leaves', () => {
    fc.assert(fc.property(peers, peer, (there, joining) => {
      fc.pre(there.every(({ id }) => id !== joining.id))
      const ring = ringOf(there)
      const before = owners(ring)
      ring.addPeer(joining)
      const after = owners(ring)
      for (const [i, owner] of after.entries()) if (owner !== joining.id) expect(owner, KEYS[i]).to.equal(before[i])
      ring.removePeer(joining.id)
      expect(owners(ring)).to.deep.equal(before)
    }), { numRuns: 60 })
  })

  it('moves keys only to, or only from, a member whose weight changes', () => {
    fc.assert(fc.property(peers, fc.boolean(), (there, isHeavier) => {
      const [changed] = there as [RingPeer]
      const ring = ringOf(there)
      const before = owners(ring)
      ring.addPeer({ ...changed, weight: isHeavier ? changed.weight * 2 : changed.weight / 2 })
      for (const [i, owner] of owners(ring).entries()) {
        if (owner !== before[i]) expect(isHeavier ? owner : before[i]).to.equal(changed.id)
      }
    }), { numRuns: 60 })
  })

  it('names different members in succession, and the successor owns what its owner leaves', () => {
    fc.assert(fc.property(peers, there => {
      const ring = ringOf(there)
      for (const key of KEYS.slice(0, 40)) {
        const all = ring.owners(hash32(key), there.length + 3)
        expect(new Set(all).size).to.equal(there.length)
        expect(all).to.have.length(there.length)
        expect(ring.owners(hash32(key), 2)).to.deep.equal(all.slice(0, 2))
        expect(ring.owner(hash32(key))).to.equal(all[0])
        const without = ringOf(there.filter(({ id }) => id !== all[0]))
        expect(without.owners(hash32(key), there.length)).to.deep.equal(all.slice(1))
      }
    }), { numRuns: 30 })
  })

  it('settles a tie between two peers of one name by their ids', () => {
    const [low, high] = [{ id: 'a', name: 'same', weight: 1 }, { id: 'b', name: 'same', weight: 1 }]
    for (const ring of [ringOf([low, high]), ringOf([high, low])]) {
      expect(new Set(owners(ring))).to.deep.equal(new Set(['a']))
      expect(ring.owners(123, 2)).to.deep.equal(['a', 'b'])
    }
  })

  it('gives a peer the same keys back after a restart under its name with another id', () => {
    const before = owners(ringOf(named('a', 'b', 'c'))).map(id => id === 'id-b')
    const after = owners(ringOf([...named('a', 'c'), { id: 'new', name: 'b', weight: 1 }])).map(id => id === 'new')
    expect(after).to.deep.equal(before)
  })

  for (const pattern of ['key-#', 'user:#', '#', '/users/#/profile', 'a#b', '#000']) {
    it(`spreads 1,000 sequential keys like ${pattern} evenly over 3 members`, () => {
      const keys = Array.from({ length: 1_000 }, (_, i) => pattern.replace('#', String(i)))
      for (const names of [['n0', 'n1', 'n2'], ['cache-0', 'cache-1', 'cache-2'], ['10.0.0.1', '10.0.0.2', '10.0.0.3']]) {
        const counts = spread(ringOf(named(...names)), keys)
        for (const name of names) expect(counts.get(`id-${name}`), `${name} of ${names.join()}`).to.be.within(270, 400)
      }
    })
  }

  it('says whether a call changed it', () => {
    const ring = new HashRing()
    const [a] = named('a') as [RingPeer]
    expect([ring.addPeer(a), ring.addPeer({ ...a }), ring.addPeer({ ...a, weight: 2 }), ring.addPeer({ ...a, weight: 2, name: 'z' })]).to.deep.equal([true, false, true, true])
    expect([ring.size, ring.has('id-a'), ring.has('a')]).to.deep.equal([1, true, false])
    expect([ring.removePeer('id-a'), ring.removePeer('id-a')]).to.deep.equal([true, false])
  })

  it('does not follow a peer object that is changed later', () => {
    const mutable = { id: 'a', name: 'a', weight: 1 }
    const ring = ringOf([mutable, ...named('b')])
    const before = owners(ring)
    mutable.name = 'changed'
    ring.addPeer({ id: 'c', name: 'c', weight: 1 })
    ring.removePeer('c')
    expect(owners(ring)).to.deep.equal(before)
  })

  it('says which part of the keys each of its peers owns, near enough', () => {
    const ring = new HashRing()
    expect([...ring.shares()]).to.deep.equal([])
    for (const [name, weight] of [['a', 1], ['b', 2], ['c', 1]] as const) ring.addPeer({ id: name, name, weight })
    const shares = ring.shares()
    expect([...shares.values()].reduce((sum, share) => sum + share)).to.be.closeTo(1, 1e-9)
    const counted: Record<string, number> = { a: 0, b: 0, c: 0 }
    for (let i = 0; i < 100_000; i++) counted[ring.owner(hash32(`key ${i}`)) as string]! += 1 / 100_000
    for (const [id, share] of shares) {
      expect(share, id).to.be.closeTo(id === 'b' ? 0.5 : 0.25, 0.02)
      expect(share, id).to.be.closeTo(counted[id] as number, 0.02)
    }
  })

  it('is empty at first, and again when the last peer has left; one peer owns everything', () => {
    const ring = new HashRing()
    const isEmpty = (): void => { expect([ring.size, ring.owner(5), ring.owners(5, 2)]).to.deep.equal([0, undefined, []]) }
    isEmpty()
    ring.addPeer({ id: 'a', name: 'n', weight: 1 })
    for (const hash of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff]) expect([ring.owner(hash), ring.owners(hash, 5)]).to.deep.equal(['a', ['a']])
    ring.removePeer('a')
    isEmpty()
  })
})
