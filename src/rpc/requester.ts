// The asking end of a stream: many requests in flight, told apart by id.

import { TimeoutError } from '@libp2p/interface'
import { MAX_OUTBOX_BYTES, MAX_PENDING_REQUESTS } from '../constants.js'
import { ConnectionLostError, OverloadedError, ProtocolViolationError } from '../errors.js'
import { FrameReader } from './frame-reader.js'
import { FrameType, idOf, readFailure, readValue, typeOf } from './frames.js'
import { Outbox } from './outbox.js'
import { RemoteFailure } from './remote-failure.js'
import type { Clock, Timer } from '../clock.js'
import type { Ask, Value } from './ask.js'
import type { Stream } from '@libp2p/interface'

/** The value; undefined for an answer without one; or why there is none. */
export type Answer = Value | undefined | RemoteFailure

interface Pending {
  resolve: (answer: Answer) => void
  reject: (err: Error) => void
}

export interface RequesterInit {
  stream: Stream
  clock: Clock
  /** How long the peer may stay silent with a request open. */
  timeout: number
  /** The stream is of no use any more; everything pending was rejected. */
  onClose: (err: Error) => void
}

export class Requester {
  readonly #stream: Stream
  readonly #clock: Clock
  readonly #timeout: number
  readonly #onClose: (err: Error) => void
  readonly #outbox: Outbox
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #closedWith: Error | undefined
  /** When the peer was last heard, or asked something after having nothing to answer. */
  #quietSince = 0
  #watch: Timer | undefined

  constructor ({ stream, clock, timeout, onClose }: RequesterInit) {
    this.#stream = stream
    this.#clock = clock
    this.#timeout = timeout
    this.#onClose = onClose
    this.#outbox = new Outbox(stream, { onFailure: err => { this.close(err) } })
    const reader = new FrameReader(frame => { this.#onFrame(frame) })
    stream.addEventListener('message', event => {
      this.#quietSince = clock.now()
      try {
        const { data } = event
        if (data instanceof Uint8Array) reader.push(data)
        else for (const part of data) reader.push(part)
      } catch (err) {
        this.close(err as Error)
      }
    })
    const lost = (): void => { this.close(new ConnectionLostError('the peer closed the stream')) }
    stream.addEventListener('remoteCloseWrite', lost)
    stream.addEventListener('close', lost)
  }

  get pending (): number {
    return this.#pending.size
  }

  get (group: string, key: string, ask: Ask): Promise<Answer> {
    return this.#request(id => { this.#outbox.frames.request(FrameType.get, id, ask, group, key) })
  }

  remove (group: string, key: string): Promise<Answer> {
    return this.#request(id => { this.#outbox.frames.request(FrameType.remove, id, 'get', group, key) })
  }

  /** Not subject to the limits: it has to tell whether those who wait wait in vain. */
  ping (): Promise<Answer> {
    return this.#send(id => { this.#outbox.frames.bare(FrameType.ping, id) })
  }

  /** Rejects everything pending and lets go of the stream. */
  close (err: Error): void {
    if (this.#closedWith !== undefined) return
    this.#closedWith = err
    if (this.#watch !== undefined) this.#clock.clearTimeout(this.#watch)
    for (const { reject } of this.#pending.values()) reject(err)
    this.#pending.clear()
    this.#stream.abort(err)
    this.#onClose(err)
  }

  #request (write: (id: number) => void): Promise<Answer> {
    if (this.#pending.size >= MAX_PENDING_REQUESTS || this.#outbox.waiting > MAX_OUTBOX_BYTES) {
      return Promise.reject(new OverloadedError(`${this.#pending.size} requests and ${this.#outbox.waiting} bytes wait for one peer`))
    }
    return this.#send(write)
  }

  #send (write: (id: number) => void): Promise<Answer> {
    if (this.#closedWith !== undefined) return Promise.reject(this.#closedWith)
    if (this.#pending.size === 0) this.#quietSince = this.#clock.now()
    const id = this.#nextId()
    write(id)
    this.#outbox.flushSoon()
    this.#watch ??= this.#clock.setTimeout(this.#checkSilence, this.#timeout / 4)
    return new Promise((resolve, reject) => { this.#pending.set(id, { resolve, reject }) })
  }

  #nextId (): number {
    do {
      this.#lastId = (this.#lastId + 1) >>> 0
    } while (this.#pending.has(this.#lastId))
    return this.#lastId
  }

  #onFrame (frame: Buffer): void {
    const id = idOf(frame)
    const pending = this.#pending.get(id)
    if (pending === undefined) throw new ProtocolViolationError(`an answer to request ${id}, which is not open`)
    const answer = answerIn(frame)
    this.#pending.delete(id)
    pending.resolve(answer)
  }

  /**
   * Tells a slow load from a peer that is gone: who is quiet for half the timeout is pinged, who
   * does not answer that either is given up. One timer for all requests; it ends when none is open.
   */
  readonly #checkSilence = (): void => {
    this.#watch = undefined
    if (this.#pending.size === 0) return
    const quiet = this.#clock.now() - this.#quietSince
    if (quiet >= this.#timeout) {
      this.close(new TimeoutError(`the peer was silent for ${Math.round(quiet)} ms with ${this.#pending.size} requests open`))
      return
    }
    this.#watch = this.#clock.setTimeout(this.#checkSilence, this.#timeout / 4)
    // its rejection is that of the stream, which the others are told as well
    if (quiet >= this.#timeout / 2) this.ping().catch(() => {})
  }
}

function answerIn (frame: Buffer): Answer {
  switch (typeOf(frame)) {
    case FrameType.value: return readValue(frame)
    case FrameType.miss:
    case FrameType.done: return undefined
    case FrameType.failed: {
      const { status, message } = readFailure(frame)
      return new RemoteFailure(status, message)
    }
    default: throw new ProtocolViolationError(`a frame of type ${typeOf(frame)} where an answer belongs`)
  }
}
