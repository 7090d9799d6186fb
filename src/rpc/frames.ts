// The frames of the RPC stream, to the byte. docs/protocol.md says the same in prose.
//
//   frame    length u32 · type u8 · id u32 · rest      length counts what follows it; big-endian
//   GET      ask u8 · group length u8 · group · key length u16 · key
//   REMOVE   0 · group length u8 · group · key length u16 · key
//   PING     –
//   VALUE    ttl u32 · the encoded value               ttl in milliseconds, 2³²−1 = no end
//   MISS DONE –
//   FAILED   status u8 · message, UTF-8

import { isUtf8 } from 'node:buffer'
import { MAX_KEY_BYTES, MAX_MESSAGE_BYTES, MAX_NAME_BYTES, MAX_VALUE_BYTES } from '../constants.js'
import { ProtocolViolationError } from '../errors.js'
import type { Ask, Value } from './ask.js'

export const FrameType = { get: 1, remove: 2, ping: 3, value: 129, miss: 130, done: 131, failed: 132 } as const

/** Why a request failed; what a requester makes of each is in remote-failure.ts. */
export const Status = { loadFailed: 1, groupNotFound: 2, codecFailed: 3, valueTooLarge: 4, overloaded: 5, stopped: 6, internal: 7 } as const

/** Length of `length`. */
export const LENGTH_BYTES = 4
/** Length of type and id, the least a frame has behind its length. */
export const HEAD_BYTES = 5
/** Length of the ttl of a value, and what stands for no end. */
export const TTL_BYTES = 4
export const NO_END = 0xffffffff
/** No frame is longer: a value, or a request with the longest names. */
export const MAX_FRAME_BYTES = HEAD_BYTES + Math.max(TTL_BYTES + MAX_VALUE_BYTES, MAX_KEY_BYTES + MAX_NAME_BYTES + 4, MAX_MESSAGE_BYTES + 1)

const ASKS: readonly Ask[] = ['get', 'forwarded', 'moved']

export interface KeyRequest { type: number, id: number, ask: Ask, group: string, key: string }

export function askCode (ask: Ask): number {
  return ASKS.indexOf(ask)
}

export function typeOf (frame: Buffer): number {
  return frame.readUInt8(0)
}

export function idOf (frame: Buffer): number {
  return frame.readUInt32BE(1)
}

/** What follows type and id: a view, to be copied if it is kept. */
export function restOf (frame: Buffer): Buffer {
  return frame.subarray(HEAD_BYTES)
}

/** @throws ProtocolViolationError when the lengths in the frame do not add up */
export function readKeyRequest (frame: Buffer): KeyRequest {
  const groupAt = HEAD_BYTES + 2
  const keyLengthAt = frame.length < groupAt ? Infinity : groupAt + frame.readUInt8(groupAt - 1)
  const keyAt = keyLengthAt + 2
  if (keyAt > frame.length || keyAt + frame.readUInt16BE(keyLengthAt) !== frame.length) {
    throw new ProtocolViolationError(`a request of ${frame.length} bytes whose group and key lengths do not add up`)
  }
  const ask = ASKS[frame.readUInt8(HEAD_BYTES)]
  if (ask === undefined) throw new ProtocolViolationError(`a request with the unknown mode ${frame.readUInt8(HEAD_BYTES)}`)
  return { type: typeOf(frame), id: idOf(frame), ask, group: readText(frame, groupAt, keyLengthAt), key: readText(frame, keyAt, frame.length) }
}

/** Decoding puts U+FFFD where bytes are not UTF-8, which would make one key of many. */
function readText (frame: Buffer, start: number, end: number): string {
  const text = frame.toString('utf8', start, end)
  if (text.includes('\ufffd') && !isUtf8(frame.subarray(start, end))) throw new ProtocolViolationError('a name or key that is not UTF-8')
  return text
}

/** @returns a value whose bytes are a view of the frame, to be copied by whoever keeps them */
export function readValue (frame: Buffer): Value {
  const rest = restOf(frame)
  if (rest.length < TTL_BYTES) throw new ProtocolViolationError('a value without its ttl')
  const ttl = rest.readUInt32BE(0)
  return { bytes: rest.subarray(TTL_BYTES), ttl: ttl === NO_END ? Infinity : ttl }
}

export function readFailure (frame: Buffer): { status: number, message: string } {
  const rest = restOf(frame)
  if (rest.length === 0) throw new ProtocolViolationError('a failure without a status')
  return { status: rest.readUInt8(0), message: rest.toString('utf8', 1, 1 + MAX_MESSAGE_BYTES) }
}
