// Errors across the wire: a status and a short text out, a typed error in. Never a stack.

import { AbortError } from '@libp2p/interface'
import { MAX_MESSAGE_BYTES, MAX_VALUE_BYTES } from '../constants.js'
import { CodecError, ConnectionLostError, GroupNotFoundError, InvalidationIncompleteError, LoadError, OverloadedError, ValueTooLargeError, messageOf } from '../errors.js'
import { parsePeerId } from './addresses.js'
import { Status } from './frames.js'
import type { PeerId } from '@libp2p/interface'

/** What a requester is told about an error here. */
export function toFailure (err: unknown): { status: number, message: string } {
  if (err instanceof LoadError) return { status: Status.loadFailed, message: messageOf(err.cause) }
  if (err instanceof CodecError) return { status: Status.codecFailed, message: messageOf(err.cause) }
  if (err instanceof ValueTooLargeError) return { status: Status.valueTooLarge, message: `${err.bytes} ${err.limit}` }
  if (err instanceof GroupNotFoundError) return { status: Status.groupNotFound, message: '' }
  if (err instanceof InvalidationIncompleteError) return { status: Status.invalidationIncomplete, message: err.members.join(' ') }
  if (err instanceof OverloadedError) return { status: Status.overloaded, message: err.message }
  if (err instanceof Error && err.name === 'NotStartedError') return { status: Status.stopped, message: err.message }
  if (err instanceof Error && err.name === 'AbortError') return { status: Status.cancelled, message: messageOf(err) }
  return { status: Status.internal, message: messageOf(err) }
}

/** As much of a text as fits, in UTF-8, cut between characters: bytes 10xxxxxx continue one. */
export function cutText (text: string): Buffer {
  // no character has less than one byte, so longer texts need not be encoded whole
  const bytes = Buffer.from(text.slice(0, MAX_MESSAGE_BYTES + 1))
  let end = Math.min(bytes.length, MAX_MESSAGE_BYTES)
  while (end < bytes.length && end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}

/** The two numbers of a value that is too large; what is none was sent by somebody who does not keep to the protocol. */
function sizesIn (message: string): { bytes: number, limit: number } {
  const [bytes, limit] = message.split(' ').map(Number)
  return { bytes: bytes || 0, limit: limit || MAX_VALUE_BYTES }
}

/** The members that a removal did not reach; of many, the first ones. */
function peersIn (message: string): PeerId[] {
  // the last one may have been cut off in its middle
  return message.split(' ').flatMap(id => parsePeerId(id) ?? [])
}

/** A failure that came over the wire, as the error it was there. Unknown statuses are failures as well. */
export class RemoteFailure {
  readonly status: number
  readonly message: string

  constructor (status: number, message: string) {
    this.status = status
    this.message = message
  }

  toError (group: string, key: string, peerId: PeerId): Error {
    const cause = new Error(this.message)
    switch (this.status) {
      case Status.loadFailed: return new LoadError({ group, key, peerId, cause })
      case Status.codecFailed: return new CodecError({ group, key, peerId, cause, action: 'encode' })
      case Status.valueTooLarge: return new ValueTooLargeError({ group, key, peerId, ...sizesIn(this.message) })
      case Status.groupNotFound: return new GroupNotFoundError(group, peerId)
      case Status.overloaded: return new OverloadedError(`${peerId.toString()}: ${this.message}`)
      case Status.stopped: return new ConnectionLostError(`${peerId.toString()} is stopping`)
      case Status.cancelled: return new AbortError(`${peerId.toString()}: ${this.message}`)
      case Status.invalidationIncomplete: return new InvalidationIncompleteError({ group, members: peersIn(this.message), cause: new Error(`${peerId.toString()} could not complete it`) })
      default: return new Error(`${peerId.toString()} could not answer: ${this.message}`)
    }
  }
}
