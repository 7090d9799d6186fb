// The default codec: MessagePack by msgpackr.

import { Packr, RESET_BUFFER_MODE } from 'msgpackr'
import { fresh } from './fresh.js'
import { isForeign, unfitForMessagePack } from './plain-data.js'
import type { Codec } from '../interface/group.js'

const FIRST_BUFFER = 8 * 1024
const MAX_KEPT_BUFFER = 64 * 1024

/**
 * MessagePack. Plain objects, arrays, strings, numbers, booleans, null, undefined, BigInt, Date,
 * Set, RegExp, ArrayBuffer and its views come back as they went in. Functions, symbols, Maps, Errors,
 * class instances, lone surrogates and circular references are refused. -0 becomes 0, and a hole in
 * an array undefined.
 *
 * Records are off: they would make a value depend on the ones before it. So are references, which MessagePack
 * has not: a few hostile bytes could make a value that takes ages to walk.
 */
export function messagePack<V> (): Codec<V> {
  const packr = new Packr({ useRecords: false, moreTypes: true, structuredClone: false, copyBuffers: true })
  return fresh({
    encode (value) {
      const problem = unfitForMessagePack(value)
      if (problem !== undefined) throw new TypeError(problem)
      // packr's own buffer is written over by the next value. Without that it would hand out views of
      // buffers that each hold a few values, and that live as long as the last of them
      const encoded = new Uint8Array(packr.pack(value, RESET_BUFFER_MODE))
      // it grew with the value, and would stay like that
      if (encoded.byteLength > MAX_KEPT_BUFFER) packr.useBuffer(Buffer.allocUnsafeSlow(FIRST_BUFFER))
      return encoded
    },
    decode (bytes) {
      const value: unknown = packr.unpack(bytes)
      if (isForeign(value)) throw new TypeError('MessagePack that holds more than data')
      return value as V
    }
  })
}
