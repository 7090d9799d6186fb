// The default codec: MessagePack by msgpackr.

import { Packr } from 'msgpackr'
import { unfitForMessagePack } from './plain-data.js'
import type { Codec } from '../interface/group.js'

/**
 * MessagePack. Plain objects, arrays, strings, numbers, booleans, null, undefined, BigInt, Date,
 * Set, RegExp, ArrayBuffer and its views come back as they went in. Functions, symbols, Maps, Errors,
 * class instances, lone surrogates and circular references are refused. -0 becomes 0, and a hole in
 * an array undefined.
 *
 * Records are off: they would make a value depend on the ones before it.
 */
export function messagePack<V> (): Codec<V> {
  const packr = new Packr({ useRecords: false, moreTypes: true, copyBuffers: true })
  return {
    encode (value) {
      const problem = unfitForMessagePack(value)
      if (problem !== undefined) throw new TypeError(problem)
      return packr.pack(value)
    },
    decode: bytes => packr.unpack(bytes) as V
  }
}
