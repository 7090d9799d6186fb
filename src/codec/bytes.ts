// Values that are bytes already.

import { show } from '../errors.js'
import type { Codec } from '../interface/group.js'

/** Bytes as they are. The value is copied in and shared out: readers must not write to it. */
export function bytes (): Codec<Uint8Array> {
  return {
    encode (value) {
      if (!(value instanceof Uint8Array)) throw new TypeError(`expected a Uint8Array, got ${show(value)}`)
      // not slice(): that of a Buffer shares its memory
      return new Uint8Array(value)
    },
    // a view would keep all of its buffer alive; what is the whole of one is a cached value
    decode: encoded => encoded.byteLength === encoded.buffer.byteLength ? encoded : new Uint8Array(encoded)
  }
}
