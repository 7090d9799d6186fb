// Values of keys that this member owned until the ring changed. They stay where they were, in the main cache, for their new
// owners to fetch. Meanwhile they are as good as copies of the new owner's: they may be served under a lease of its.

import { LEASE } from '../constants.js'
import type { Entry } from './entry.js'
import type { EntryStore } from './entry-store.js'
import type { Lease } from './lease.js'

/** Who owns what, and the contact there is with them. */
export interface Ring {
  readonly self: string
  owner (key: string): string | undefined
  /** Contact of this member with another one, while it lasts. */
  lease (id: string): Lease | undefined
}

/**
 * An owner that cannot tell others of a removal waits for a lease from the last change of its ring on. Half of it is for the news to travel:
 * contact that has begun by then has begun before anything can have been removed without a word.
 */
const UNHEARD = LEASE / 2

/** Where keys went at one change of the ring. */
class Destination {
  readonly owner: string | undefined
  readonly #since: number
  readonly #ring: Ring
  #lease: Lease | undefined

  constructor (owner: string | undefined, since: number, ring: Ring) {
    this.owner = owner
    this.#since = since
    this.#ring = ring
  }

  /** Whether contact with the new owner has lasted from the beginning, so that no removal can have passed this member by. */
  isInTouch (now: number): boolean {
    if (this.owner === undefined) return false
    if (this.#lease === undefined && now - this.#since <= UNHEARD) this.#lease = this.#ring.lease(this.owner)
    return this.#lease?.isRunning(now) === true
  }

  /** Whether the new owner may not even have begun to remove anything by itself. */
  isNew (now: number): boolean {
    return now - this.#since <= UNHEARD
  }
}

export class MovedValues<V> {
  readonly #main: EntryStore<V>
  readonly #destinations = new Map<string, Destination>()
  /** Of the change of the ring that keys are gone through for now. */
  #current = new Map<string | undefined, Destination>()

  constructor (main: EntryStore<V>) {
    this.#main = main
  }

  get size (): number {
    return this.#destinations.size
  }

  has (key: string): boolean {
    return this.#destinations.size > 0 && this.#destinations.has(key)
  }

  /** A fresh value, for its new owner. */
  get (key: string, now: number): Entry<V> | undefined {
    if (!this.has(key)) return undefined
    const entry = this.#main.get(key)
    if (entry?.isFresh(now) === true) return entry
    this.drop(key)
    return undefined
  }

  /** A fresh value, for whoever asks here, if its new owner would have told this member of a removal. */
  copy (key: string, now: number): Entry<V> | undefined {
    if (this.#destinations.size === 0 || this.#destinations.get(key)?.isInTouch(now) !== true) return undefined
    return this.get(key, now)
  }

  /** What is fresh of it, the value used last first. `bytes` counts all that it takes. */
  * list (now: () => number): Generator<{ key: string, bytes: number }> {
    if (this.size === 0) return
    for (const { key, cost, freshUntil } of this.#main.byUse()) {
      if (freshUntil > now() && this.has(key)) yield { key, bytes: cost }
    }
  }

  /** The value is not here any more, or is this member's own again. @returns whether it was one */
  delete (key: string): boolean {
    return this.#destinations.delete(key)
  }

  clear (): void {
    this.#destinations.clear()
  }

  /** Drops a value that its new owner has. */
  drop (key: string): void {
    if (this.#destinations.delete(key)) this.#main.delete(key)
  }

  /** Ends the time in which new owners ask for what they took over. */
  dropAll (): void {
    for (const key of this.#destinations.keys()) this.#main.delete(key)
    this.#destinations.clear()
  }

  /**
   * To be called at every change of the ring. A key that comes back is dropped: while it was away somebody else may have
   * loaded and removed it, so this value may be old.
   */
  reassign (ring: Ring, now: number): void {
    this.#current = new Map()
    for (const key of this.#main.keys()) {
      const owner = ring.owner(key)
      const isKept = owner === ring.self ? !this.#destinations.has(key) : this.#move(key, owner, ring, now)
      if (isKept) continue
      this.#destinations.delete(key)
      this.#main.delete(key)
    }
  }

  /**
   * Another member owns a key now, or nobody.
   *
   * @returns whether its value may be kept for that one. Not if it went to somebody else before with whom we are not in
   * touch: 1. B owns the key; 2. it is removed, and B cannot tell us; 3. C owns it, and would fetch the old value here.
   */
  #move (key: string, owner: string | undefined, ring: Ring, now: number): boolean {
    const before = this.#destinations.get(key)
    if (before !== undefined && before.owner === owner) return true
    if (before?.owner !== undefined && !before.isNew(now) && !before.isInTouch(now)) return false
    this.#destinations.set(key, this.#destination(owner, now, ring))
    return true
  }

  /** One for all keys that go the same way. */
  #destination (owner: string | undefined, since: number, ring: Ring): Destination {
    let destination = this.#current.get(owner)
    if (destination === undefined) this.#current.set(owner, destination = new Destination(owner, since, ring))
    return destination
  }
}
