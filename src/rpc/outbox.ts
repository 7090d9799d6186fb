// The writing end of a stream: frames written in one tick leave in one send, and wait while the other side is slow.

import { FrameWriter } from './frame-writer.js'
import { ConnectionLostError } from '../errors.js'
import type { Clock, Timer } from '../clock.js'
import type { Room } from './room.js'
import type { Stream } from '@libp2p/interface'

/** How long the other side may read nothing while something waits for it. */
export interface Patience { readonly clock: Clock, readonly ms: number }

/** The other side has read nothing for too long. It may be frozen, so that is no offence. */
export class UnreadError extends ConnectionLostError {}

export interface OutboxInit {
  /** For large values, of all streams of the node. */
  room?: Room | undefined
  /** The stream cannot be written to any more. */
  onFailure: (err: Error) => void
  /** What was written has been handed to the transport. */
  onSent?: () => void
  /** Some of what had to wait was sent. */
  onDrained?: () => void
  /** Default: without end. */
  patience?: Patience
}

export class Outbox {
  readonly frames: FrameWriter
  readonly #stream: Stream
  readonly #onFailure: (err: Error) => void
  readonly #onSent: () => void
  readonly #onDrained: () => void
  readonly #patience: Patience | undefined
  /** Set while the stream is full, and a while longer. */
  #timer: Timer | undefined
  /** Bytes that the stream was given. */
  #given = 0
  /** Those of them that it had sent when it was last looked, −1 = there was no need, and since when it has been no more. */
  #sent = -1
  #sentSince = -Infinity
  /** Frames since the last time. */
  #written = 0
  #isScheduled = false
  #isBlocked = false
  #isContinued = false

  constructor (stream: Stream, { room, onFailure, onSent = () => {}, onDrained = () => {}, patience }: OutboxInit) {
    this.frames = new FrameWriter(room)
    this.#stream = stream
    this.#onFailure = onFailure
    this.#onSent = onSent
    this.#onDrained = onDrained
    this.#patience = patience
    // the stream goes on by itself in a microtask, with what it holds back; ours comes after it
    stream.addEventListener('drain', () => { queueMicrotask(() => { this.#onDrain() }) })
  }

  /** Bytes that were written and not handed to the transport, but for those of large values: they hold up nobody. */
  get waiting (): number {
    return this.frames.byteLength + this.#stream.writeBufferLength
  }

  /** How long the other side has read nothing, in milliseconds, as far as it was looked at while something waits for it; 0 = nothing has to wait. */
  unreadFor (): number {
    if (!this.#isBlocked || this.#patience === undefined) return 0
    const sent = this.#given - this.#stream.writeBufferLength
    const now = this.#patience.clock.now()
    if (sent !== this.#sent) {
      this.#sent = sent
      this.#sentSince = now
    }
    return now - this.#sentSince
  }

  /** To be called after each frame written: sends when this tick's work is done, or when `most` frames wait. */
  flushSoon (most = Infinity): void {
    if (this.#isBlocked) return
    if (++this.#written >= most) {
      this.flush()
      return
    }
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      this.flush()
    })
  }

  /** Sends what was written, unless the stream has to drain first. */
  flush (): void {
    this.#written = 0
    if (this.#isBlocked || this.frames.byteLength + this.frames.longBytes === 0) return
    try {
      // 'drain' comes in a later tick than the send that asked for it
      const bytes = this.frames.take()
      this.#given += bytes.byteLength
      this.#isBlocked = !this.#stream.send(bytes)
      this.#onSent()
      if (this.#isBlocked) this.#watch()
      else this.#sent = -1
      if (this.frames.longBytes > 0) this.#flushLater()
    } catch (err) {
      this.#onFailure(err as Error)
    }
  }

  /** Nothing is sent any more. */
  close (): void {
    if (this.#timer !== undefined) this.#patience?.clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.frames.close()
  }

  /** 'drain' says that the connection has room again, not that this stream's peer has read anything: so what was sent is looked at. */
  #watch (): void {
    if (this.#patience === undefined || this.#timer !== undefined) return
    const { clock, ms } = this.#patience
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined
      if (!this.#isBlocked) return
      if (this.unreadFor() >= ms) this.#onFailure(new UnreadError(`the peer has read nothing for ${ms} ms`))
      else this.#watch()
    }, ms - this.unreadFor())
  }

  /** Between two parts of a large value others get their turn. */
  #flushLater (): void {
    if (this.#isContinued || this.#isBlocked) return
    this.#isContinued = true
    setImmediate(() => {
      this.#isContinued = false
      this.flush()
    })
  }

  #onDrain (): void {
    if (this.#isBlocked && this.#stream.writeBufferLength === 0) {
      this.#isBlocked = false
      this.flush()
      // how long it had to wait says nothing about the next time
      if (!this.#isBlocked) this.#sent = -1
    }
    this.#onDrained()
  }
}
