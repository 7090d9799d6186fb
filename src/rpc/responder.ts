// The answering end of a stream. What is in memory is answered in the tick the request came in.

import { MAX_OUTBOX_BYTES, MAX_UNREAD_TIME, UNREAD_PATIENCE } from '../constants.js'
import { ProtocolViolationError, messageOf } from '../errors.js'
import { FairTurns } from './fair-turns.js'
import { FrameType, idOf, readBare, readGet, readProbe, readTrace, typeOf } from './frames.js'
import { Inlet } from './inlet.js'
import { Outbox } from './outbox.js'
import { readCatchUp, readForget, readRemove, readSet, writeMissed } from './removal-frames.js'
import { removalCost } from './removal.js'
import { Replies } from './replies.js'
import { leftOut } from './rooms.js'
import { ServedGets } from './served-gets.js'
import type { Clock } from '../clock.js'
import type { Account } from './account.js'
import type { RequestHandler } from './request-handler.js'
import type { Rest } from './inlet.js'
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
  turns?: FairTurns | undefined
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
  readonly #inlet: Inlet
  readonly #onClose: (reason: Error) => void
  readonly #leaveQueue: () => void
  readonly #replies: Replies
  readonly #gets: ServedGets
  #ready: Promise<void> | undefined
  /** Of the GET that comes next. */
  #trace: ReturnType<typeof readTrace> | undefined
  #activeAt = -Infinity
  #caughtUpAt = -Infinity
  #isClosed = false

  constructor ({ stream, peer, account, handler, clock, ready, rooms, turns = new FairTurns(clock), onClose }: ResponderInit) {
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
      onDrained: () => { if (!this.#isClosed) this.#inlet.readOn() }
    })
    this.#replies = new Replies(this.#outbox, account)
    this.#gets = new ServedGets({ peer, account, handler, clock, turns, outbox: this.#outbox, replies: this.#replies, ready })
    this.#leaveQueue = account.addQueue(() => this.#outbox.frames.longBytes)
    this.#ready = ready
    ready?.then(() => {
      this.#ready = undefined
      this.#touch()
    }, (err: unknown) => { this.close(err instanceof Error ? err : new Error(messageOf(err))) })
    this.#inlet = new Inlet({
      stream,
      turns,
      share: account.share,
      arrivals: rooms?.incoming,
      onMessage: () => { this.#touch() },
      onFrame: frame => this.#onFrame(frame),
      onLeftOut: id => { this.#replies.fail(id, leftOut()) },
      onTurn: () => { this.#outbox.flush() },
      isBehind: () => this.#outbox.waiting > MAX_OUTBOX_BYTES || this.#outbox.unreadFor() >= UNREAD_PATIENCE,
      onFailure: err => { this.close(err) }
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

  /** Answers that are not ready yet are never sent. */
  close (reason: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#gets.close(reason)
    this.#inlet.close()
    this.#replies.close()
    this.#outbox.close()
    this.#leaveQueue()
    this.#stream.abort(reason)
    this.#onClose(reason)
  }

  #touch (): void {
    if (this.#ready === undefined && !this.#isClosed) this.#activeAt = this.#clock.now()
  }

  #onFrame (frame: Buffer): Rest | undefined {
    const id = idOf(frame)
    const { frames } = this.#outbox
    switch (typeOf(frame)) {
      case FrameType.get: {
        const { ask, group, keys } = readGet(frame)
        const trace = this.#trace?.id === id ? this.#trace.carrier : undefined
        this.#trace = undefined
        return this.#gets.answer(id, keys, { ask, group, trace })
      }
      case FrameType.trace:
        this.#trace = readTrace(frame)
        break
      case FrameType.remove: {
        const { hop, ticket, removal } = readRemove(frame)
        // an owner may pass on what somebody else removes, which is not held against it: its turn bounds what that costs
        if (hop === 'owner' || removal.kind !== 'keys') this.#account.spend('removals', removalCost(removal, frame.length))
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
        this.#replies.answer(this.#account.forgets, id, frame.length, () => this.#handler.forget(this.peer, ticket, removal), () => { frames.done(id, 0) })
        break
      }
      case FrameType.set: {
        const { hop, ticket, replacement } = readSet(frame)
        if (hop === 'owner') this.#account.spend('removals')
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
        this.#gets.cancel(id)
        break
      default:
        throw new ProtocolViolationError(`a frame of type ${typeOf(frame)} where a request belongs`)
    }
    return undefined
  }
}
