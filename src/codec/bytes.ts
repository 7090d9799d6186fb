// Values that are bytes already.

import { markAsUntransferable } from 'node:worker_threads'
import { show } from '../errors.js'
import { fresh } from './fresh.js'
import type { Codec } from '../interface/group.js'

/**
 * Values up to an eighth of it share a buffer of this size when they are handed out, as Node's own short Buffers do: one
 * of its own for each costs five times as much, most of it in garbage collection.
 */
const POOL_BYTES = 8 * 1024

/** The part of its buffer from which on a value is left in it. */
const WHOLE_FROM = 0.9

/** Bytes as they are. The value is copied in and shared out: readers must not write to it. */
export function bytes (): Codec<Uint8Array> {
  const pool = new Pool()
  return fresh({
    encode (value) {
      if (!(value instanceof Uint8Array)) throw new TypeError(`expected a Uint8Array, got ${show(value)}`)
      // not slice(): that of a Buffer shares its memory
      return new Uint8Array(value)
    },
    // a view would keep all of its buffer alive; what is the whole of one is a cached value, or, but for a head, came in alone
    decode: encoded => encoded.byteLength >= encoded.buffer.byteLength * WHOLE_FROM ? encoded : pool.copy(encoded)
  })
}

class Pool {
  #buffer = new ArrayBuffer(0)
  #used = 0

  copy (bytes: Uint8Array): Uint8Array {
    const { byteLength } = bytes
    if (byteLength > POOL_BYTES / 8) return new Uint8Array(bytes)
    if (this.#used + byteLength > this.#buffer.byteLength) {
      this.#buffer = new ArrayBuffer(POOL_BYTES)
      // whoever gave one value away to another thread would take the others along
      markAsUntransferable(this.#buffer)
      this.#used = 0
    }
    const copy = new Uint8Array(this.#buffer, this.#used, byteLength)
    copy.set(bytes)
    this.#used += byteLength
    return copy
  }
}
