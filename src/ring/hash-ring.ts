// Consistent hashing with virtual nodes: which member owns a key, and who comes after it.

import { POINTS_PER_MEMBER } from '../constants.js'
import { hash32 } from './hash.js'

export interface RingPeer {
  /** Tells members apart; breaks ties. */
  readonly id: string
  /** Decides the places on the ring, so a restart under the same name gets the same keys. */
  readonly name: string
  readonly weight: number
}

/**
 * The ring is a function of the set of its peers: the order of `addPeer` calls does not matter.
 * Changes are cheap; the points are laid out anew at the first look-up after them.
 */
export class HashRing {
  readonly #peers = new Map<string, RingPeer>()
  /** Sorted; `#owners[i]` is the index in `#order` of the peer whose point `#hashes[i]` is. */
  #hashes = new Uint32Array(0)
  #owners = new Uint16Array(0)
  #order: RingPeer[] = []
  #stale = false

  get size (): number {
    return this.#peers.size
  }

  has (id: string): boolean {
    return this.#peers.has(id)
  }

  /** @returns whether the ring is another one now */
  addPeer (peer: RingPeer): boolean {
    const known = this.#peers.get(peer.id)
    if (known !== undefined && known.name === peer.name && known.weight === peer.weight) return false
    this.#peers.set(peer.id, { id: peer.id, name: peer.name, weight: peer.weight })
    this.#stale = true
    return true
  }

  /** @returns whether the ring is another one now */
  removePeer (id: string): boolean {
    const removed = this.#peers.delete(id)
    this.#stale ||= removed
    return removed
  }

  /** The peer that owns what hashes to `hash`; undefined on an empty ring. */
  owner (hash: number): string | undefined {
    if (this.#stale) this.#layOut()
    const index = this.#owners[this.#find(hash)]
    return index === undefined ? undefined : this.#order[index]?.id
  }

  /** The first `count` different peers clockwise from `hash`: the owner, its successor, and so on. */
  owners (hash: number, count: number): string[] {
    if (this.#stale) this.#layOut()
    const found: string[] = []
    const seen = new Set<number>()
    const wanted = Math.min(count, this.#order.length)
    for (let i = this.#find(hash); seen.size < wanted; i = (i + 1) % this.#hashes.length) {
      const index = this.#owners[i] as number
      if (seen.has(index)) continue
      seen.add(index)
      found.push((this.#order[index] as RingPeer).id)
    }
    return found
  }

  /** Index of the first point at or after `hash`, wrapping round. */
  #find (hash: number): number {
    const hashes = this.#hashes
    let low = 0
    let high = hashes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((hashes[middle] as number) < hash) low = middle + 1
      else high = middle
    }
    return low === hashes.length ? 0 : low
  }

  #layOut (): void {
    // sorted first, so that neither insertion order nor a tie between points decides anything
    this.#order = [...this.#peers.values()].sort((a, b) => compare(a.name, b.name) || compare(a.id, b.id))
    const counts = this.#order.map(({ weight }) => Math.max(1, Math.round(POINTS_PER_MEMBER * weight)))
    // a point as one number, hash × 2¹⁶ + index, so that the engine sorts them without a comparator
    const points = new Float64Array(counts.reduce((sum, count) => sum + count, 0))
    let at = 0
    for (const [index, { name }] of this.#order.entries()) {
      for (let i = 0; i < (counts[index] as number); i++) points[at++] = hash32(`${name}#${i}`) * 2 ** 16 + index
    }
    points.sort()
    this.#hashes = Uint32Array.from(points, point => Math.floor(point / 2 ** 16))
    this.#owners = Uint16Array.from(points, point => point % 2 ** 16)
    this.#stale = false
  }
}

function compare (a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
