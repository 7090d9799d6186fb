// What the side door keeps for a key: an HTTP answer with its times, as bytes. The times lie at fixed places, so that they are
// read without taking the rest apart.
//
//   u8 version · u16 status · f64 storedAt · f64 fresh · f64 staleWhileRevalidate · f64 staleIfError · u32 length · headers · body

/** Response headers that are kept with a body, and passed on. Others are the origin's own affair. */
export const KEPT_HEADERS = ['content-type', 'content-language', 'content-disposition', 'cache-control', 'etag', 'last-modified', 'expires', 'location'] as const
type KeptHeader = typeof KEPT_HEADERS[number]

export interface Times {
  /** For so long it is fresh, in milliseconds; Infinity = until it is removed. In an envelope since `storedAt`, with the time in other caches. */
  fresh: number
  /** Milliseconds after that in which it may be handed out while it is fetched anew. */
  staleWhileRevalidate: number
  /** Milliseconds after that in which it may be handed out when the origin fails. */
  staleIfError: number
}

export interface Envelope extends Times {
  status: number
  /** When it left the origin, by the wall clock of the member that fetched it: for `Age` alone. */
  storedAt: number
  headers: Partial<Record<KeptHeader, string>>
  body: Uint8Array
}

const VERSION = 1
const STATUS = 1
const STORED_AT = 3
const FRESH = 11
const WHILE_REVALIDATE = 19
const IF_ERROR = 27
const LENGTH = 35
const HEAD = 39
/** Statuses whose answers have no body. */
const BODILESS = [204, 205, 304]

export function encodeEnvelope ({ status, storedAt, fresh, staleWhileRevalidate, staleIfError, headers, body }: Envelope): Uint8Array {
  const text = Buffer.from(JSON.stringify(headers))
  const bytes = Buffer.allocUnsafe(HEAD + text.length + body.byteLength)
  bytes.writeUInt8(VERSION, 0)
  bytes.writeUInt16BE(status, STATUS)
  bytes.writeDoubleBE(storedAt, STORED_AT)
  bytes.writeDoubleBE(fresh, FRESH)
  bytes.writeDoubleBE(staleWhileRevalidate, WHILE_REVALIDATE)
  bytes.writeDoubleBE(staleIfError, IF_ERROR)
  bytes.writeUInt32BE(text.length, LENGTH)
  text.copy(bytes, HEAD)
  bytes.set(body, HEAD + text.length)
  return bytes
}

/** A value is no answer of a side door: another program uses the group, or a member sends nonsense. */
export class EnvelopeError extends Error {
  override name = 'EnvelopeError'
}

/** The body is a view of `bytes`. @throws EnvelopeError when they are no envelope */
export function decodeEnvelope (bytes: Uint8Array): Envelope {
  const view = viewOf(bytes)
  const bodyAt = HEAD + view.readUInt32BE(LENGTH)
  if (bodyAt > view.length) throw new EnvelopeError('a value that is no answer of a side door: it ends too soon')
  const status = view.readUInt16BE(STATUS)
  // of others no response can be made
  if (status < 200 || status > 599) throw new EnvelopeError(`a value that is no answer of a side door: expected a status from 200 to 599, got ${status}`)
  const body = view.subarray(bodyAt)
  if (BODILESS.includes(status) && body.length > 0) throw new EnvelopeError(`a value that is no answer of a side door: the status ${status} with a body of ${body.length} bytes`)
  return { status, storedAt: storedAtIn(view), ...timesIn(view), headers: headersIn(view.toString('utf8', HEAD, bodyAt)), body }
}

/** The times alone. @throws EnvelopeError as {@link decodeEnvelope} */
export function envelopeTimes (bytes: Uint8Array): Times {
  return timesIn(viewOf(bytes))
}

function viewOf (bytes: Uint8Array): Buffer {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.length < HEAD || view[0] !== VERSION) throw new EnvelopeError('a value that is no answer of a side door: does another program fill the group?')
  return view
}

function timesIn (view: Buffer): Times {
  return { fresh: timeAt(view, FRESH), staleWhileRevalidate: timeAt(view, WHILE_REVALIDATE), staleIfError: timeAt(view, IF_ERROR) }
}

function timeAt (view: Buffer, at: number): number {
  const ms = view.readDoubleBE(at)
  if (!(ms >= 0)) throw new EnvelopeError(`a value that is no answer of a side door: it is kept for ${ms} ms`)
  return ms
}

function storedAtIn (view: Buffer): number {
  const ms = view.readDoubleBE(STORED_AT)
  if (!Number.isFinite(ms)) throw new EnvelopeError(`a value that is no answer of a side door: it was stored at ${ms} ms`)
  return ms
}

/** Peers can send anything: only known names with text are taken. */
function headersIn (json: string): Envelope['headers'] {
  let parsed: Record<string, unknown> | null
  try {
    parsed = JSON.parse(json) as Record<string, unknown> | null
  } catch (cause) {
    throw new EnvelopeError('a value that is no answer of a side door: its headers are no JSON', { cause })
  }
  const found = KEPT_HEADERS.map(name => [name, parsed?.[name]]).filter(([, value]) => typeof value === 'string' && IS_FIELD_VALUE.test(value))
  return Object.fromEntries(found) as Envelope['headers']
}

/** RFC 9110 §5.5: what may stand in a header. */
const IS_FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
