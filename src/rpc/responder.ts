// The answering end of a stream. What is in memory is answered in the tick the request came in.

import { AbortError } from '@libp2p/interface'
import { MAX_OUTBOX_BYTES, MAX_UNREAD_TIME } from '../constants.js'
import { ProtocolViolationError, messageOf } from '../errors.js'
import { toKeep } from './ask.js'
import { BackPressure } from './back-pressure.js'
import { Caller } from './caller.js'
import { FrameReader } from './frame-reader.js'
import { FrameType, MAX_UNCUT_BYTES, Status, idAfter, idOf, readBare, readGet, readProbe, readTrace, typeOf } from './frames.js'
import { Outbox } from './outbox.js'
import { toFailure } from './remote-failure.js'
import { readCatchUp, readForget, readRemove, readSet, writeMissed } from './removal-frames.js'
import { removalCost } from './removal.js'
import type { Clock } from '../clock.js'
import type { Carrier } from '../tracing.js'
import type { Account } from './account.js'
import type { Lane } from './lane.js'
import type { RequestHandler } from './request-handler.js'
import type { Ask, Value } from './ask.js'
import type { Stream } from '@libp2p/interface'

/** Milliseconds that work goes on for a peer whose stream was lost. */
const ORPHANED_FOR = 2_000
/** A request that is refused counts for one more for each so many bytes: what it took to read them. MAX_SERVED_BYTES may be asked for anew. */
const REFUSED_BYTES = 4_096

export interface ResponderInit {
  stream: Stream
  /** The peer id of the other end. */
  peer: string
  /** What it has under way on all its streams. */
  account: Account
  handler: RequestHandler
  clock: Clock
  /** GETs wait until it resolves, and all else does not; when it rejects the stream is aborted. Absent = at once. */
  ready?: Promise<void>
  /** @param reason - why it has ended; a ProtocolViolationError when the peer is at fault */
  onClose: (reason: Error) => void
}

export class Responder {
  /** The peer id of the other end. */
  readonly peer: string
  readonly #stream: Stream
  readonly #handler: RequestHandler
  readonly #clock: Clock
  readonly #account: Account
  readonly #outbox: Outbox
  readonly #onClose: (reason: Error) => void
  readonly #leaveQueue: () => void
  readonly #pressure: BackPressure
  /** Of the GETs that are being worked on, by id. */
  readonly #callers = new Map<number, Caller>()
  #ready: Promise<void> | undefined
  /** Of the GET that comes next. */
  #trace: ReturnType<typeof readTrace> | undefined
  #activeAt = -Infinity
  #isClosed = false

  constructor ({ stream, peer, account, handler, clock, ready, onClose }: ResponderInit) {
    this.#stream = stream
    this.peer = peer
    this.#handler = handler
    this.#clock = clock
    this.#account = account
    this.#onClose = onClose
    this.#outbox = new Outbox(stream, {
      patience: { clock, ms: MAX_UNREAD_TIME },
      onFailure: err => { this.close(err) },
      onSent: () => { this.#touch() },
      onDrained: () => { if (!this.#isClosed) this.#pressure.readOn() }
    })
    this.#pressure = new BackPressure(stream, () => this.#outbox.waiting > MAX_OUTBOX_BYTES, err => { this.close(err) })
    this.#leaveQueue = account.addQueue(() => this.#outbox.frames.longBytes)
    this.#ready = ready
    ready?.then(() => {
      this.#ready = undefined
      this.#touch()
    }, (err: unknown) => { this.close(err instanceof Error ? err : new Error(messageOf(err))) })
    const reader = new FrameReader(frame => { this.#onFrame(frame) })
    stream.addEventListener('message', event => {
      this.#touch()
      try {
        reader.pushAll(event.data)
        this.#outbox.flush()
        this.#pressure.pauseIfBehind()
      } catch (err) {
        this.close(err as Error)
      }
    })
    const end = (): void => { this.close(new Error('the peer closed the stream')) }
    stream.addEventListener('remoteCloseWrite', end)
    stream.addEventListener('close', end)
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
    const orphans = [...this.#callers.values()]
    this.#callers.clear()
    if (orphans.length > 0) this.#clock.setTimeout(() => { for (const caller of orphans) caller.abort(reason) }, ORPHANED_FOR)
    this.#outbox.close()
    this.#leaveQueue()
    this.#stream.abort(reason)
    this.#onClose(reason)
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
        this.#account.spend('removals', removalCost(removal, frame.length))
        this.#answer(this.#account.requests, id, frame.length, () => this.#handler.remove(this.peer, ticket, removal, hop), digest => { frames.done(id, digest) })
        break
      }
      case FrameType.ping:
        readBare(frame)
        this.#account.spend('pings')
        frames.done(id, 0)
        break
      case FrameType.forget: {
        const { ticket, removal } = readForget(frame)
        this.#account.spend('removals', removalCost(removal, frame.length))
        this.#answer(this.#account.forgets, id, frame.length, () => this.#handler.forget(this.peer, ticket, removal), () => { frames.done(id, 0) })
        break
      }
      case FrameType.set: {
        const { hop, ticket, replacement } = readSet(frame)
        this.#account.spend('removals')
        this.#answer(this.#account.requests, id, frame.length, () => this.#handler.set(this.peer, ticket, replacement, hop), digest => { frames.done(id, digest) })
        break
      }
      case FrameType.catchUp: {
        const elapsed = readCatchUp(frame)
        this.#account.spend('catchUps')
        this.#answer(this.#account.forgets, id, frame.length, () => this.#handler.catchUp(this.peer, elapsed), missed => { writeMissed(frames, id, missed) })
        break
      }
      case FrameType.probe: {
        const member = readProbe(frame)
        this.#account.spend('probes')
        this.#answer(this.#account.forgets, id, frame.length, () => this.#handler.probe(this.peer, member), isHeard => { frames.done(id, isHeard ? 1 : 0) })
        break
      }
      case FrameType.cancel:
        readBare(frame)
        this.#account.spend('cancels')
        // when there is none, the answer crossed this on its way
        this.#callers.get(id)?.abort(new AbortError('nobody waits for the value any more'))
        break
      default:
        throw new ProtocolViolationError(`a frame of type ${typeOf(frame)} where a request belongs`)
    }
  }

  /** What is in memory is answered without a promise. */
  #get (id: number, group: string, key: string, ask: Ask, trace?: Carrier): void {
    if (this.#callers.size > 0 && this.#callers.has(id)) throw new ProtocolViolationError(`a second request ${id} while the first one is open`)
    const caller = new Caller()
    const { requests } = this.#account
    if (this.#isRefused(requests, id, key.length)) return
    try {
      const value = this.#ready === undefined ? this.#handler.get(this.peer, group, key, ask, caller, trace) : this.#getWhenReady(group, key, ask, caller, trace)
      if (!(value instanceof Promise)) this.#writeValue(id, value)
      else this.#answerLater(requests, id, key.length, value, value => { this.#writeValue(id, value) }, caller)
    } catch (err) {
      this.#fail(id, err)
    }
  }

  async #getWhenReady (group: string, key: string, ask: Ask, caller: Caller, trace?: Carrier): Promise<Value | undefined> {
    await this.#ready
    if (this.#isClosed || caller.reason !== undefined) throw caller.reason ?? new AbortError('the stream was closed')
    return toKeep(this.#handler.get(this.peer, group, key, ask, caller, trace))
  }

  #writeValue (id: number, value: Value | undefined): void {
    const { frames } = this.#outbox
    if (value === undefined) {
      frames.bare(FrameType.miss, id)
      return
    }
    if (value.bytes.byteLength > MAX_UNCUT_BYTES) this.#account.checkLong(value.bytes.byteLength)
    frames.value(id, value)
  }

  /** @param write - what came of it; may throw, having written nothing */
  #answer<T> (lane: Lane, id: number, bytes: number, work: () => T | Promise<T>, write: (result: T) => void): void {
    if (this.#isRefused(lane, id, bytes)) return
    try {
      const result = work()
      if (result instanceof Promise) this.#answerLater(lane, id, bytes, result, write)
      else write(result)
    } catch (err) {
      this.#fail(id, err)
    }
  }

  #answerLater<T> (lane: Lane, id: number, bytes: number, result: Promise<T>, write: (result: T) => void, caller?: Caller): void {
    lane.enter(bytes)
    if (caller !== undefined) this.#callers.set(id, caller)
    void result.then(value => { if (!this.#isClosed) write(value) }).catch((err: unknown) => { this.#fail(id, err) }).then(() => {
      lane.leave(bytes)
      if (this.#isClosed) return
      if (caller !== undefined) this.#callers.delete(id)
      this.#outbox.flushSoon()
    })
  }

  /** Whether there is no room for a request. @throws ProtocolViolationError when there were too many of these */
  #isRefused (lane: Lane, id: number, bytes: number): boolean {
    const refusal = lane.refusal(bytes)
    if (refusal === undefined) return false
    this.#account.spend('refusals', 1 + Math.floor(bytes / REFUSED_BYTES))
    this.#outbox.frames.failed(id, Status.overloaded, refusal)
    return true
  }

  #fail (id: number, err: unknown): void {
    const { status, message } = toFailure(err)
    this.#outbox.frames.failed(id, status, message)
  }
}
