// Values to be encoded, and MessagePack that was written by somebody else: every type it has, extensions included, with lengths
// that are lies at times.

import type { Random } from '../random.js'

const NAMES = ['a', 'b', 'id', '__proto__', 'constructor', 'prototype', 'toString', 'length', 'then', 'toJSON', '0', 'valueOf', '__defineGetter__']
/** Of msgpackr's extensions, and some that it has not: error, set, typed array, regular expression, big integer, ids, records, bundles, dates. */
const EXTENSIONS = [0x65, 0x65, 0x73, 0x74, 0x78, 0x42, 0x69, 0x70, 0x72, 0x62, 0xff, 0x00, 0x01, 0x52, 0x53]

class Odd { readonly x = 1 }

/** Any value a loader may return, good ones most of all. */
export function aValue (random: Random, depth = 0): unknown {
  return random.way<unknown>(
    [depth > 4 ? 0 : 5, () => aContainer(random, depth)],
    [3, () => random.text()],
    [3, () => random.pick([0, 1, -1, 127, 128, 255, 65_536, 2 ** 32, -(2 ** 31), 2 ** 53, 0.1, -0, NaN, Infinity, 1e308, random.u32()])],
    [2, () => random.pick([null, undefined, true, false])],
    [1, () => random.pick([0n, -1n, 2n ** 63n, 2n ** 64n, -(2n ** 63n) - 1n, 2n ** 200n, -(2n ** 200n)])],
    [1, () => random.pick<() => unknown>([() => new Date(random.u32()), () => new Date(NaN), () => /a+/giu, () => new Uint8Array(3), () => Buffer.from('x'), () => new Float64Array(2), () => new ArrayBuffer(2), () => new BigInt64Array(1), () => new DataView(new ArrayBuffer(4))])()],
    [0.3, () => random.pick<() => unknown>([() => () => 1, () => Symbol('s'), () => new Map([[1, 2]]), () => new Odd(), () => new Error('e'), () => Object(1) as unknown, () => 'x\ud800', () => new WeakSet(), () => Promise.resolve(1), circular, () => new Proxy({}, {})])()]
  )
}

function circular (): unknown {
  const list: unknown[] = [1]
  list.push(list)
  return list
}

function aContainer (random: Random, depth: number): unknown {
  const parts = (): unknown[] => random.list(depth === 0 && random.chance(0.02) ? 300 : 4, () => aValue(random, depth + 1))
  return random.way<unknown>(
    [3, parts],
    [1, () => new Set(parts())],
    [1, () => random.chance(0.5) ? Object.assign(Object.create(null) as object, { a: 1 }) : new Array(3)],
    [5, () => {
      const object: Record<string, unknown> = {}
      for (const part of parts()) Object.defineProperty(object, random.chance(0.7) ? random.pick(NAMES) : random.text(8), { value: part, enumerable: true, configurable: true, writable: true })
      return object
    }]
  )
}

/** MessagePack of one value. */
export function packed (random: Random, depth = 0): Buffer {
  return random.way<Buffer>(
    [3, () => Buffer.of(random.pick([0xc0, 0xc2, 0xc3, 0x40, 0x41, random.int(128), 0xe0 + random.int(32), random.int(256)]))],
    [3, () => packedText(random.chance(0.6) ? random.pick(NAMES) : random.text(40))],
    [2, () => Buffer.concat([Buffer.of(random.pick([0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3])), random.bytes(8)])],
    [1, () => withLength(random, [0xc4, 0xc5, 0xc6], random.bytes(random.size(40)))],
    [depth > 5 ? 0 : 5, () => packedList(random, depth)],
    [depth > 5 ? 0 : 5, () => packedMap(random, depth)],
    [depth > 5 ? 0 : 4, () => packedExtension(random, depth)],
    [0.05, () => Buffer.alloc(random.size(20_000), random.pick([0x91, 0x81, 0xd4, 0xdd, 0xc1]))]
  )
}

function packedText (text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([bytes.length < 32 ? Buffer.of(0xa0 + bytes.length) : Buffer.of(0xd9, bytes.length), bytes])
}

/** A head of 8, 16 or 32 bits of length, true or not. */
function withLength (random: Random, heads: readonly number[], body: Buffer, count = body.length): Buffer {
  const way = random.int(heads.length)
  const head = Buffer.alloc(1 + 2 ** (way + 3 - heads.length))
  head[0] = heads[way] as number
  const width = head.length - 1
  head.writeUIntBE((random.chance(0.1) ? random.edge() : count) % 256 ** width, 1, width)
  return Buffer.concat([head, body])
}

function packedList (random: Random, depth: number): Buffer {
  const items = random.list(4, () => packed(random, depth + 1))
  if (random.chance(0.7)) return Buffer.concat([Buffer.of(0x90 + items.length), ...items])
  return withLength(random, [0xdc, 0xdd], Buffer.concat(items), items.length)
}

function packedMap (random: Random, depth: number): Buffer {
  const entries = random.list(4, () => Buffer.concat([random.chance(0.9) ? packedText(random.pick(NAMES)) : packed(random, depth + 1), packed(random, depth + 1)]))
  if (random.chance(0.7)) return Buffer.concat([Buffer.of(0x80 + entries.length), ...entries])
  return withLength(random, [0xde, 0xdf], Buffer.concat(entries), entries.length)
}

function packedExtension (random: Random, depth: number): Buffer {
  const type = random.chance(0.9) ? random.pick(EXTENSIONS) : random.int(256)
  // one byte that is not looked at, and the value behind it; or so many bytes
  if (random.chance(0.5)) return Buffer.concat([Buffer.of(0xd4, type, random.u8()), packed(random, depth + 1)])
  const way = random.int(5)
  if (random.chance(0.5)) return Buffer.concat([Buffer.of(0xd4 + way, type), random.bytes(2 ** way)])
  const body = random.chance(0.5) ? random.bytes(random.size(80)) : packed(random, depth + 1)
  const head = withLength(random, [0xc7, 0xc8, 0xc9], Buffer.alloc(0), body.length)
  return Buffer.concat([head, Buffer.of(type), body])
}
