// The asking end of a stream: many requests in flight, told apart by id.

import { LEASE, MAX_OUTBOX_BYTES, MAX_PENDING_REQUESTS } from '../constants.js'
import { ConnectionLostError, OverloadedError, ProtocolViolationError } from '../errors.js'
import { Numbered } from '../tables/numbered.js'
import { Contact } from './contact.js'
import { FrameReader } from './frame-reader.js'
import { FrameType, failedFrame, idOf, typeOf } from './frames.js'
import { PromisedRequest, gotDigest, gotDone, gotMissed } from './open-request.js'
import { Outbox } from './outbox.js'
import { leftOut } from './rooms.js'
import { writeCatchUp, writeForget, writeRemove, writeSet } from './removal-frames.js'
import { Watch } from './watch.js'
import type { Lease } from '../cache/lease.js'
import type { Clock } from '../clock.js'
import type { Observer, RequestKind } from '../observer.js'
import type { FrameWriter } from './frame-writer.js'
import type { Answer, OpenRequest } from './open-request.js'
import type { Announced, Hop, Removal, Replacement, Ticket } from './removal.js'
import type { Rooms } from './rooms.js'
import type { ValueRequest } from './value-request.js'
import type { Stream } from '@libp2p/interface'

export interface RequesterInit {
  stream: Stream
  /** The peer id of the other end. */
  peer: string
  clock: Clock
  /** How long the peer may stay silent with a request open. */
  timeout: number
  observer?: Observer | undefined
  /** Of the node; absent = its own. */
  rooms?: Rooms | undefined
  /** The stream is of no use any more; everything pending was rejected. */
  onClose: (err: Error) => void
}

/**
 * Half of what is usually open is sent once it is written, and not held for the rest of the tick: so the peer works on
 * one half while this process works on the other, instead of taking turns. It doubled what 16 to 256 loops get that have
 * one request open each. Fewer than this are not worth a write of their own.
 */
const MIN_HALF = 8

export class Requester {
  readonly #stream: Stream
  readonly #clock: Clock
  readonly #onClose: (err: Error) => void
  readonly #observer: Observer | undefined
  readonly #outbox: Outbox
  readonly #reader: FrameReader
  readonly #contact: Contact
  /** Those whose caller has left included: their ids are taken until the answer comes. */
  readonly #open = new Numbered<OpenRequest>()
  /** The most that were open when something came in, since the last look at the peer. */
  #usual = 0
  #lastPing: OpenRequest | undefined
  #closedWith: Error | undefined
  readonly #watch: Watch

  constructor ({ stream, peer, clock, timeout, observer, rooms, onClose }: RequesterInit) {
    this.#stream = stream
    this.#clock = clock
    this.#onClose = onClose
    this.#observer = observer
    this.#contact = new Contact(peer, timeout)
    this.#outbox = new Outbox(stream, { room: rooms?.outgoing, onFailure: err => { this.close(err) } })
    this.#watch = new Watch({
      clock,
      timeout,
      contact: this.#contact,
      open: () => this.#open.size,
      isPinged: () => this.#lastPing !== undefined && this.#open.get(this.#lastPing.id) === this.#lastPing,
      // its rejection is that of the stream, which the others are told as well
      ping: () => { this.ping().catch(() => {}) },
      onSilence: err => { this.close(err) },
      onLook: () => { this.#usual = this.#open.size }
    })
    const onLeftOut = (id: number): void => { this.#onFrame(failedFrame(id, leftOut())) }
    const reader = this.#reader = new FrameReader(frame => { this.#onFrame(frame) }, { arrivals: rooms?.incoming, onLeftOut })
    stream.addEventListener('message', event => {
      try {
        this.#onMessage()
        reader.pushAll(event.data)
      } catch (err) {
        this.close(err as Error)
      }
    })
    const lost = (): void => { this.close(new ConnectionLostError('the peer closed the stream')) }
    for (const end of ['remoteCloseWrite', 'close'] as const) stream.addEventListener(end, lost)
  }

  get pending (): number {
    return this.#open.size
  }

  /** Contact with the peer; see contact.ts. */
  get lease (): Lease {
    return this.#contact.lease
  }

  /** See {@link Contact.provenLease}. */
  get provenLease (): Lease | undefined {
    return this.#contact.provenLease
  }

  /** {@link Clock.now} when the newest request was sent that has been answered. */
  get contactAt (): number | undefined {
    return this.#contact.provenAt
  }

  /** Asks for a value. When its receiver aborts, it fails with the reason, and the peer is told that nobody waits. */
  ask (request: ValueRequest): void {
    let leftWith: Error | undefined
    let isSent = false
    request.receiver.whenAborted(reason => {
      if (isSent) this.#cancel(request, reason)
      else leftWith = reason
    })
    if (leftWith !== undefined) {
      // it left before it asked
      request.receiver.failed(leftWith)
      return
    }
    isSent = true
    this.#send(request, MAX_PENDING_REQUESTS)
  }

  /** @returns the digest of those who have confirmed */
  remove (ticket: Ticket, removal: Removal, hop: Hop): Promise<Answer<number>> {
    return this.#request('remove', gotDigest, (frames, id) => { writeRemove(frames, id, ticket, removal, hop) }, MAX_PENDING_REQUESTS)
  }

  /** Not limited in number: there are no more of them than removals under way. */
  forget (ticket: Ticket, removal: Removal): Promise<Answer<void>> {
    return this.#request('forget', gotDone, (frames, id) => { writeForget(frames, id, ticket, removal) }, Infinity)
  }

  /** @returns the digest of those who have confirmed */
  set (ticket: Ticket, replacement: Replacement, hop: Hop): Promise<Answer<number>> {
    return this.#request('set', gotDigest, (frames, id) => { writeSet(frames, id, ticket, replacement, hop) }, MAX_PENDING_REQUESTS)
  }

  /** Not subject to the limits: it is asked once, at the beginning. @param elapsed - milliseconds */
  catchUp (elapsed: number): Promise<Answer<Announced[] | 'all'>> {
    return this.#request('catch_up', gotMissed, (frames, id) => { writeCatchUp(frames, id, elapsed) })
  }

  /** Not subject to the limits: it has to tell whether those who wait wait in vain. */
  ping (): Promise<Answer<void>> {
    const ping = new PromisedRequest('ping', (frames, id) => { frames.bare(FrameType.ping, id) }, gotDone)
    this.#lastPing = ping
    this.#send(ping)
    return ping.answer
  }

  /** As {@link ping}: it tells whether another member is there. @returns 1 = it answers the peer */
  probe (member: string): Promise<Answer<number>> {
    return this.#request('probe', gotDigest, (frames, id) => { frames.frame(FrameType.probe, id, Buffer.from(member)) })
  }

  /** Rejects everything pending and lets go of the stream. */
  close (err: Error): void {
    if (this.#closedWith !== undefined) return
    this.#closedWith = err
    this.#contact.end()
    this.#watch.stop()
    this.#reader.close()
    this.#outbox.close()
    this.#stream.abort(err)
    // first: who is rejected below asks again, and not here
    this.#onClose(err)
    const open = this.#open.all()
    this.#open.clear()
    for (const request of open) this.#reject(request, err)
  }

  #request<T> (kind: RequestKind, read: (frame: Buffer) => T, write: (frames: FrameWriter, id: number) => void, max?: number): Promise<Answer<T>> {
    const request = new PromisedRequest(kind, write, read)
    this.#send(request, max)
    return request.answer
  }

  /**
   * A request that could not be sent is one that was rejected.
   *
   * @param max - requests that may be open; undefined = it is not subject to any limit
   */
  #send (request: OpenRequest, max?: number): void {
    const now = this.#clock.now()
    const { size } = this.#open
    if (size > 0 && this.#contact.isLost(now)) this.close(lostTouch(size))
    this.#open.number(request)
    request.sentAt = now
    try {
      if (this.#closedWith !== undefined) throw this.#closedWith
      if (max !== undefined) this.#checkRoom(max)
      request.write(this.#outbox.frames)
    } catch (err) {
      this.#reject(request, err as Error)
      return
    }
    if (size === 0) {
      this.#watch.heard(now)
      this.#contact.begin(now)
    }
    this.#open.add(request)
    this.#outbox.flushSoon(this.#usual < 2 * MIN_HALF ? Infinity : this.#usual / 2)
    this.#watch.go()
  }

  #reject (request: OpenRequest, err: Error): void {
    this.#observer?.unanswered(request.kind)
    request.reject(err)
  }

  #checkRoom (max: number): void {
    if (this.#open.size < max && this.#outbox.waiting <= MAX_OUTBOX_BYTES) return
    throw new OverloadedError(`${this.#open.size} requests and ${this.#outbox.waiting} bytes wait for one peer`)
  }

  #cancel (request: ValueRequest, reason: Error): void {
    if (this.#open.get(request.id) !== request) return
    request.leave(reason)
    this.#outbox.frames.bare(FrameType.cancel, request.id)
    this.#outbox.flushSoon()
  }

  #onMessage (): void {
    const now = this.#clock.now()
    this.#watch.heard(now)
    this.#usual = Math.max(this.#usual, this.#open.size)
    if (this.#open.size > 0 && this.#contact.isLost(now)) throw lostTouch(this.#open.size)
  }

  #onFrame (frame: Buffer): void {
    const id = idOf(frame)
    const request = this.#open.get(id)
    if (request === undefined) throw new ProtocolViolationError(`an answer to request ${id}, which is not open`)
    this.#contact.prove(request.sentAt)
    this.#observer?.answered(request.kind, typeOf(frame) === FrameType.failed, this.#clock.now() - request.sentAt)
    // while it is open, so that a frame that is no answer to it rejects it
    request.settle(frame, this.#contact.lease)
    this.#open.delete(request)
  }
}

function lostTouch (count: number): ConnectionLostError {
  return new ConnectionLostError(`lost touch with the peer for ${LEASE} ms with ${count} requests open`)
}
