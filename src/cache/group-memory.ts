// What one member holds of one group: the main cache for the keys it owns; the hot cache for copies
// of keys that others own; for a few seconds, values it loaded because their owner could not; and
// what it owned until a moment ago, for the new owner to fetch.

import { Arena } from './arena.js'
import { Entry } from './entry.js'
import { EntryStore } from './entry-store.js'
import { DEFAULT_HOT_MAX_ITEMS, STAND_IN_TTL } from '../constants.js'
import { Lease } from './lease.js'
import { MovedValues } from './moved-values.js'
import { StaleTimes } from './stale-times.js'
import type { Content } from './content.js'
import type { Ring } from './moved-values.js'
import type { Clock } from '../clock.js'
import type { Codec } from '../interface/group.js'
import type { StaleTimesInit } from './stale-times.js'

export interface GroupMemoryInit<V> extends StaleTimesInit<V> {
  clock: Clock
  /** Main + hot. */
  maxBytes: number
  /** false = no hot cache. */
  hot: false | { maxItems: number, ttl: number }
}

export interface Keep {
  /** false when the key was removed meanwhile: the entry is for those who wait, not for the cache. */
  keep: boolean
}

export interface KeepUnder extends Keep {
  /** Under which the entry may be served. */
  lease: Lease | undefined
}

/** In place of a member's id, in the lease of what was loaded because its owner is dead. It ends by itself. */
const THE_DEAD = ''
/** As in groupcache: above the limit the hot cache gives way once it is larger than this part of the main cache. */
const HOT_SHARE = 1 / 8

export class GroupMemory<V> {
  /** What is in main for other owners. */
  readonly moved: MovedValues<V>
  evictions = 0
  readonly #clock: Clock
  readonly #maxBytes: number
  readonly #hotTtl: number
  readonly #codec: Codec<V>
  readonly #staleTimes: StaleTimes<V>
  readonly #main: EntryStore<V>
  readonly #hot: EntryStore<V> | undefined
  /** Kept even without a hot cache: if each get of a dead owner's key loaded, its successor would be overrun. */
  readonly #standIns: EntryStore<V>

  constructor (init: GroupMemoryInit<V>) {
    const { clock, maxBytes, hot, codec } = init
    const onEvict = (): void => { this.evictions++ }
    this.#clock = clock
    this.#maxBytes = maxBytes
    this.#codec = codec
    this.#staleTimes = new StaleTimes(init)
    const arena = new Arena(maxBytes)
    this.#main = new EntryStore({ arena, onEvict: key => { onEvict(); this.moved.delete(key) } })
    this.moved = new MovedValues(this.#main)
    this.#hotTtl = hot === false ? 0 : hot.ttl
    this.#standIns = new EntryStore({ arena, maxItems: DEFAULT_HOT_MAX_ITEMS, onEvict })
    this.#hot = hot === false ? undefined : new EntryStore({ arena, maxItems: hot.maxItems, onEvict })
  }

  get items (): number { return this.#main.items }
  get bytes (): number { return this.#main.bytes }
  /** Copies and stand-ins. */
  get hotItems (): number { return (this.#hot?.items ?? 0) + this.#standIns.items }
  get hotBytes (): number { return (this.#hot?.bytes ?? 0) + this.#standIns.bytes }

  // ---- reading; `now` comes from the caller, so that a get reads the clock once ----

  /** A fresh value that this member owns and may answer with. */
  owned (key: string, now: number): Entry<V> | undefined {
    const entry = this.#ownedOfAnyAge(key, now)
    return entry?.isFresh(now) === true ? entry : undefined
  }

  /** An old value of this member's own that may be served while it is loaded anew. */
  stale (key: string, now: number): Entry<V> | undefined {
    return this.#ownedOld(key, now, entry => this.#staleTimes.whileRevalidate(entry))
  }

  /** An old value of this member's own that may be served because it could not be loaded anew. */
  fallback (key: string, now: number): Entry<V> | undefined {
    return this.#ownedOld(key, now, entry => this.#staleTimes.ifError(entry))
  }

  /** A fresh copy of a value that another member owns, what was loaded here in its place, or was this member's own until a moment ago. */
  copy (key: string, now: number): Entry<V> | undefined {
    return freshIn(this.#hot, key, now) ?? freshIn(this.#standIns, key, now) ?? this.moved.copy(key, now)
  }

  /** The decoded value of an entry. What it takes is counted from then on. Throws what the codec throws. */
  decode (key: string, entry: Entry<V>): V {
    if (entry.isDecoded) return entry.value(this.#codec)
    const value = entry.value(this.#codec)
    if (!entry.isDecoded) return value
    if (this.#main.recount(key, entry) || this.#hot?.recount(key, entry) === true || this.#standIns.recount(key, entry)) this.#makeRoom(0)
    return value
  }

  // ---- storing ----

  storeOwned (key: string, content: Content, { keep }: Keep): Entry<V> {
    const freshUntil = this.#clock.now() + content.ttl
    // how much it is asked for belongs to the key, not to one of its values
    const entry = new Entry<V>(content.bytes, content.tags, freshUntil, undefined, this.#main.demandOf(key))
    if (!keep) return entry
    this.remove(key)
    if (content.ttl > 0 || this.#staleTimes.longest(entry) > 0) this.#store(this.#main, key, entry)
    return entry
  }

  /** A copy lives as long as the hot cache keeps one, no longer than its ttl, and while its lease runs. */
  storeCopy (key: string, content: Content, { keep, lease }: KeepUnder): Entry<V> {
    return this.#storeUnder(lease, keep && lease !== undefined ? this.#hot : undefined, key, content, this.#hotTtl)
  }

  /** Stores what was loaded in place of the owner. @param lease - none when the owner is known to be dead */
  storeStandIn (key: string, content: Content, { keep, lease }: KeepUnder): Entry<V> {
    const store = keep ? this.#standIns : undefined
    if (lease !== undefined || store === undefined) return this.#storeUnder(lease, store, key, content, STAND_IN_TTL)
    return this.#storeUnder(new Lease(THE_DEAD, this.#clock.now() + STAND_IN_TTL), store, key, content, Infinity)
  }

  #storeUnder (lease: Lease | undefined, store: EntryStore<V> | undefined, key: string, content: Content, maxTtl: number): Entry<V> {
    // what is not kept and has no end needs no look at the clock
    if (store === undefined && content.ttl === Infinity) return new Entry<V>(content.bytes, content.tags, Infinity, lease)
    const now = this.#clock.now()
    if (store === undefined || content.ttl <= 0 || lease?.isRunning(now) === false) return new Entry<V>(content.bytes, content.tags, now + content.ttl, lease)
    const freshUntil = now + Math.min(maxTtl, content.ttl)
    const entry = new Entry<V>(content.bytes, content.tags, freshUntil, lease)
    lease?.need(freshUntil)
    this.#store(store, key, entry)
    return entry
  }

  // ---- forgetting ----

  /** Forgets a key everywhere. */
  remove (key: string): void {
    this.moved.delete(key)
    this.#main.delete(key)
    this.#hot?.delete(key)
    this.#standIns.delete(key)
  }

  /** Forgets every entry that has a tag. */
  removeTagged (tag: string): void {
    for (const store of [this.#main, this.#hot, this.#standIns]) {
      for (const key of store?.keysTagged(tag) ?? []) {
        if (store === this.#main) this.moved.delete(key)
        store?.delete(key)
      }
    }
  }

  clear (): void {
    this.moved.clear()
    this.#main.clear()
    this.#hot?.clear()
    this.#standIns.clear()
  }

  // ---- changes of the ring ----

  /**
   * To be called at every change of the ring, with it. What this member does not own any more is kept for its new owner; see
   * {@link MovedValues}. A stand-in does not become a value of its own, for its owner may have removed the key meanwhile, but
   * where that one was dead. And a copy under the lease of a member that is not the owner any more is told of no removal.
   */
  reassign (ring: Ring): void {
    const now = this.#clock.now()
    this.moved.reassign(ring, now)
    for (const key of this.#standIns.keys()) {
      const lease = this.#standIns.leaseOf(key)
      const isHeir = lease?.peer === THE_DEAD && ring.owner(key) === ring.self
      const entry = isHeir ? this.#standIns.take(key) : undefined
      if (entry?.isFresh(now) !== true) continue
      entry.lease = undefined
      this.#store(this.#main, key, entry)
    }
    for (const store of [this.#hot, this.#standIns]) {
      for (const key of store?.keys() ?? []) {
        const itsOwner = ring.owner(key)
        if (itsOwner === ring.self || itsOwner !== store?.leaseOf(key)?.peer) store?.delete(key)
      }
    }
  }

  #ownedOfAnyAge (key: string, now: number): Entry<V> | undefined {
    const entry = this.#main.get(key)
    if (entry === undefined || this.moved.has(key)) return undefined
    if (now < entry.freshUntil || now < entry.freshUntil + this.#staleTimes.longest(entry)) return entry
    this.#main.delete(key)
    return undefined
  }

  #ownedOld (key: string, now: number, within: (entry: Entry<V>) => number): Entry<V> | undefined {
    if (this.#staleTimes.isNone) return undefined
    const entry = this.#ownedOfAnyAge(key, now)
    return entry !== undefined && now >= entry.freshUntil && now < entry.freshUntil + within(entry) ? entry : undefined
  }

  /** Stores an entry, unless it alone is larger than the cache. The one that was there is gone in any case. */
  #store (store: EntryStore<V>, key: string, entry: Entry<V>): void {
    store.delete(key)
    const cost = entry.cost(key)
    if (cost > this.#maxBytes) return
    this.#makeRoom(cost)
    store.set(key, entry)
  }

  #makeRoom (bytes: number): void {
    while (this.bytes + this.hotBytes + bytes > this.#maxBytes) {
      const hot = this.#hot !== undefined && this.#hot.items > 0 ? this.#hot : this.#standIns
      if (hot.items > 0 && this.hotBytes > this.bytes * HOT_SHARE) hot.evictOldest()
      else this.#main.evictOldest()
    }
  }
}

function freshIn<V> (store: EntryStore<V> | undefined, key: string, now: number): Entry<V> | undefined {
  if (store === undefined || store.items === 0) return undefined
  const entry = store.get(key)
  if (entry === undefined || entry.isFresh(now)) return entry
  store.delete(key)
  return undefined
}
