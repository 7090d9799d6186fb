// Keys that this member owned until the ring changed: to whom each went, while its value is kept for that one.

import { LEASE } from '../constants.js'

/** Where keys went at one change of the ring. */
interface Destination { readonly owner: string | undefined, readonly since: number }

/** Who owns what, and with whom this member is in touch. */
export interface Ring {
  readonly self: string
  owner (key: string): string | undefined
  /** Whether contact with a member has lasted until now: it did not give up telling this one of removals. */
  isInTouch (id: string): boolean
}

/** An owner that cannot tell others of a removal waits for a lease from the last change of its ring on. Half of it is for the news to travel. */
const UNHEARD = LEASE / 2

export class MovedKeys {
  readonly #destinations = new Map<string, Destination>()
  /** Of the change of the ring that keys are gone through for now. */
  #current = new Map<string | undefined, Destination>()

  get size (): number {
    return this.#destinations.size
  }

  has (key: string): boolean {
    return this.#destinations.has(key)
  }

  keys (): Iterable<string> {
    return this.#destinations.keys()
  }

  /** @returns whether it was one */
  delete (key: string): boolean {
    return this.#destinations.delete(key)
  }

  clear (): void {
    this.#destinations.clear()
  }

  /** The ring changes: to be called before any {@link move}. */
  begin (): void {
    this.#current = new Map()
  }

  /**
   * Another member owns a key now, or nobody.
   *
   * @returns whether its value may be kept for that one. Not if it went to somebody else before with whom we are not in
   * touch: 1. B owns the key; 2. it is removed, and B cannot tell us; 3. C owns it, and would fetch the old value here.
   */
  move (key: string, owner: string | undefined, ring: Ring, now: number): boolean {
    const before = this.#destinations.get(key)
    if (before !== undefined && before.owner === owner) return true
    if (before?.owner !== undefined && now - before.since > UNHEARD && !ring.isInTouch(before.owner)) return false
    this.#destinations.set(key, this.#destination(owner, now))
    return true
  }

  /** One for all keys that go the same way. */
  #destination (owner: string | undefined, since: number): Destination {
    let destination = this.#current.get(owner)
    if (destination === undefined) this.#current.set(owner, destination = { owner, since })
    return destination
  }
}
