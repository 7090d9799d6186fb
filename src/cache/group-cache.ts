// What one member holds of one group: the main cache for the keys it owns; the hot cache for copies
// of keys that others own; for a few seconds, values it loaded because their owner could not; and
// what it owned until a moment ago, for the new owner to fetch.

import { Entry } from './entry.js'
import { EntryStore } from './entry-store.js'
import { DEFAULT_HOT_MAX_ITEMS, STAND_IN_TTL } from '../constants.js'
import type { Clock } from '../clock.js'

export interface GroupCacheInit {
  clock: Clock
  /** Main + hot. */
  maxBytes: number
  /** false = no hot cache. */
  hot: false | { maxItems: number, ttl: number }
}

/** As in groupcache: above the limit the hot cache gives way once it is larger than this part of the main cache. */
const HOT_SHARE = 1 / 8

export class GroupCache<V> {
  evictions = 0
  readonly #clock: Clock
  readonly #maxBytes: number
  readonly #hotTtl: number
  readonly #main: EntryStore<V>
  readonly #hot: EntryStore<V> | undefined
  /** Kept even without a hot cache: if each get of a dead owner's key loaded, its successor would be overrun. */
  readonly #standIns: EntryStore<V>
  /** Keys in main that have another owner now. They are no hits here; see {@link reassign}. */
  readonly #moved = new Set<string>()

  constructor ({ clock, maxBytes, hot }: GroupCacheInit) {
    const onEvict = (): void => { this.evictions++ }
    this.#clock = clock
    this.#maxBytes = maxBytes
    this.#main = new EntryStore({ maxBytes, onEvict })
    this.#hotTtl = hot === false ? 0 : hot.ttl
    this.#standIns = new EntryStore({ maxBytes, maxItems: DEFAULT_HOT_MAX_ITEMS, onEvict })
    this.#hot = hot === false ? undefined : new EntryStore({ maxBytes, maxItems: hot.maxItems, onEvict })
  }

  get items (): number { return this.#main.items }
  get bytes (): number { return this.#main.bytes }
  /** Copies and stand-ins. */
  get hotItems (): number { return (this.#hot?.items ?? 0) + this.#standIns.items }
  get hotBytes (): number { return (this.#hot?.bytes ?? 0) + this.#standIns.bytes }

  /** A value this member owns and may answer with. */
  owned (key: string): Entry<V> | undefined {
    const entry = this.#main.get(key)
    return entry === undefined || (this.#moved.size > 0 && this.#moved.has(key)) ? undefined : entry
  }

  /** A fresh copy of a value that another member owns. */
  copy (key: string): Entry<V> | undefined {
    return this.#fresh(this.#hot, key) ?? (this.#standIns.items === 0 ? undefined : this.#fresh(this.#standIns, key))
  }

  /** A value this member owned before the ring changed, for its new owner; given away once. */
  takeMoved (key: string): Entry<V> | undefined {
    if (!this.#moved.delete(key)) return undefined
    const entry = this.#main.get(key)
    this.#main.delete(key)
    return entry
  }

  /** @param keep - false when the key was removed meanwhile: the entry is for those who wait, not for the cache */
  storeOwned (key: string, bytes: Uint8Array, { keep }: { keep: boolean }): Entry<V> {
    const entry = new Entry<V>(bytes)
    if (!keep) return entry
    this.#moved.delete(key)
    this.#hot?.delete(key)
    this.#main.set(key, entry)
    this.#makeRoom()
    return entry
  }

  /** A copy lives as long as the hot cache keeps one, and no longer than `ttl`. See {@link storeOwned}. */
  storeCopy (key: string, bytes: Uint8Array, { keep, ttl = Infinity }: { keep: boolean, ttl?: number }): Entry<V> {
    if (!keep || this.#hot === undefined) return new Entry<V>(bytes)
    // a view would keep the network buffer that it is of alive for as long as it is cached
    const entry = new Entry<V>(new Uint8Array(bytes), this.#clock.now() + Math.min(this.#hotTtl, ttl))
    this.#hot.set(key, entry)
    this.#makeRoom()
    return entry
  }

  /** Stores what this member loaded in place of the owner. See {@link storeOwned}. */
  storeStandIn (key: string, bytes: Uint8Array, { keep }: { keep: boolean }): Entry<V> {
    const entry = new Entry<V>(bytes, this.#clock.now() + STAND_IN_TTL)
    if (!keep) return entry
    this.#standIns.set(key, entry)
    this.#makeRoom()
    return entry
  }

  /** Forgets a key everywhere. */
  remove (key: string): void {
    this.#moved.delete(key)
    this.#main.delete(key)
    this.#hot?.delete(key)
    this.#standIns.delete(key)
  }

  /**
   * To be called at every change of the ring, with it. A key that this member does not own any more
   * is kept for its new owner but not served. One that comes back is dropped: while it was away
   * somebody else may have loaded and removed it, so this copy may be old. A stand-in does
   * not become a value of its own either: its owner may have removed the key meanwhile.
   */
  reassign (owns: (key: string) => boolean): void {
    for (const key of [...this.#main.keys()]) {
      const isOwned = owns(key)
      if (isOwned && this.#moved.delete(key)) this.#main.delete(key)
      else if (!isOwned) this.#moved.add(key)
    }
  }

  /** Ends the time in which new owners ask for what they took over. */
  forgetMoved (): void {
    for (const key of this.#moved) this.#main.delete(key)
    this.#moved.clear()
  }

  clear (): void {
    this.#moved.clear()
    this.#main.clear()
    this.#hot?.clear()
    this.#standIns.clear()
  }

  #fresh (store: EntryStore<V> | undefined, key: string): Entry<V> | undefined {
    const entry = store?.get(key)
    if (entry === undefined || this.#clock.now() < entry.expiresAt) return entry
    store?.delete(key)
    return undefined
  }

  #makeRoom (): void {
    while (this.bytes + this.hotBytes > this.#maxBytes) {
      const hot = this.#hot !== undefined && this.#hot.items > 0 ? this.#hot : this.#standIns
      if (hot.items > 0 && this.hotBytes > this.bytes * HOT_SHARE) hot.evictOldest()
      else this.#main.evictOldest()
    }
  }
}
