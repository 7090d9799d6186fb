// Numbers and when each was last put in, the one of the longest ago first. Not a Map, for the reason that is in key-index.ts: a
// hundred thousand a second, each gone a moment later, are 32 bytes each here.

import { wider } from './columns.js'
import { UseOrder } from './use-order.js'

const FIRST_SIZE = 64
const NONE = -1
/** Nobody outside knows it, so nobody can choose numbers that fall into one bucket. */
const SEED = Math.random() * 2 ** 32 | 0

export class RecentNumbers {
  readonly #limit: number
  readonly #onDrop: (slot: number) => void
  readonly #order = new UseOrder()
  /** By bucket, of which there is a power of two, at least one a slot: the slot its chain begins with. */
  #first = new Int32Array(FIRST_SIZE).fill(NONE)
  /** By slot: the next one in its chain. */
  #next = new Int32Array(FIRST_SIZE)
  #numbers = new Float64Array(FIRST_SIZE)
  #at = new Float64Array(FIRST_SIZE)

  /** @param limit - one more than so many, and the oldest is dropped @param onDrop - called before one is dropped for its age */
  constructor (limit: number, onDrop: (slot: number) => void) {
    this.#limit = limit
    this.#onDrop = onDrop
  }

  get size (): number {
    return this.#order.size
  }

  /** The slot that a number is in. */
  find (number: number): number | undefined {
    let slot = this.#first[this.#bucket(number)] as number
    while (slot !== NONE && this.#numbers[slot] !== number) slot = this.#next[slot] as number
    return slot === NONE ? undefined : slot
  }

  /** When the one in a slot was last put in. */
  at (slot: number): number {
    return this.#at[slot] as number
  }

  /** @param number - a whole one below 2⁵³ @returns its slot, which is the newest now */
  put (number: number, now: number): number {
    const slot = this.find(number) ?? this.#add(number)
    this.#order.use(slot)
    this.#at[slot] = now
    return slot
  }

  delete (slot: number): void {
    const bucket = this.#bucket(this.#numbers[slot] as number)
    const after = this.#next[slot] as number
    let before = this.#first[bucket] as number
    if (before === slot) this.#first[bucket] = after
    else {
      while (this.#next[before] !== slot) before = this.#next[before] as number
      this.#next[before] = after
    }
    this.#order.leave(slot)
  }

  /** Drops all that were last put in before a time. */
  dropBefore (time: number): void {
    for (let slot = this.#order.oldest; slot !== undefined && this.at(slot) < time; slot = this.#order.oldest) this.#drop(slot)
  }

  #drop (slot: number): void {
    this.#onDrop(slot)
    this.delete(slot)
  }

  #add (number: number): number {
    if (this.size === this.#limit) this.#drop(this.#order.oldest as number)
    const slot = this.#order.take()
    if (slot === this.#next.length) this.#grow()
    this.#numbers[slot] = number
    this.#link(slot)
    return slot
  }

  #link (slot: number): void {
    const bucket = this.#bucket(this.#numbers[slot] as number)
    this.#next[slot] = this.#first[bucket] as number
    this.#first[bucket] = slot
  }

  /** MurmurHash3's finaliser, of both halves. */
  #bucket (number: number): number {
    let hash = SEED ^ (number / 2 ** 32)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash ^= number
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return (hash ^ (hash >>> 16)) & (this.#first.length - 1)
  }

  #grow (): void {
    const before = this.#next.length
    const size = 2 * before
    this.#next = new Int32Array(size)
    this.#numbers = wider(this.#numbers, new Float64Array(size))
    this.#at = wider(this.#at, new Float64Array(size))
    this.#first = new Int32Array(size).fill(NONE)
    for (let slot = 0; slot < before; slot++) this.#link(slot)
  }
}
