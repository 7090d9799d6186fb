// A ring with virtual nodes: each member has points, a key belongs to the first one after it. With several
// probes the key is looked for at several places, and belongs to the point that is nearest to one of them.

import { hash32 } from '../../src/ring/hash.js'
import { mix } from './candidate.js'
import type { Node, Placement } from './candidate.js'

export class PointsRing implements Placement {
  readonly #points: number
  readonly #probes: number
  #names: string[] = []
  #hashes = new Uint32Array(0)
  #owners = new Uint16Array(0)
  /** Where the points begin whose first bits are these: look-ups find their point within a step or two. */
  #buckets = new Uint32Array(2)
  #shift = 31

  constructor (points: number, probes: number) {
    this.#points = points
    this.#probes = probes
  }

  get bytes (): number {
    return this.#hashes.byteLength + this.#owners.byteLength + this.#buckets.byteLength
  }

  add ({ name, weight }: Node): void {
    const index = this.#names.push(name) - 1
    const seed = hash32(name)
    const count = Math.max(1, Math.round(this.#points * weight))
    const points = Uint32Array.from({ length: count }, (_, i) => mix(seed + Math.imul(i, 0x9e3779b1))).sort()
    const hashes = new Uint32Array(this.#hashes.length + count)
    const owners = new Uint16Array(hashes.length)
    for (let to = 0, old = 0, own = 0; to < hashes.length; to++) {
      const isOwn = own < count && (old === this.#hashes.length || (points[own] as number) < (this.#hashes[old] as number))
      hashes[to] = (isOwn ? points[own] : this.#hashes[old]) as number
      owners[to] = isOwn ? index : this.#owners[old] as number
      if (isOwn) own++
      else old++
    }
    this.#lay(hashes, owners)
  }

  remove (name: string): void {
    const index = this.#names.indexOf(name)
    let kept = 0
    const hashes = new Uint32Array(this.#hashes.length)
    const owners = new Uint16Array(this.#hashes.length)
    for (let i = 0; i < hashes.length; i++) {
      if (this.#owners[i] === index) continue
      hashes[kept] = this.#hashes[i] as number
      owners[kept++] = this.#owners[i] as number
    }
    this.#lay(hashes.slice(0, kept), owners.slice(0, kept))
  }

  owner (hash: number): string {
    let best = this.#after(hash)
    let least = ((this.#hashes[best] as number) - hash) >>> 0
    for (let probe = 1; probe < this.#probes; probe++) {
      const place = mix(hash + Math.imul(probe, 0x9e3779b1))
      const found = this.#after(place)
      const distance = ((this.#hashes[found] as number) - place) >>> 0
      if (distance >= least) continue
      least = distance
      best = found
    }
    return this.#names[this.#owners[best] as number] as string
  }

  #after (hash: number): number {
    let i = this.#buckets[hash >>> this.#shift] as number
    while (i < this.#hashes.length && (this.#hashes[i] as number) < hash) i++
    return i === this.#hashes.length ? 0 : i
  }

  #lay (hashes: Uint32Array<ArrayBuffer>, owners: Uint16Array<ArrayBuffer>): void {
    this.#hashes = hashes
    this.#owners = owners
    this.#shift = Math.min(31, Math.clz32(hashes.length))
    this.#buckets = new Uint32Array(2 ** (32 - this.#shift))
    for (let bucket = 0, i = 0; bucket < this.#buckets.length; bucket++) {
      while (i < hashes.length && (hashes[i] as number) >>> this.#shift < bucket) i++
      this.#buckets[bucket] = i
    }
  }
}
