// The answering end of a stream. What is in memory is answered in the tick the request came in.

import { AbortError } from '@libp2p/interface'
import { MAX_OUTBOX_BYTES } from '../constants.js'
import { ProtocolViolationError, messageOf } from '../errors.js'
import { toKeep } from './ask.js'
import { Caller, abortLater } from './caller.js'
import { FrameReader } from './frame-reader.js'
import { FrameType, idAfter, idOf, readBare, readGet, readProbe, readTrace, typeOf } from './frames.js'
import { Lane } from './lane.js'
import { Outbox } from './outbox.js'
import { toFailure } from './remote-failure.js'
import { readCatchUp, readForget, readRemove, readSet, writeMissed } from './removal-frames.js'
import { leftOut } from './room.js'
import type { Clock } from '../clock.js'
import type { Carrier } from '../tracing.js'
import type { RequestHandler } from './request-handler.js'
import type { Ask, Value } from './ask.js'
import type { Rooms } from './room.js'
import type { Logger, Stream } from '@libp2p/interface'

export interface ResponderInit {
  stream: Stream
  /** The peer id of the other end. */
  peer: string
  handler: RequestHandler
  clock: Clock
  log: Logger
  /** GETs wait until it resolves, and all else does not; when it rejects the stream is aborted. Absent = at once. */
  ready?: Promise<void>
  /** Of the node; absent = its own. */
  rooms?: Rooms | undefined
  onClose: () => void
}

export class Responder {
  /** The peer id of the other end. */
  readonly peer: string
  readonly #stream: Stream
  readonly #handler: RequestHandler
  readonly #clock: Clock
  readonly #log: Logger
  readonly #outbox: Outbox
  readonly #reader: FrameReader
  readonly #onClose: () => void
  readonly #requests = new Lane()
  /** Apart: a peer that waits for as many values as it may has to be heard when it removes some. */
  readonly #forgets = new Lane()
  /** Of the GETs that are being worked on, by id. */
  readonly #callers = new Map<number, Caller>()
  #ready: Promise<void> | undefined
  /** Of the GET that comes next. */
  #trace: ReturnType<typeof readTrace> | undefined
  #activeAt = -Infinity
  #isPaused = false
  #isClosed = false

  constructor ({ stream, peer, handler, clock, log, ready, rooms, onClose }: ResponderInit) {
    this.#stream = stream
    this.peer = peer
    this.#handler = handler
    this.#clock = clock
    this.#log = log
    this.#onClose = onClose
    this.#outbox = new Outbox(stream, {
      room: rooms?.outgoing,
      onFailure: err => { this.close(err) },
      onSent: () => { this.#touch() },
      onDrained: () => { this.#readOn() }
    })
    this.#ready = ready
    ready?.then(() => {
      this.#ready = undefined
      this.#touch()
    }, (err: unknown) => { this.close(err instanceof Error ? err : new Error(messageOf(err))) })
    const onLeftOut = (id: number): void => { this.#fail(id, leftOut()) }
    const reader = this.#reader = new FrameReader(frame => { this.#onFrame(frame) }, { room: rooms?.incoming, onLeftOut })
    stream.addEventListener('message', event => {
      this.#touch()
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
    for (const event of ['remoteCloseWrite', 'close'] as const) stream.addEventListener(event, end)
  }

  /**
   * {@link Clock.now} when the peer was last heard or answered. A lease of ours that the peer holds ends no
   * later than LEASE after it. −Infinity before the first time, and until this end is ready: before that
   * nothing is answered that could be kept, and what the peer and we have missed of each other is not known.
   */
  get activeAt (): number {
    return this.#activeAt
  }

  /**
   * Answers that are not ready yet are never sent. Work goes on for a moment: a peer whose stream was lost asks
   * again on a new one, and joins it. If it does not, nobody waits any more.
   */
  close (reason: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (reason instanceof ProtocolViolationError) this.#log.error('cutting off a peer that sent %s', reason.message)
    abortLater([...this.#callers.values()], reason, this.#clock)
    this.#callers.clear()
    this.#reader.close()
    this.#outbox.frames.close()
    this.#stream.abort(reason)
    this.#onClose()
  }

  #touch (): void {
    if (this.#ready === undefined && !this.#isClosed) this.#activeAt = this.#clock.now()
  }

  #onFrame (frame: Buffer): void {
    const id = idOf(frame)
    const { frames } = this.#outbox
    switch (typeOf(frame)) {
      case FrameType.get: {
        const { ask, group, keys } = readGet(frame)
        const trace = this.#trace?.id === id ? this.#trace.carrier : undefined
        this.#trace = undefined
        keys.forEach((key, index) => { this.#get(idAfter(id, index), group, key, ask, trace) })
        break
      }
      case FrameType.trace:
        this.#trace = readTrace(frame)
        break
      case FrameType.remove: {
        const { hop, ticket, removal } = readRemove(frame)
        this.#answer(this.#requests, id, () => this.#handler.remove(this.peer, ticket, removal, hop), digest => { frames.done(id, digest) })
        break
      }
      case FrameType.ping:
        readBare(frame)
        frames.done(id, 0)
        break
      case FrameType.forget: {
        const { ticket, removal } = readForget(frame)
        this.#answer(this.#forgets, id, () => this.#handler.forget(this.peer, ticket, removal), () => { frames.done(id, 0) })
        break
      }
      case FrameType.set: {
        const { hop, ticket, replacement } = readSet(frame)
        this.#answer(this.#requests, id, () => this.#handler.set(this.peer, ticket, replacement, hop), digest => { frames.done(id, digest) })
        break
      }
      case FrameType.catchUp: {
        const elapsed = readCatchUp(frame)
        this.#answer(this.#forgets, id, () => this.#handler.catchUp(this.peer, elapsed), missed => { writeMissed(frames, id, missed) })
        break
      }
      case FrameType.probe: {
        const member = readProbe(frame)
        this.#answer(this.#forgets, id, () => this.#handler.probe(this.peer, member), isHeard => { frames.done(id, isHeard ? 1 : 0) })
        break
      }
      case FrameType.cancel:
        readBare(frame)
        this.#cancel(id)
        break
      default:
        throw new ProtocolViolationError(`a frame of type ${typeOf(frame)} where a request belongs`)
    }
  }

  /** What is in memory is answered without a promise. */
  #get (id: number, group: string, key: string, ask: Ask, trace?: Carrier): void {
    if (this.#callers.size > 0 && this.#callers.has(id)) throw new ProtocolViolationError(`a second request ${id} while the first one is open`)
    const caller = new Caller()
    try {
      this.#requests.checkRoom()
      const value = this.#ready === undefined ? this.#handler.get(this.peer, group, key, ask, caller, trace) : this.#getWhenReady(group, key, ask, caller, trace)
      if (!(value instanceof Promise)) this.#writeValue(id, value)
      else this.#answerLater(this.#requests, id, value, value => { this.#writeValue(id, value) }, caller)
    } catch (err) {
      this.#fail(id, err)
    }
  }

  /** Where there is nothing to cancel any more, the answer crossed the frame that does on its way. */
  #cancel (id: number): void {
    const reason = new AbortError('nobody waits for the value any more')
    this.#callers.get(id)?.abort(reason)
    // for its id is taken until it is answered
    if (this.#outbox.frames.drop(id)) this.#fail(id, reason)
  }

  async #getWhenReady (group: string, key: string, ask: Ask, caller: Caller, trace?: Carrier): Promise<Value | undefined> {
    await this.#ready
    if (this.#isClosed || caller.reason !== undefined) throw caller.reason ?? new AbortError('the stream was closed')
    return toKeep(this.#handler.get(this.peer, group, key, ask, caller, trace))
  }

  #writeValue (id: number, value: Value | undefined): void {
    if (value === undefined) this.#outbox.frames.bare(FrameType.miss, id)
    else this.#outbox.frames.value(id, value)
  }

  /** @param write - what came of it; may throw, having written nothing */
  #answer<T> (lane: Lane, id: number, work: () => T | Promise<T>, write: (result: T) => void): void {
    try {
      lane.checkRoom()
      const result = work()
      if (result instanceof Promise) this.#answerLater(lane, id, result, write)
      else write(result)
    } catch (err) {
      this.#fail(id, err)
    }
  }

  #answerLater<T> (lane: Lane, id: number, result: Promise<T>, write: (result: T) => void, caller?: Caller): void {
    lane.open++
    if (caller !== undefined) this.#callers.set(id, caller)
    void result.then(value => { if (!this.#isClosed) write(value) }).catch((err: unknown) => { this.#fail(id, err) }).then(() => {
      lane.open--
      if (this.#isClosed) return
      if (caller !== undefined) this.#callers.delete(id)
      this.#outbox.flushSoon()
    })
  }

  #fail (id: number, err: unknown): void {
    const { status, message } = toFailure(err)
    this.#outbox.frames.failed(id, status, message)
  }

  /** Who asks faster than it reads is not read until it has caught up. */
  #pauseIfBehind (): void {
    if (this.#isPaused || this.#outbox.waiting <= MAX_OUTBOX_BYTES) return
    this.#isPaused = true
    this.#stream.pause()
  }

  #readOn (): void {
    if (!this.#isPaused || this.#isClosed || this.#outbox.waiting > MAX_OUTBOX_BYTES) return
    this.#isPaused = false
    try {
      this.#stream.resume()
    } catch (err) {
      this.close(err as Error)
    }
  }
}
