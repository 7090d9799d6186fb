// Values that are bytes already.

import { show } from '../errors.js'
import type { Codec } from '../interface/group.js'

/** Bytes as they are. The value is copied in and shared out: readers must not write to it. */
export function bytes (): Codec<Uint8Array> {
  return {
    encode (value) {
      if (!(value instanceof Uint8Array)) throw new TypeError(`expected a Uint8Array, got ${show(value)}`)
      return value.slice()
    },
    decode: encoded => encoded.slice()
  }
}
