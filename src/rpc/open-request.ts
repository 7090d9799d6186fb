// A request that was sent and is not answered yet.

import { ProtocolViolationError } from '../errors.js'
import { FrameType, readBare, readDigest, readFailure, readValue, typeOf } from './frames.js'
import { RemoteFailure } from './remote-failure.js'
import { readMissed } from './removal-frames.js'
import type { Lease } from '../cache/lease.js'
import type { RequestKind } from '../observer.js'
import type { Value } from './ask.js'
import type { FrameWriter } from './frame-writer.js'
import type { Announced } from './removal.js'

/** What was asked for, or why there is none. */
export type Answer<T> = T | RemoteFailure

export interface OpenRequest {
  readonly kind: RequestKind
  /** On its stream; given to it when it is sent. */
  id: number
  /** {@link Clock.now} when it was written; it may have left later. */
  sentAt: number
  /** Writes it, or throws, having written nothing. */
  write (frames: FrameWriter): void
  /**
   * @param lease - under which the answer may be kept
   * @throws ProtocolViolationError when the frame is no answer to this request
   */
  settle (frame: Buffer, lease: Lease): void
  /** There will be no answer. Has no effect on one that was answered. */
  reject (err: Error): void
}

/** One whose answer is a promise. */
export class PromisedRequest<T> implements OpenRequest {
  id = 0
  sentAt = 0
  readonly kind: RequestKind
  readonly answer: Promise<Answer<T>>
  readonly reject: (err: Error) => void
  readonly #write: (frames: FrameWriter, id: number) => void
  readonly #read: (frame: Buffer) => T
  readonly #resolve: (answer: Answer<T>) => void

  /** @param read - reads the answer that belongs to this kind of request. @throws ProtocolViolationError for any other frame */
  constructor (kind: RequestKind, write: (frames: FrameWriter, id: number) => void, read: (frame: Buffer) => T) {
    this.kind = kind
    this.#write = write
    this.#read = read
    const { promise, resolve, reject } = Promise.withResolvers<Answer<T>>()
    this.answer = promise
    this.#resolve = resolve
    this.reject = reject
  }

  write (frames: FrameWriter): void {
    this.#write(frames, this.id)
  }

  settle (frame: Buffer): void {
    this.#resolve(failureIn(frame) ?? this.#read(frame))
  }
}

/** What a request failed with, if a frame says that. */
export function failureIn (frame: Buffer): RemoteFailure | undefined {
  if (typeOf(frame) !== FrameType.failed) return undefined
  const { status, message } = readFailure(frame)
  return new RemoteFailure(status, message)
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
