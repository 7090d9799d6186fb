import { expect } from 'chai'
import * as fc from 'fast-check'
import { hash32 } from '../../../src/ring/hash.js'
import { HashRing } from '../../../src/ring/hash-ring.js'
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

const peer: fc.Arbitrary<RingPeer> = fc.record({
  id: fc.string({ minLength: 1, maxLength: 8 }),
  // few names, so that some peers share one
  name: fc.oneof(fc.constantFrom('', '#', 'a', 'a#1', 'a#10', '__proto__', 'é', '\ud800'), fc.string({ unit: 'binary', maxLength: 6 })),
  weight: fc.constantFrom(0.01, 0.5, 1, 1, 1, 3)
})
const peers = fc.uniqueArray(peer, { selector: ({ id }) => id, minLength: 1, maxLength: 6 })

describe('the ring', () => {
  it('hashes as it always has: test vectors', () => {
    const vectors: Array<[string, number]> = [['', 2872998923], ['a', 444641715], ['hello', 2290972270], ['key-0', 4105692849], ['日本語', 3456843481], ['😀', 1787143206]]
    for (const [text, hash] of vectors) expect(hash32(text), text).to.equal(hash)
  })

  it('places keys as it always has: test vectors', () => {
    const ring = ringOf(named('n0', 'n1', 'n2'))
    const placed = Object.fromEntries(['', 'a', 'user:1', 'user:2', '日本語', 'k/1'].map(key => [key, ring.owners(hash32(key), 3).map(id => id.slice(-1)).join('')]))
    expect(placed).to.deep.equal(PLACES)
  })

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
        for (const name of names) expect(counts.get(`id-${name}`), `${name} of ${names.join()}`).to.be.within(230, 450)
      }
    })
  }

  it('gives each of ten members a fair share', () => {
    const counts = spread(ringOf(named(...Array.from({ length: 10 }, (_, i) => `node-${i}`))), Array.from({ length: 20_000 }, (_, i) => `key-${i}`))
    for (const count of counts.values()) expect(count / 2_000).to.be.within(0.7, 1.35)
    expect(counts.size).to.equal(10)
  })

  it('gives twice the weight about twice the keys, and the least weight still a place', () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => `key-${i}`)
    const counts = spread(ringOf([{ id: 'heavy', name: 'h', weight: 2 }, ...named('b', 'c')]), keys)
    expect((counts.get('heavy') ?? 0) / 10_000).to.be.within(0.8, 1.2)
    expect(ringOf([{ id: 'light', name: 'l', weight: 0.001 }, ...named('b')]).owners(0, 2)).to.include('light')
  })

  it('gives what falls exactly on a point to that point, and what falls behind the last one to the first', () => {
    const ring = ringOf(named('a', 'b', 'c'))
    for (const name of ['a', 'b', 'c']) {
      for (let i = 0; i < 20; i++) expect(ring.owner(hash32(`${name}#${i}`))).to.equal(`id-${name}`)
    }
    expect(ring.owner(0xffffffff)).to.equal(ring.owner(0))
  })

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

/** Owner, successor and third of some keys on a ring of n0, n1 and n2. */
const PLACES = { '': '012', a: '120', 'user:1': '120', 'user:2': '210', 日本語: '210', 'k/1': '012' }
