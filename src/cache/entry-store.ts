// An LRU of entries that counts their real cost. The main cache and the hot cache are one each.

import { Demand } from './demand.js'
import { Entry } from './entry.js'
import { PackedKeys } from './packed-keys.js'
import { Readers } from './readers.js'
import { Slots } from './slots.js'
import { TagIndex } from './tag-index.js'
import { KeyIndex } from '../tables/key-index.js'
import type { Arena } from './arena.js'
import type { Home } from './entry.js'
import type { Lease } from './lease.js'

export interface EntryStoreInit {
  arena: Arena
  maxItems?: number
  /** Called for each entry that was dropped to make room. */
  onEvict: (key: string) => void
}

const NO_TAGS: readonly string[] = []
/** The read from which on the entry that is handed out is kept for the next ones. */
const KEPT_FROM_READ = 3
/** An entry counts as no more: the column has 32 bits. One that takes so much is evicted for it. */
const MAX_COST = 2 ** 31 - 1
/** An address that is none: the value has a buffer of its own. */
const NOWHERE = -1

export class EntryStore<V> implements Home {
  readonly #arena: Arena
  readonly #maxItems: number
  readonly #onEvict: (key: string) => void
  readonly #index: KeyIndex
  readonly #tags = new TagIndex()
  readonly #readers = new Readers<Entry<V>>()
  #slots = new Slots<Entry<V>>()
  #bytes = 0

  constructor ({ arena, maxItems = Infinity, onEvict }: EntryStoreInit) {
    this.#arena = arena
    this.#index = new KeyIndex(new PackedKeys(arena))
    this.#maxItems = maxItems
    this.#onEvict = onEvict
  }

  get items (): number {
    return this.#index.size
  }

  /** The sum of the costs of what is in it. */
  get bytes (): number {
    return this.#bytes
  }

  get (key: string): Entry<V> | undefined {
    const entry = this.#readers.get(key)
    if (entry !== undefined) {
      this.#slots.use(entry.slot)
      return entry
    }
    const slot = this.#index.find(key)
    if (slot === undefined) return undefined
    this.#slots.use(slot)
    return this.#read(key, slot)
  }

  has (key: string): boolean {
    return this.#index.find(key) !== undefined
  }

  /** The lease an entry is served under, without counting as a use. */
  leaseOf (key: string): Lease | undefined {
    const slot = this.#index.find(key)
    return slot === undefined ? undefined : this.#slots.lease[slot]
  }

  demandOf (key: string): Demand | undefined {
    const slot = this.#index.find(key)
    return slot === undefined ? undefined : this.demandAt(slot)
  }

  /** Takes an entry in. Its bytes are copied, or kept if they are the whole of their buffer and too long for the arena. */
  set (key: string, entry: Entry<V>): void {
    this.delete(key)
    const crowded = this.#index.crowded(key)
    if (crowded !== undefined) this.#evict(crowded)
    const slots = this.#slots
    const slot = slots.take()
    const { bytes, tags, demand } = entry
    const address = this.#arena.store(bytes)
    slots.tags[slot] = tags.length === 0 ? NO_TAGS : tags
    slots.lease[slot] = entry.lease
    slots.reader[slot] = undefined
    slots.buffer[slot] = address === undefined ? ownBytes(bytes) : undefined
    slots.address[slot] = address ?? NOWHERE
    slots.freshUntil[slot] = entry.freshUntil
    slots.demandCount[slot] = demand?.count ?? 0
    slots.demandWhen[slot] = demand?.when ?? 0
    slots.length[slot] = bytes.byteLength
    slots.reads[slot] = 0
    const cost = slots.cost[slot] = costOf(key, entry)
    this.#bytes += cost
    this.#index.add(key, slot)
    if (tags.length > 0) this.#tags.add(key, tags)
    entry.livesIn(this, slot, this.serialOf(slot))
    while (this.#index.size > this.#maxItems) this.evictOldest()
  }

  /** Counts an entry's cost anew. @returns whether it is here */
  recount (key: string, entry: Entry<V>): boolean {
    const slot = this.#index.find(key)
    if (slot === undefined || this.#slots.reader[slot] !== entry) return false
    const before = this.#slots.cost[slot] ?? 0
    const cost = this.#slots.cost[slot] = costOf(key, entry)
    this.#bytes += cost - before
    return true
  }

  delete (key: string): boolean {
    const slot = this.#index.find(key)
    if (slot === undefined) return false
    const { tags, cost, address, reader } = this.#slots
    if (reader[slot] !== undefined) {
      reader[slot].hold()
      this.#readers.delete(key)
    }
    if (address[slot] !== NOWHERE) this.#arena.free(address[slot] ?? NOWHERE)
    this.#bytes -= cost[slot] ?? 0
    this.#index.delete(slot)
    this.#tags.delete(key, tags[slot] ?? NO_TAGS)
    this.#slots.free(slot)
    return true
  }

  /** As {@link delete}; the entry stays with who asked for it. */
  take (key: string): Entry<V> | undefined {
    const slot = this.#index.find(key)
    const entry = slot === undefined ? undefined : this.#read(key, slot).hold()
    this.delete(key)
    return entry
  }

  /** Drops the entry that was not used for the longest time. */
  evictOldest (): void {
    const { oldest } = this.#slots
    if (oldest !== undefined) this.#evict(oldest)
  }

  #evict (slot: number): void {
    const key = this.#index.key(slot)
    this.delete(key)
    this.#onEvict(key)
  }

  /** The keys as they are now. */
  keys (): string[] {
    return this.#index.keys()
  }

  /** What is in it now, the entry used last first; what goes meanwhile is left out. */
  * byUse (): Generator<{ key: string, cost: number, freshUntil: number }> {
    const slots = this.#slots.byUse()
    const serials = Uint32Array.from(slots, slot => this.serialOf(slot))
    for (const [i, slot] of slots.entries()) {
      if (this.serialOf(slot) !== serials[i]) continue
      yield { key: this.#index.key(slot), cost: this.#slots.cost[slot] ?? 0, freshUntil: this.#slots.freshUntil[slot] ?? 0 }
    }
  }

  keysTagged (tag: string): string[] {
    return this.#tags.keysOf(tag)
  }

  clear (): void {
    for (const key of this.keys()) this.delete(key)
  }

  // ---- for the entries that live here ----

  serialOf (slot: number): number {
    return this.#slots.serial[slot] ?? 0
  }

  viewOf (slot: number): Uint8Array {
    return this.#slots.buffer[slot] ?? this.#arena.view(this.#slots.address[slot] ?? NOWHERE, this.#slots.length[slot] ?? 0)
  }

  demandAt (slot: number): Demand {
    return new Demand(this.#slots.demandCount[slot], this.#slots.demandWhen[slot])
  }

  asked (slot: number, now: number): boolean {
    const demand = this.demandAt(slot)
    const isPopular = demand.asked(now)
    this.#slots.demandCount[slot] = demand.count
    this.#slots.demandWhen[slot] = demand.when
    return isPopular
  }

  /**
   * The entry for one who reads. From the third time on it is kept, with the value that it decodes: of the
   * many values that are read once or twice, all that would be garbage of several times their size.
   */
  #read (key: string, slot: number): Entry<V> {
    const { reader, buffer, reads, tags, freshUntil, lease } = this.#slots
    const kept = reader[slot]
    if (kept !== undefined) {
      this.#readers.add(key, kept)
      return kept
    }
    const read = (reads[slot] ?? 0) + 1
    reads[slot] = read
    // one that is not kept is not told when its value goes: it is of use in this tick, unless it is held
    const entry = new Entry<V>(buffer[slot], tags[slot], freshUntil[slot], lease[slot])
    entry.livesIn(this, slot, this.serialOf(slot))
    if (read >= KEPT_FROM_READ) {
      reader[slot] = entry
      this.#readers.add(key, entry)
    }
    return entry
  }
}

function costOf<V> (key: string, entry: Entry<V>): number {
  return Math.min(MAX_COST, entry.cost(key))
}

/** Bytes that keep nothing alive but themselves: encoders and the network hand out views of larger buffers. */
function ownBytes (bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}
