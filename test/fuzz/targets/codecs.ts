// The codecs: bytes that no member of good will wrote, and values that loaders return.

import { bytes } from '../../../src/codec/bytes.js'
import { freeze } from '../../../src/codec/freeze.js'
import { json } from '../../../src/codec/json.js'
import { messagePack } from '../../../src/codec/message-pack.js'
import { Encoder } from '../../../src/group/encoder.js'
import { mutated } from '../mutate.js'
import { Random } from '../random.js'
import { isSame } from '../same.js'
import { must, tried } from '../target.js'
import { aValue, packed } from './valid-values.js'
import type { Codec } from '../../../src/interface/group.js'
import type { Target, Verdict } from '../target.js'

const REFUSED = ['CodecError', 'ValueTooLargeError']
/** What is decoded after each hostile value: all that a decoder might have been taught meanwhile. */
const GOOD = { list: [64, 65, 127, -1, 'x', null, true], date: new Date(5), set: new Set(['a']), bytes: new Uint8Array([1, 2]), big: 2n ** 70n, nested: { a: { b: [1.5, undefined] } } }
const PLAIN: readonly unknown[] = [Object.prototype, Array.prototype, null, Date.prototype, RegExp.prototype, Set.prototype, ArrayBuffer.prototype]
const NATURAL = natural()

export const decoding: Target<Uint8Array> = {
  name: 'message-pack',
  what: 'hostile MessagePack, decoded and frozen',
  weight: 9,
  generate: random => random.way<Uint8Array>(
    [5, () => packed(random)],
    [2, () => mutated(packed(random), random, packed(random))],
    [2, () => mutated(tried(['TypeError'], () => codec.encode(aValue(random)))?.value ?? GOOD_BYTES, random)],
    [1, () => random.bytes(random.size(60))]
  ),
  run: encoded => decoded(codec, encoded, { value: GOOD, encoded: GOOD_BYTES })
}

export const jsonDecoding: Target<Uint8Array> = {
  name: 'json',
  what: 'hostile JSON, decoded and frozen',
  weight: 4,
  generate: random => random.way<Uint8Array>(
    [3, () => Buffer.from(jsonText(random))],
    [4, () => mutated(Buffer.from(jsonText(random)), random)],
    [0.05, () => Buffer.from('['.repeat(random.size(100_000)))]
  ),
  run: encoded => decoded(jsonCodec, encoded, { value: { a: [1] }, encoded: Buffer.from('{"a":[1]}') })
}

export const encoding: Target<{ seed: number, kind: 'message-pack' | 'json' | 'bytes' }> = {
  name: 'values',
  what: 'values of all kinds, encoded and decoded',
  weight: 6,
  // a value itself would not come out of a dump as it was
  generate: random => ({ seed: random.int(2 ** 32), kind: random.pick(['message-pack', 'message-pack', 'json', 'bytes'] as const) }),
  run ({ seed, kind }) {
    const value = valueOf(seed)
    const codec = CODECS[kind] as Codec<unknown>
    const encoded = tried(REFUSED, () => new Encoder('g', { codec, maxValueBytes: 10_000 }).encode('k', value))
    if (encoded === undefined) return 'refused'
    const back = codec.decode(encoded.value)
    must(isSame(codec.decode(codec.encode(back)), back), 'encoded and decoded again it is another one')
    // what JSON has no form for, it leaves out
    must(kind === 'json' || isSame(value, back), 'decoded it is another one than went in')
    freeze(back)
    return 'accepted'
  }
}

const codec = messagePack<unknown>()
const jsonCodec = json<unknown>()
const CODECS = { 'message-pack': codec, json: jsonCodec, bytes: bytes() }
const GOOD_BYTES = codec.encode(GOOD)

interface Good { value: unknown, encoded: Uint8Array }

function valueOf (seed: number): unknown {
  return aValue(new Random(seed))
}

function decoded (codec: Codec<unknown>, encoded: Uint8Array, good: Good): Verdict {
  let verdict: Verdict = 'accepted'
  try {
    const value = codec.decode(encoded)
    onlyPlain(value)
    freeze(value)
  } catch (err) {
    // whatever a codec throws becomes a CodecError
    if (!(err instanceof Error) || err.name === 'InvariantError') throw err
    verdict = 'refused'
  }
  must(natural() === NATURAL, 'a prototype that all objects share is another one')
  must(isSame(codec.decode(good.encoded), good.value), 'after it a good value is decoded as another one')
  return verdict
}

/** Values, and nothing that could do anything. */
function onlyPlain (root: unknown): void {
  const left: unknown[] = [root]
  while (left.length > 0) {
    const value = left.pop()
    must(typeof value !== 'function' && typeof value !== 'symbol', `it holds a ${typeof value}`)
    if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) continue
    const prototype: unknown = Object.getPrototypeOf(value)
    must(PLAIN.includes(prototype), `it holds an instance of ${value.constructor?.name}`)
    if (value instanceof Set) left.push(...value)
    else for (const key of Reflect.ownKeys(value)) left.push((value as Record<PropertyKey, unknown>)[key])
  }
}

/** What every object inherits, as a text. */
function natural (): string {
  return [Object, Array, Function, Error, Set, RegExp].map(({ prototype }) => Reflect.ownKeys(prototype).length).join() + Reflect.ownKeys(Object).length
}

function jsonText (random: Random): string {
  const text = (() => {
    try {
      return JSON.stringify(aValue(random)) as string | undefined
    } catch {
      return undefined
    }
  })()
  return random.chance(0.1) ? `{"__proto__":{"x":${text ?? 1}},"constructor":{"prototype":{"x":1}}}` : text ?? 'null'
}
