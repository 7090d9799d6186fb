// The answering end of a stream. What is in memory is answered in the tick the request came in.

import { AbortError } from '@libp2p/interface'
import { MAX_OUTBOX_BYTES, MAX_UNREAD_TIME } from '../constants.js'
import { ProtocolViolationError, messageOf } from '../errors.js'
import { toKeep } from './ask.js'
import { BackPressure } from './back-pressure.js'
import { Caller, abortLater } from './caller.js'
import { FrameReader } from './frame-reader.js'
import { FrameType, idAfter, idOf, readBare, readGet, readProbe, readTrace, typeOf } from './frames.js'
import { Outbox } from './outbox.js'
import { readCatchUp, readForget, readRemove, readSet, writeMissed } from './removal-frames.js'
import { removalCost } from './removal.js'
import { Replies } from './replies.js'
import { leftOut } from './rooms.js'
import type { Clock } from '../clock.js'
import type { Carrier } from '../tracing.js'
import type { Account } from './account.js'
import type { RequestHandler } from './request-handler.js'
import type { Ask, Value } from './ask.js'
import type { Rooms } from './rooms.js'
import type { Stream } from '@libp2p/interface'

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
  /** Of the node; absent = its own. */
  rooms?: Rooms | undefined
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
  readonly #reader: FrameReader
  readonly #onClose: (reason: Error) => void
  readonly #leaveQueue: () => void
  readonly #pressure: BackPressure
  readonly #replies: Replies
  /** Of the GETs that are being worked on, by id. */
  readonly #callers = new Map<number, Caller>()
  #ready: Promise<void> | undefined
  /** Of the GET that comes next. */
  #trace: ReturnType<typeof readTrace> | undefined
  #activeAt = -Infinity
  #caughtUpAt = -Infinity
  #isClosed = false

  constructor ({ stream, peer, account, handler, clock, ready, rooms, onClose }: ResponderInit) {
    this.#stream = stream
    this.peer = peer
    this.#handler = handler
    this.#clock = clock
    this.#account = account
    this.#onClose = onClose
    this.#outbox = new Outbox(stream, {
      room: rooms?.outgoing,
      patience: { clock, ms: MAX_UNREAD_TIME },
      onFailure: err => { this.close(err) },
      onSent: () => { this.#touch() },
      onDrained: () => { if (!this.#isClosed) this.#pressure.readOn() }
    })
    this.#replies = new Replies(this.#outbox, account)
    this.#pressure = new BackPressure(stream, () => this.#outbox.waiting > MAX_OUTBOX_BYTES, err => { this.close(err) })
    this.#leaveQueue = account.addQueue(() => this.#outbox.frames.longBytes)
    this.#ready = ready
    ready?.then(() => {
      this.#ready = undefined
      this.#touch()
    }, (err: unknown) => { this.close(err instanceof Error ? err : new Error(messageOf(err))) })
    const onLeftOut = (id: number): void => { this.#replies.fail(id, leftOut()) }
    const reader = this.#reader = new FrameReader(frame => { this.#onFrame(frame) }, { arrivals: rooms?.incoming, onLeftOut })
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
   * {@link Clock.now} when the peer last asked what it has missed, ready or not; −Infinity = never. What comes after that it
   * counts on being told: 1. it was frozen, and given up here; 2. it asks what it missed, and answers from memory again;
   * 3. something is removed before it is a member again.
   */
  get caughtUpAt (): number {
    return this.#caughtUpAt
  }

  /**
   * Answers that are not ready yet are never sent. Work goes on for a moment: a peer whose stream was lost asks
   * again on a new one, and joins it. If it does not, nobody waits any more.
   */
  close (reason: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    abortLater([...this.#callers.values()], reason, this.#clock)
    this.#callers.clear()
    this.#reader.close()
    this.#replies.close()
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
        this.#replies.answer(this.#account.requests, id, frame.length, () => this.#handler.remove(this.peer, ticket, removal, hop), digest => { frames.done(id, digest) })
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
        this.#replies.answer(this.#account.forgets, id, frame.length, () => this.#handler.forget(this.peer, ticket, removal), () => { frames.done(id, 0) })
        break
      }
      case FrameType.set: {
        const { hop, ticket, replacement } = readSet(frame)
        this.#account.spend('removals')
        this.#replies.answer(this.#account.requests, id, frame.length, () => this.#handler.set(this.peer, ticket, replacement, hop), digest => { frames.done(id, digest) })
        break
      }
      case FrameType.catchUp: {
        const elapsed = readCatchUp(frame)
        this.#account.spend('catchUps')
        this.#caughtUpAt = this.#clock.now()
        this.#replies.answer(this.#account.forgets, id, frame.length, () => this.#handler.catchUp(this.peer, elapsed), missed => { writeMissed(frames, id, missed) })
        break
      }
      case FrameType.probe: {
        const member = readProbe(frame)
        this.#account.spend('probes')
        this.#replies.answer(this.#account.forgets, id, frame.length, () => this.#handler.probe(this.peer, member), isHeard => { frames.done(id, isHeard ? 1 : 0) })
        break
      }
      case FrameType.cancel:
        readBare(frame)
        this.#account.spend('cancels')
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
    const { requests } = this.#account
    if (this.#replies.isRefused(requests, id, key.length)) return
    try {
      const value = this.#ready === undefined ? this.#handler.get(this.peer, group, key, ask, caller, trace) : this.#getWhenReady(group, key, ask, caller, trace)
      if (!(value instanceof Promise)) this.#replies.value(id, value)
      else {
        this.#callers.set(id, caller)
        this.#replies.answerLater(requests, id, key.length, value, value => { this.#replies.value(id, value) }, () => { this.#callers.delete(id) })
      }
    } catch (err) {
      this.#replies.fail(id, err)
    }
  }

  /** Where there is nothing to cancel any more, the answer crossed the frame that does on its way. */
  #cancel (id: number): void {
    const reason = new AbortError('nobody waits for the value any more')
    this.#callers.get(id)?.abort(reason)
    // for its id is taken until it is answered
    if (this.#outbox.frames.drop(id)) this.#replies.fail(id, reason)
  }

  async #getWhenReady (group: string, key: string, ask: Ask, caller: Caller, trace?: Carrier): Promise<Value | undefined> {
    await this.#ready
    if (this.#isClosed || caller.reason !== undefined) throw caller.reason ?? new AbortError('the stream was closed')
    return toKeep(this.#handler.get(this.peer, group, key, ask, caller, trace))
  }
}
