// One cached value as its readers see it: encoded for peers, decoded for callers of this process.

import { decodedCost, entryCost } from './cost.js'
import { Demand } from './demand.js'
import { freeze } from '../codec/freeze.js'
import type { Lease } from './lease.js'
import type { Codec } from '../interface/group.js'

/** The store that an entry lives in. */
export interface Home {
  /** Another number than before means that the entry has left the slot. */
  serialOf (slot: number): number
  /** The encoded value as it lies in memory: not to be kept. */
  viewOf (slot: number): Uint8Array
  demandAt (slot: number): Demand
  asked (slot: number, now: number): boolean
}

export class Entry<V> {
  readonly tags: readonly string[]
  /** {@link Clock.now} from which on it is old; Infinity = never. */
  readonly freshUntil: number
  /** Of another member's value: under which it may be served. */
  lease: Lease | undefined
  /** Undefined only while they lie in the store, which tells this entry before they go. */
  #bytes: Uint8Array | undefined
  #demand: Demand | undefined
  #home: Home | undefined
  #slot = 0
  #serial = 0
  #decoded: V | undefined
  /** What the decoded value adds to the cost; undefined when none is kept. */
  #decodedBytes: number | undefined

  /** @param freshUntil - {@link Clock.now} */
  constructor (bytes: Uint8Array | undefined, tags: readonly string[] = [], freshUntil = Infinity, lease?: Lease, demand?: Demand) {
    this.tags = tags
    this.freshUntil = freshUntil
    this.lease = lease
    // what came from another member is a Buffer, and a decoder would make Buffers of its parts: here, and not where the value was loaded
    this.#bytes = bytes instanceof Buffer ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes
    this.#demand = demand
  }

  /** The encoded value: a copy, where the store may write others over its own. */
  get bytes (): Uint8Array {
    return this.#bytes ?? new Uint8Array(this.#view())
  }

  /** The encoded value as it lies in memory: to be used up in this tick. */
  get view (): Uint8Array {
    return this.#bytes ?? this.#view()
  }

  /** How often other members ask for it: the store's count as long as it is there. */
  get demand (): Demand | undefined {
    return this.#isStored ? this.#home?.demandAt(this.#slot) : this.#demand
  }

  /** It is not old, and the lease it is served under, if it needs one, is running. */
  isFresh (now: number): boolean {
    return now < this.freshUntil && (this.lease === undefined || now < this.lease.until)
  }

  /** Milliseconds for which it is still fresh; 0 = it is old. */
  ttl (now: number): number {
    return Math.max(0, this.freshUntil - now)
  }

  /** Counts a request of another member for it. @returns whether it is popular: worth a copy there */
  asked (now: number): boolean {
    if (this.#home !== undefined && this.#isStored) return this.#home.asked(this.#slot, now)
    this.#demand ??= new Demand()
    return this.#demand.asked(now)
  }

  /** The decoded value is kept, and counted in the cost. */
  get isDecoded (): boolean {
    return this.#decodedBytes !== undefined
  }

  /**
   * The decoded value: frozen and shared by its readers, or, where it holds what cannot be frozen, a
   * new one for each. Throws what the codec throws.
   */
  value (codec: Codec<V>): V {
    if (this.#decodedBytes !== undefined) return this.#decoded as V
    const value = codec.decode(this.bytes)
    const size = freeze(value)
    if (size !== undefined) {
      this.#decoded = value
      this.#decodedBytes = decodedCost(size)
    }
    return value
  }

  /** Bytes of memory that this entry takes under `key`. */
  cost (key: string): number {
    const { byteLength } = this.#bytes ?? this.#view()
    return entryCost(key, byteLength, this.tags) + (this.#decodedBytes ?? 0)
  }

  /** Told by its store: requests for it are counted there from now on. */
  livesIn (home: Home, slot: number, serial: number): void {
    this.#home = home
    this.#slot = slot
    this.#serial = serial
  }

  /**
   * Makes it independent of its store. Done by the store when it lets go of an entry that it shares out; to be done by
   * who reads one and uses it in a later tick.
   */
  hold (): this {
    this.#bytes = this.bytes
    this.#demand = this.demand
    return this
  }

  /** Where it is in its store, or was. */
  get slot (): number {
    return this.#slot
  }

  get #isStored (): boolean {
    return this.#home?.serialOf(this.#slot) === this.#serial
  }

  #view (): Uint8Array {
    if (this.#home === undefined || !this.#isStored) throw new Error('an entry that was not held was used after it had gone')
    return this.#home.viewOf(this.#slot)
  }
}
