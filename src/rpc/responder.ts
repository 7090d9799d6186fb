// The answering end of a stream. What is in memory is answered in the tick the request came in.

import { MAX_OUTBOX_BYTES, MAX_SERVED_REQUESTS } from '../constants.js'
import { OverloadedError, ProtocolViolationError } from '../errors.js'
import { FrameReader } from './frame-reader.js'
import { FrameType, idOf, readKeyRequest, typeOf } from './frames.js'
import { Outbox } from './outbox.js'
import { toFailure } from './remote-failure.js'
import type { Ask, Value } from './ask.js'
import type { Logger, Stream } from '@libp2p/interface'

/** What answers. May throw or reject with anything. */
export interface RequestHandler {
  get (group: string, key: string, ask: Ask): Value | undefined | Promise<Value | undefined>
  remove (group: string, key: string): void | Promise<void>
}

export interface ResponderInit {
  stream: Stream
  handler: RequestHandler
  log: Logger
  onClose: () => void
}

export class Responder {
  readonly #stream: Stream
  readonly #handler: RequestHandler
  readonly #log: Logger
  readonly #outbox: Outbox
  readonly #onClose: () => void
  /** Requests that are being worked on. */
  #open = 0
  #isPaused = false
  #isClosed = false

  constructor ({ stream, handler, log, onClose }: ResponderInit) {
    this.#stream = stream
    this.#handler = handler
    this.#log = log
    this.#onClose = onClose
    this.#outbox = new Outbox(stream, {
      onFailure: err => { this.close(err) },
      onDrained: () => { this.#readOn() }
    })
    const reader = new FrameReader(frame => { this.#onFrame(frame) })
    stream.addEventListener('message', event => {
      try {
        const { data } = event
        if (data instanceof Uint8Array) reader.push(data)
        else for (const part of data) reader.push(part)
        this.#outbox.flush()
        this.#pauseIfBehind()
      } catch (err) {
        this.close(err as Error)
      }
    })
    const end = (): void => { this.close(new Error('the peer closed the stream')) }
    stream.addEventListener('remoteCloseWrite', end)
    stream.addEventListener('close', end)
  }

  /** Answers that are not ready yet are never sent. */
  close (reason: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (reason instanceof ProtocolViolationError) this.#log.error('cutting off a peer that sent %s', reason.message)
    this.#stream.abort(reason)
    this.#onClose()
  }

  #onFrame (frame: Buffer): void {
    switch (typeOf(frame)) {
      case FrameType.get: {
        const { id, group, key, ask } = readKeyRequest(frame)
        this.#answer(id, FrameType.miss, () => this.#handler.get(group, key, ask))
        break
      }
      case FrameType.remove: {
        const { id, group, key } = readKeyRequest(frame)
        this.#answer(id, FrameType.done, () => this.#handler.remove(group, key)?.then(() => undefined))
        break
      }
      case FrameType.ping:
        this.#outbox.frames.bare(FrameType.done, idOf(frame))
        break
      default:
        throw new ProtocolViolationError(`a frame of type ${typeOf(frame)} where a request belongs`)
    }
  }

  /** @param empty - what is answered when there is no value */
  #answer (id: number, empty: typeof FrameType.miss | typeof FrameType.done, work: () => Value | undefined | Promise<Value | undefined>): void {
    const succeed = (value: Value | undefined): void => {
      if (value === undefined) this.#outbox.frames.bare(empty, id)
      else this.#outbox.frames.value(id, value)
    }
    const fail = (err: unknown): void => {
      const { status, message } = toFailure(err)
      this.#outbox.frames.failed(id, status, message)
    }
    try {
      // refused rather than left unread: behind them are the pings that tell a slow load from a dead peer
      if (this.#open >= MAX_SERVED_REQUESTS) throw new OverloadedError(`${this.#open} requests of one peer are being worked on`)
      const result = work()
      if (!(result instanceof Promise)) {
        succeed(result)
        return
      }
      this.#open++
      void result.then(succeed, fail).then(() => {
        this.#open--
        if (this.#isClosed) return
        this.#outbox.flushSoon()
      })
    } catch (err) {
      fail(err)
    }
  }

  #isBehind (): boolean {
    return this.#outbox.waiting > MAX_OUTBOX_BYTES
  }

  /** Who asks faster than it reads is not read until it has caught up. */
  #pauseIfBehind (): void {
    if (this.#isPaused || !this.#isBehind()) return
    this.#isPaused = true
    this.#stream.pause()
  }

  #readOn (): void {
    if (!this.#isPaused || this.#isClosed || this.#isBehind()) return
    this.#isPaused = false
    try {
      this.#stream.resume()
    } catch (err) {
      this.close(err as Error)
    }
  }
}
