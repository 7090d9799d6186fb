// The writing end of a stream: frames written in one tick leave in one send, and wait while the other side is slow.

import { FrameWriter } from './frame-writer.js'
import type { Room } from './room.js'
import type { Stream } from '@libp2p/interface'

export interface OutboxInit {
  /** For large values, of all streams of the node. */
  room?: Room | undefined
  /** The stream cannot be written to any more. */
  onFailure: (err: Error) => void
  /** What was written has been handed to the transport. */
  onSent?: () => void
  /** All that had to wait was sent. */
  onDrained?: () => void
}

export class Outbox {
  readonly frames: FrameWriter
  readonly #stream: Stream
  readonly #onFailure: (err: Error) => void
  readonly #onSent: () => void
  readonly #onDrained: () => void
  /** Frames since the last time. */
  #written = 0
  #isScheduled = false
  #isBlocked = false
  #isContinued = false

  constructor (stream: Stream, { room, onFailure, onSent = () => {}, onDrained = () => {} }: OutboxInit) {
    this.frames = new FrameWriter(room)
    this.#stream = stream
    this.#onFailure = onFailure
    this.#onSent = onSent
    this.#onDrained = onDrained
    stream.addEventListener('drain', () => { this.#onDrain() })
  }

  /** Bytes that were written and not handed to the transport, but for those of large values: they hold up nobody. */
  get waiting (): number {
    return this.frames.byteLength + this.#stream.writeBufferLength
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
      this.#isBlocked = !this.#stream.send(this.frames.take())
      this.#onSent()
      if (this.frames.longBytes > 0) this.#flushLater()
    } catch (err) {
      this.#onFailure(err as Error)
    }
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
    if (!this.#isBlocked) return
    this.#isBlocked = false
    this.flush()
    if (!this.#isBlocked) this.#onDrained()
  }
}
