// One cached value: encoded for peers and for the byte limit, decoded once for readers of this process.

import { deepFreeze } from '../codec/deep-freeze.js'
import type { Codec } from '../interface/group.js'

/**
 * What an entry costs beyond its key and value: the entry, the LRU's slots and map entry, the key's
 * and the buffer's headers.
 */
const OVERHEAD_BYTES = 250

export class Entry<V> {
  /** The encoded value, never a view of a network buffer: that would keep the whole buffer alive. */
  readonly bytes: Uint8Array
  /** {@link Clock.now} after which it may not be served; Infinity = never. */
  readonly expiresAt: number
  #decoded: V | undefined
  #isDecoded = false

  constructor (bytes: Uint8Array, expiresAt = Infinity) {
    this.bytes = bytes
    this.expiresAt = expiresAt
  }

  /**
   * The decoded value: frozen and shared by its readers, or, where it holds what cannot be frozen, a
   * new one for each. Throws what the codec throws.
   */
  value (codec: Codec<V>): V {
    if (this.#isDecoded) return this.#decoded as V
    const value = codec.decode(this.bytes)
    if (deepFreeze(value)) {
      this.#decoded = value
      this.#isDecoded = true
    }
    return value
  }

  /** Milliseconds for which it may still be served. */
  ttl (now: number): number {
    return this.expiresAt - now
  }

  /** Bytes this entry is counted with under `key`. Strings take one or two bytes a unit; two are counted. */
  cost (key: string): number {
    return this.bytes.byteLength + key.length * 2 + OVERHEAD_BYTES
  }
}
