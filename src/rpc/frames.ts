// The frames of the RPC stream, to the byte; docs/protocol.md says the same in prose. Here: what all
// frames share, GET, and the answers that are no removals. The others are in removal-frames.ts.
//
//   frame    length u32 · type u8 · id u32 · rest      length counts what follows it; big-endian
//   GET      ask u8 · group · count u16 · key*         the id is that of the first key, the next ones follow it
//   TRACE    traceparent · LF · tracestate, UTF-8     of the GET with the same id, which follows it
//   PING CANCEL –
//   PROBE    the id of the member to be pinged, UTF-8
//   VALUE    flags u8 · ttl u32 · [tags] · the encoded value     ttl in milliseconds, 2³²−1 = no end
//   MISS     –
//   DONE     digest u32
//   FAILED   status u8 · message, UTF-8
//   PART     left u32 · piece          of a longer frame, without its length; `left` bytes of it follow
//
//   group, tag = length u8 · UTF-8      key = length u16 · UTF-8      tags = count u8 · tag*

import { MAX_BATCH_KEYS, MAX_KEY_BYTES, MAX_MESSAGE_BYTES, MAX_NAME_BYTES, MAX_TAGS, MAX_TAG_BYTES, MAX_TRACE_BYTES, MAX_VALUE_BYTES } from '../constants.js'
import { ProtocolViolationError } from '../errors.js'
import { FieldReader } from './field-reader.js'
import type { OverloadedError } from '../errors.js'
import type { Carrier } from '../tracing.js'
import type { Ask, Value } from './ask.js'

export const FrameType = { get: 1, remove: 2, ping: 3, forget: 4, set: 5, catchUp: 6, cancel: 7, probe: 8, trace: 9, part: 64, value: 129, miss: 130, done: 131, failed: 132, missed: 133 } as const

/** Why a request failed; what a requester makes of each is in remote-failure.ts. */
export const Status = { loadFailed: 1, groupNotFound: 2, codecFailed: 3, valueTooLarge: 4, overloaded: 5, stopped: 6, internal: 7, cancelled: 8, invalidationIncomplete: 9 } as const

/** What a VALUE says of itself in one bit each. */
export const Flag = { mayKeep: 1, popular: 2, tags: 4 } as const
const ALL_FLAGS = Flag.mayKeep | Flag.popular | Flag.tags

/** Length of `length`. */
export const LENGTH_BYTES = 4
/** Length of type and id, the least a frame has behind its length. */
export const HEAD_BYTES = 5
/** Of a peer id as text. */
const MAX_PEER_ID_BYTES = 128
/** Stands for a ttl without end. */
const NO_END = 0xffffffff
/** Of the longest frame, a SET: hop, ticket, ttl, group, key and tags, each with its length. */
const MAX_SET_HEAD_BYTES = 1 + 8 + 4 + 1 + MAX_NAME_BYTES + 2 + MAX_KEY_BYTES + 1 + MAX_TAGS * (1 + MAX_TAG_BYTES)
/** No frame is longer, put together. */
export const MAX_FRAME_BYTES = HEAD_BYTES + MAX_SET_HEAD_BYTES + MAX_VALUE_BYTES

/** Longer frames travel in parts; a GET with the longest key is not longer. */
export const MAX_UNCUT_BYTES = 68 * 1024
/** Of a long frame in each PART but the last: with what goes around it, one message of Noise. */
export const PIECE_BYTES = 60 * 1024

const ASKS: readonly Ask[] = ['get', 'forwarded', 'moved', 'moved 1', 'moved 2', 'moved 3', 'look']

/** Keys of one group that are asked for together; each is answered on its own. */
export interface GetRequest { readonly id: number, readonly ask: Ask, readonly group: string, readonly keys: readonly string[] }

export function askCode (ask: Ask): number {
  return ASKS.indexOf(ask)
}

/** A FAILED without its length, for what failed at this end. */
export function failedFrame (id: number, { message }: OverloadedError): Buffer {
  const frame = Buffer.alloc(HEAD_BYTES + 1 + Buffer.byteLength(message))
  frame.writeUInt8(FrameType.failed, 0)
  frame.writeUInt32BE(id, 1)
  frame.writeUInt8(Status.overloaded, HEAD_BYTES)
  frame.write(message, HEAD_BYTES + 1)
  return frame
}

export function typeOf (frame: Buffer): number {
  return frame.readUInt8(0)
}

export function idOf (frame: Buffer): number {
  return frame.readUInt32BE(1)
}

/** The id of the key that comes `index` places after the first one in a GET. */
export function idAfter (first: number, index: number): number {
  return (first + index) >>> 0
}

/** What follows type and id: a view, to be copied if it is kept. */
export function restOf (frame: Buffer): Buffer {
  return frame.subarray(HEAD_BYTES)
}

/** A ttl as it travels: whole milliseconds, never less than none. */
export function ttlCode (ttl: number): number {
  return ttl >= NO_END ? NO_END : Math.max(0, Math.floor(ttl))
}

export function ttlOf (code: number): number {
  return code === NO_END ? Infinity : code
}

/** @throws ProtocolViolationError when there is anything behind the id */
export function readBare (frame: Buffer): void {
  if (frame.length !== HEAD_BYTES) throw new ProtocolViolationError(`a frame of type ${typeOf(frame)} and ${frame.length} bytes, expected ${HEAD_BYTES}`)
}

/** @throws ProtocolViolationError when it is longer than a trace context may be */
export function readTrace (frame: Buffer): { id: number, carrier: Carrier } {
  const length = frame.length - HEAD_BYTES
  if (length > MAX_TRACE_BYTES) throw new ProtocolViolationError(`a trace context of ${length} bytes, expected at most ${MAX_TRACE_BYTES}`)
  const [traceparent = '', tracestate = ''] = new FieldReader(frame, HEAD_BYTES).restAsText().split('\n')
  return { id: idOf(frame), carrier: tracestate === '' ? { traceparent } : { traceparent, tracestate } }
}

export function readProbe (frame: Buffer): string {
  const length = frame.length - HEAD_BYTES
  if (length === 0 || length > MAX_PEER_ID_BYTES) throw new ProtocolViolationError(`a peer id of ${length} bytes, expected 1 to ${MAX_PEER_ID_BYTES}`)
  return new FieldReader(frame, HEAD_BYTES).restAsText()
}

/** @throws ProtocolViolationError when the lengths in the frame do not add up, or it is longer than it may be */
export function readGet (frame: Buffer): GetRequest {
  // of frames that are sent in parts there are longer ones; nobody sends a GET so
  if (frame.length > MAX_UNCUT_BYTES) throw new ProtocolViolationError(`a GET of ${frame.length} bytes, expected at most ${MAX_UNCUT_BYTES}`)
  const fields = new FieldReader(frame, HEAD_BYTES)
  const code = fields.u8()
  const ask = ASKS[code]
  if (ask === undefined) throw new ProtocolViolationError(`a request with the unknown mode ${code}`)
  const group = fields.shortText()
  const keys = readKeys(fields)
  fields.end()
  return { id: idOf(frame), ask, group, keys }
}

/** A count and that many keys. */
export function readKeys (fields: FieldReader): string[] {
  const count = fields.u16()
  if (count === 0 || count > MAX_BATCH_KEYS) throw new ProtocolViolationError(`${count} keys in a frame, expected 1 to ${MAX_BATCH_KEYS}`)
  const keys: string[] = []
  for (let i = 0; i < count; i++) keys.push(fields.text())
  return keys
}

export function readTags (fields: FieldReader): string[] {
  const count = fields.u8()
  if (count > MAX_TAGS) throw new ProtocolViolationError(`${count} tags of a value, expected at most ${MAX_TAGS}`)
  const tags: string[] = []
  for (let i = 0; i < count; i++) tags.push(fields.shortText())
  return tags
}

/** Shared by all values that have none. */
const NO_TAGS: readonly string[] = []

/** @returns a value whose bytes are a view of the frame, to be copied by whoever keeps them */
export function readValue (frame: Buffer): Value {
  const fields = new FieldReader(frame, HEAD_BYTES)
  const flags = fields.u8()
  if ((flags & ~ALL_FLAGS) !== 0) throw new ProtocolViolationError(`a value with the unknown flags ${flags}`)
  const ttl = ttlOf(fields.u32())
  const tags = (flags & Flag.tags) === 0 ? NO_TAGS : readTags(fields)
  if (tags.length === 0 && (flags & Flag.tags) !== 0) throw new ProtocolViolationError('a value that announces tags and has none')
  return { bytes: readBytes(fields), ttl, tags, mayKeep: (flags & Flag.mayKeep) !== 0, isPopular: (flags & Flag.popular) !== 0 }
}

/** An encoded value, which is the rest of its frame: a view of it. */
export function readBytes (fields: FieldReader): Buffer {
  const bytes = fields.rest()
  if (bytes.length > MAX_VALUE_BYTES) throw new ProtocolViolationError(`a value of ${bytes.length} bytes, expected at most ${MAX_VALUE_BYTES}`)
  return bytes
}

export function readDigest (frame: Buffer): number {
  const fields = new FieldReader(frame, HEAD_BYTES)
  const digest = fields.u32()
  fields.end()
  return digest
}

export function readFailure (frame: Buffer): { status: number, message: string } {
  const fields = new FieldReader(frame, HEAD_BYTES)
  const status = fields.u8()
  const bytes = frame.length - HEAD_BYTES - 1
  if (bytes > MAX_MESSAGE_BYTES) throw new ProtocolViolationError(`a failure with a message of ${bytes} bytes, expected at most ${MAX_MESSAGE_BYTES}`)
  return { status, message: fields.restAsText() }
}
