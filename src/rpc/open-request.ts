// A request that was sent and is not answered yet.

import { ProtocolViolationError } from '../errors.js'
import { FrameType, readBare, readDigest, readFailure, readValue, typeOf } from './frames.js'
import { RemoteFailure } from './remote-failure.js'
import { readMissed } from './removal-frames.js'
import type { Lease } from '../cache/lease.js'
import type { Value } from './ask.js'
import type { Announced } from './removal.js'

/** What was asked for, or why there is none. */
export type Answer<T> = T | RemoteFailure

/** Reads the answer that belongs to a kind of request. @throws ProtocolViolationError for any other frame */
type Reader<T> = (frame: Buffer, lease: Lease) => T

export class OpenRequest<T> {
  readonly id: number
  /** {@link Clock.now} when it was written; it may have left later. */
  readonly sentAt: number
  readonly answer: Promise<Answer<T>>
  readonly #read: Reader<T>
  readonly #resolve: (answer: Answer<T>) => void
  /** Of no effect on a request that was answered. */
  readonly reject: (err: Error) => void

  constructor (id: number, sentAt: number, read: Reader<T>) {
    this.id = id
    this.sentAt = sentAt
    this.#read = read
    const { promise, resolve, reject } = Promise.withResolvers<Answer<T>>()
    this.answer = promise
    this.#resolve = resolve
    this.reject = reject
  }

  /**
   * @param lease - under which the answer may be kept
   * @throws ProtocolViolationError when the frame is no answer to this request
   */
  settle (frame: Buffer, lease: Lease): void {
    if (typeOf(frame) !== FrameType.failed) {
      this.#resolve(this.#read(frame, lease))
      return
    }
    const { status, message } = readFailure(frame)
    this.#resolve(new RemoteFailure(status, message))
  }
}

/** The answer to a GET. Its bytes are a view of the frame. */
export function gotValue (frame: Buffer, lease: Lease): Value | undefined {
  if (typeOf(frame) === FrameType.value) {
    const value = readValue(frame)
    value.lease = lease
    return value
  }
  expectType(frame, FrameType.miss)
  readBare(frame)
  return undefined
}

export function gotDigest (frame: Buffer): number {
  expectType(frame, FrameType.done)
  return readDigest(frame)
}

/** The answer to what needs no more than one. */
export function gotDone (frame: Buffer): void {
  gotDigest(frame)
}

export function gotMissed (frame: Buffer): Announced[] | 'all' {
  expectType(frame, FrameType.missed)
  return readMissed(frame)
}

function expectType (frame: Buffer, expected: number): void {
  if (typeOf(frame) !== expected) throw new ProtocolViolationError(`a frame of type ${typeOf(frame)} where an answer of type ${expected} belongs`)
}
