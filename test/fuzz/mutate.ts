// What becomes of good bytes on their way to a parser: what a fault on the line, or somebody who means harm, makes of them.

import type { Random } from './random.js'

/** Numbers that lengths are replaced by. */
const LENGTHS = [0, 1, 2, 4, 5, 255, 65_535, 69_632, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]

type Mutation = (bytes: Buffer, random: Random, other: Uint8Array) => Buffer

const MUTATIONS: readonly Mutation[] = [
  // a bit
  (bytes, random) => { const at = random.int(bytes.length); bytes[at] = (bytes[at] as number) ^ (1 << random.int(8)); return bytes },
  // a byte
  (bytes, random) => { bytes[random.int(bytes.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.u8()]); return bytes },
  // the end
  (bytes, random) => bytes.subarray(0, random.int(bytes.length)),
  // the beginning
  (bytes, random) => bytes.subarray(random.int(bytes.length)),
  // a number of 8, 16 or 32 bits
  (bytes, random) => {
    const width = random.pick([1, 2, 4])
    if (bytes.length < width) return bytes
    const value = random.pick(LENGTHS) % 2 ** (8 * width)
    bytes.writeUIntBE(value, random.int(bytes.length - width + 1), width)
    return bytes
  },
  // a piece is gone, there twice, or elsewhere
  (bytes, random) => { const [a, b] = range(bytes, random); return Buffer.concat([bytes.subarray(0, a), bytes.subarray(b)]) },
  (bytes, random) => { const [a, b] = range(bytes, random); return Buffer.concat([bytes.subarray(0, b), bytes.subarray(a)]) },
  (bytes, random) => {
    const [a, b] = range(bytes, random)
    const rest = Buffer.concat([bytes.subarray(0, a), bytes.subarray(b)])
    const at = random.int(rest.length + 1)
    return Buffer.concat([rest.subarray(0, at), bytes.subarray(a, b), rest.subarray(at)])
  },
  // noise between
  (bytes, random) => { const at = random.int(bytes.length + 1); return Buffer.concat([bytes.subarray(0, at), random.bytes(1 + random.int(8)), bytes.subarray(at)]) },
  // the beginning of one and the end of another one
  (bytes, random, other) => Buffer.concat([bytes.subarray(0, random.int(bytes.length + 1)), other.subarray(random.int(other.length + 1))])
]

function range (bytes: Buffer, random: Random): [number, number] {
  const a = random.int(bytes.length)
  return [a, Math.min(bytes.length, a + 1 + random.int(Math.min(64, bytes.length - a)))]
}

/** @returns a copy with one to four things wrong; `other` is what may be spliced in */
export function mutated (bytes: Uint8Array, random: Random, other: Uint8Array = bytes): Buffer {
  let result: Buffer = Buffer.from(bytes)
  for (let left = 1 + random.int(4); left > 0; left--) {
    if (result.length === 0) return result
    result = random.pick(MUTATIONS)(result, random, other)
  }
  return result
}

/** The same bytes in pieces, cut anywhere. */
export function cut (bytes: Uint8Array, random: Random): Uint8Array[] {
  if (random.chance(0.2)) return [bytes]
  const pieces: Uint8Array[] = []
  const most = random.pick([1, 3, 16, 200, 5_000, 100_000])
  for (let at = 0; at < bytes.length;) {
    // many tiny pieces of something long say nothing new, and take long
    const length = 1 + random.int(Math.max(most, bytes.length >> 7))
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}

/** Good, mutated, or noise: most of it has to get past the first look to find anything. */
export function hostile (random: Random, valid: () => Uint8Array): Uint8Array {
  return random.way<Uint8Array>(
    [3, valid],
    [6, () => mutated(valid(), random, random.chance(0.3) ? valid() : undefined)],
    [1, () => random.bytes(random.size(300))]
  )
}

/** Items repeated, left out, and out of their order. */
export function shuffled<T> (items: readonly T[], random: Random): T[] {
  const result = items.flatMap(item => random.chance(0.1) ? [] : random.chance(0.1) ? [item, item] : [item])
  for (let i = result.length - 1; i > 0; i--) {
    if (!random.chance(0.3)) continue
    const j = random.int(i + 1)
    const item = result[i] as T
    result[i] = result[j] as T
    result[j] = item
  }
  return result
}
