// What an origin's headers say of how long its answer may be kept, and the tags that it names.

import { ageOf, duration, parseCacheControl, timesOf } from '../../../src/side-door/cache-control.js'
import { decodeEnvelope, encodeEnvelope, envelopeTimes } from '../../../src/side-door/envelope.js'
import { tagsOf } from '../../../src/side-door/origin.js'
import { must, tried } from '../target.js'
import { control } from './side-door.js'
import { mutated } from '../mutate.js'
import type { Target } from '../target.js'

interface Input { status: number, headers: Record<string, string>, envelope: Uint8Array }

const LIFETIMES = { ttl: 60_000, negativeTtl: 10_000, staleWhileRevalidate: 7_000, staleIfError: 8_000 }
const NAMES = ['cache-control', 'cache-control', 'cache-control', 'age', 'expires', 'date', 'vary', 'cache-tag', 'surrogate-key'] as const
/** Milliseconds: 2³¹ seconds. */
const MOST = 2 ** 31 * 1_000

export const cacheControl: Target<Input> = {
  name: 'cache-control',
  what: 'Cache-Control, Expires, Age, tags, and kept answers',
  weight: 8,
  generate (random) {
    const text = (): string => random.chance(0.02) ? random.pick([control(random), ' ', ',', 'a="', '\\"', 'x=', '"a"']).repeat(random.size(16_000) / 4) : random.chance(0.8) ? control(random) : random.text()
    const envelope = encodeEnvelope({ status: random.pick([200, 404, 204, 0, 65_535]), storedAt: 5, fresh: random.pick([0, 5, Infinity]), staleWhileRevalidate: 1, staleIfError: 2, headers: { 'content-type': random.text(), etag: random.text() }, body: random.bytes(random.int(20)) })
    return {
      status: random.pick([200, 204, 404, 410, 500, 301, 99]),
      headers: Object.fromEntries(random.list(4, () => [random.pick(NAMES), text()] as const)),
      envelope: random.chance(0.3) ? envelope : mutated(envelope, random)
    }
  },
  run ({ status, headers: given, envelope }) {
    const headers = { get: (name: string) => given[name] ?? null }
    const { fresh, staleWhileRevalidate, staleIfError } = timesOf({ status, headers }, LIFETIMES, 1_000_000)
    for (const time of [fresh, staleWhileRevalidate, staleIfError, ageOf(headers)]) must(time >= 0 && time <= MOST, `a time of ${time} ms`)
    for (const [name, value] of parseCacheControl(given['cache-control'])) {
      must(name === name.toLowerCase(), `a directive ${name}`)
      must((duration(value) ?? 0) >= 0, `a duration of ${duration(value)}`)
    }
    const tags = tagsOf(headers)
    must(tags.length <= 64 && tags.every(tag => tag !== '' && Buffer.byteLength(tag) <= 255), `the tags ${tags.join()}`)
    const kept = tried(['EnvelopeError'], () => decodeEnvelope(envelope))
    tried(['EnvelopeError'], () => envelopeTimes(envelope))
    if (kept === undefined) return 'refused'
    const { value } = kept
    must(value.status >= 200 && value.status <= 599, `the status ${value.status}`)
    must([value.fresh, value.staleWhileRevalidate, value.staleIfError].every(time => time >= 0) && Number.isFinite(value.storedAt), `the times ${value.storedAt}, ${value.fresh}, ${value.staleWhileRevalidate}, ${value.staleIfError}`)
    must(Buffer.from(encodeEnvelope(decodeEnvelope(encodeEnvelope(value)))).equals(encodeEnvelope(value)), 'kept again it is another one')
    return 'accepted'
  }
}
