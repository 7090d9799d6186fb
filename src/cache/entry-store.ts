// An LRU of entries that counts their real cost. The main cache and the hot cache are one each.

import { LRUCache } from 'lru-cache'
import type { Entry } from './entry.js'

export interface EntryStoreInit {
  maxBytes: number
  maxItems?: number
  /** Called for each entry that was dropped to make room. */
  onEvict: () => void
}

export class EntryStore<V> {
  readonly #lru: LRUCache<string, Entry<V>>
  readonly #maxItems: number

  constructor ({ maxBytes, maxItems = Infinity, onEvict }: EntryStoreInit) {
    // not lru-cache's own `max`, which sets memory aside for all of them at once
    this.#maxItems = maxItems
    this.#lru = new LRUCache<string, Entry<V>>({
      maxSize: maxBytes,
      dispose: (_entry, _key, reason) => { if (reason === 'evict') onEvict() }
    })
  }

  get items (): number {
    return this.#lru.size
  }

  get bytes (): number {
    return this.#lru.calculatedSize
  }

  get (key: string): Entry<V> | undefined {
    return this.#lru.get(key)
  }

  /** Stores an entry, unless it alone is larger than the store. */
  set (key: string, entry: Entry<V>): void {
    this.#lru.set(key, entry, { size: entry.cost(key) })
    while (this.#lru.size > this.#maxItems) this.#lru.pop()
  }

  delete (key: string): boolean {
    return this.#lru.delete(key)
  }

  /** Drops the entry that was not used for the longest time. */
  evictOldest (): void {
    this.#lru.pop()
  }

  keys (): Iterable<string> {
    return this.#lru.keys()
  }

  clear (): void {
    this.#lru.clear()
  }
}
