// Codecs whose bytes nobody else holds or writes to: what they encode need not be copied once more, which for large values takes as
// long as to encode them.

import type { Codec } from '../interface/group.js'

/** Their `encode`: whoever puts another one in its place has another codec. */
const encoders = new WeakSet<object>()

const encoderOf = (codec: object): object => Reflect.get(codec, 'encode') as object

/** Marks a codec as one that encodes into memory of its own for each value. @returns it */
export function fresh<V> (codec: Codec<V>): Codec<V> {
  encoders.add(encoderOf(codec))
  return codec
}

/** Marks `copy` if `codec` is marked, whose methods it has. @returns it */
export function freshAs<V> (codec: Codec<V>, copy: Codec<V>): Codec<V> {
  return encoders.has(encoderOf(codec)) ? fresh(copy) : copy
}

/** Whether what a codec encoded is all of its memory, and nobody else's. */
export function isFresh<V> (codec: Codec<V>, { byteLength, buffer }: Uint8Array): boolean {
  return encoders.has(encoderOf(codec)) && byteLength === buffer.byteLength
}
