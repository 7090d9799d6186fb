// The handlers of one key: get, put, delete, and who owns it.

import { duration, parseCacheControl } from './cache-control.js'
import { groupOf, Refusal } from './context.js'
import { decodeEnvelope, encodeEnvelope } from './envelope.js'
import { tagsOf } from './origin.js'
import type { Door, DoorContext } from './context.js'
import type { Envelope } from './envelope.js'
import type { Group, GroupStats } from '../interface/group.js'
import type { Member } from '../interface/member.js'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** RFC 9111 §1.2.2: what stands for any more than that. */
const MAX_SECONDS = 2 ** 31

/** Which key a request is about. */
export interface Place {
  group: Group<Uint8Array>
  key: string
}

/** Of `/v1/{group}/{key}`: each percent-encoded once; slashes in the key may stand as they are. */
export function placeInPath (door: Door, c: DoorContext): Place {
  if (c.req.url.includes('?')) throw new Refusal(400, 'BadPath', 'a query was given: a ? that belongs to the key is written %3F')
  return { group: groupOf(door, c.req.param('group') ?? ''), key: c.req.param('key') ?? '' }
}

export async function getValue (door: Door, c: DoorContext, { group, key }: Place): Promise<Response> {
  door.sampler.asked(group.name, key)
  const { timeout } = door.settings
  const before = group.stats()
  const answer = group.get(key, { timeout, signal: c.req.raw.signal })
  // what is in memory is found before the call returns
  const found = howFound(before, group.stats())
  const envelope = decodeEnvelope(await answer)
  const age = ageOf(envelope)
  const left = Math.ceil((envelope.fresh - age) / 1000)
  for (const [name, value] of Object.entries(envelope.headers)) c.header(name, value)
  c.header('Age', String(Math.floor(age / 1000)))
  c.header('Cache-Status', `groupcache; ${found}${Number.isFinite(envelope.fresh) ? `; ttl=${Math.min(left, MAX_SECONDS)}` : ''}`)
  // a value is data: shown in a browser, it is nobody's page
  c.header('Content-Security-Policy', "sandbox; default-src 'none'")
  if (isKnown(c.req.header('if-none-match'), envelope)) return c.body(null, 304)
  if (envelope.headers['content-type'] === undefined && envelope.body.byteLength > 0) c.header('Content-Type', 'application/octet-stream')
  // a status that may have no body has none
  const status = envelope.status as ContentfulStatusCode
  return envelope.body.byteLength === 0 ? c.body(null, status) : c.body(bufferOf(envelope.body), status)
}

export async function putValue (c: DoorContext, { group, key }: Place): Promise<Response> {
  const control = parseCacheControl(c.req.header('cache-control'))
  if (['no-store', 'no-cache', 'private'].some(name => control.has(name))) throw new Refusal(400, 'NotKept', 'Cache-Control: expected max-age, stale-while-revalidate and stale-if-error at most, because what is put is kept')
  const fresh = duration(control.get('s-maxage')) ?? duration(control.get('max-age')) ?? Infinity
  const windows = { staleWhileRevalidate: duration(control.get('stale-while-revalidate')) ?? 0, staleIfError: duration(control.get('stale-if-error')) ?? 0 }
  const headers = { 'content-type': c.req.header('content-type') ?? 'application/octet-stream' }
  const body = new Uint8Array(await c.req.arrayBuffer())
  const tags = tagsOf({ get: name => c.req.header(name) ?? null })
  await group.set(key, encodeEnvelope({ status: 200, storedAt: Date.now(), fresh, ...windows, headers, body }), { ttl: fresh, tags })
  return c.body(null, 204)
}

export async function deleteValue (c: DoorContext, { group, key }: Place): Promise<Response> {
  await group.remove(key)
  return c.body(null, 204)
}

/** Who owns a key, who would take its place, and which members have it in memory. */
export async function ownerOf (c: DoorContext, { group, key }: Place): Promise<Response> {
  const { owner, successor, cachedAt, unknown } = await group.locate(key)
  return c.json({
    group: group.name,
    key,
    owner: named(owner),
    successor: successor === undefined ? null : named(successor),
    cachedAt: cachedAt.map(({ member, where }) => ({ ...named(member), where })),
    unknown: unknown.map(named)
  })
}

/** Milliseconds since the origin sent it, by what it said, or a member: so no more than a header may say. */
export function ageOf ({ storedAt }: Envelope): number {
  return Math.min(Math.max(0, Date.now() - storedAt), MAX_SECONDS * 1000)
}

/** Bytes as what a Response takes, without a copy. */
function bufferOf (bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}

function named ({ name, peerId, self, state }: Member): { name: string, peerId: string, self: boolean, state: string } {
  return { name, peerId: peerId.toString(), self, state }
}

/** RFC 9211: from this process's memory, by joining a fetch that was under way, or from elsewhere. */
function howFound (before: GroupStats, after: GroupStats): string {
  if (after.mainHits + after.hotHits > before.mainHits + before.hotHits) return 'hit'
  return after.joined > before.joined ? 'fwd=miss; collapsed' : 'fwd=miss'
}

function isKnown (condition: string | undefined, { status, headers: { etag } }: Envelope): boolean {
  if (condition === undefined || etag === undefined || status !== 200) return false
  // RFC 9110 §13.1.2: weak comparison
  const plain = (tag: string): string => tag.trim().replace(/^W\//, '')
  return condition.trim() === '*' || condition.split(',').some(tag => plain(tag) === plain(etag))
}
