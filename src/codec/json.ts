// JSON as a codec, for values that other languages read too.

import type { Codec } from '../interface/group.js'

/** JSON as UTF-8. What JSON cannot say at all (undefined, functions, BigInt, cycles) is refused. */
export function json<V> (): Codec<V> {
  return {
    encode (value) {
      const text = JSON.stringify(value) as string | undefined
      if (text === undefined) throw new TypeError(`JSON has no form for ${typeof value}`)
      return Buffer.from(text)
    },
    decode: bytes => JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as V
  }
}
