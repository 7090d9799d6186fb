// The asking end of a stream: many requests in flight, told apart by id.

import { TimeoutError } from '@libp2p/interface'
import { LEASE, MAX_OUTBOX_BYTES, MAX_PENDING_REQUESTS } from '../constants.js'
import { ConnectionLostError, OverloadedError, ProtocolViolationError } from '../errors.js'
import { Contact } from './contact.js'
import { FrameReader } from './frame-reader.js'
import { FrameType, idOf } from './frames.js'
import { OpenRequest, gotDigest, gotDone, gotMissed, gotValue } from './open-request.js'
import { Outbox } from './outbox.js'
import { writeCatchUp, writeForget, writeRemove, writeSet } from './removal-frames.js'
import type { Lease } from '../cache/lease.js'
import type { Clock, Timer } from '../clock.js'
import type { Abortable } from '../flight/abortable.js'
import type { Ask, Value } from './ask.js'
import type { FrameWriter } from './frame-writer.js'
import type { Answer } from './open-request.js'
import type { Announced, Hop, Removal, Replacement, Ticket } from './removal.js'
import type { Stream } from '@libp2p/interface'

export interface RequesterInit {
  stream: Stream
  /** The peer id of the other end. */
  peer: string
  clock: Clock
  /** How long the peer may stay silent with a request open. */
  timeout: number
  /** The stream is of no use any more; everything pending was rejected. */
  onClose: (err: Error) => void
}

/** An open request whatever it asks for. */
type AnyRequest = Pick<OpenRequest<unknown>, 'sentAt' | 'settle' | 'reject'>

export class Requester {
  readonly #stream: Stream
  readonly #clock: Clock
  readonly #timeout: number
  /** Between looks at whether the peer is there. */
  readonly #interval: number
  readonly #onClose: (err: Error) => void
  readonly #outbox: Outbox
  readonly #contact: Contact
  /** Those whose caller has left included: their ids are taken until the answer comes. */
  readonly #open = new Map<number, AnyRequest>()
  #lastId = 0
  #lastPing: OpenRequest<void> | undefined
  #closedWith: Error | undefined
  /** When the peer was last heard, or asked something after having nothing to answer. */
  #quietSince = 0
  #watch: Timer | undefined
  /** When it is due. */
  #checkAt = 0

  constructor ({ stream, peer, clock, timeout, onClose }: RequesterInit) {
    this.#stream = stream
    this.#clock = clock
    this.#timeout = timeout
    this.#interval = Math.min(timeout, LEASE) / 4
    this.#onClose = onClose
    this.#contact = new Contact(peer, timeout)
    this.#outbox = new Outbox(stream, { onFailure: err => { this.close(err) } })
    const reader = new FrameReader(frame => { this.#onFrame(frame) })
    stream.addEventListener('message', event => {
      try {
        this.#onMessage()
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

  /** @param caller - when it aborts, the answer is rejected with its reason and the peer is told that nobody waits */
  get (group: string, key: string, ask: Ask, caller?: Abortable): Promise<Answer<Value | undefined>> {
    const write = (frames: FrameWriter, id: number): void => { frames.get(id, ask, group, key) }
    if (caller === undefined) return this.#request(gotValue, write).answer
    let leftWith: Error | undefined
    let leave = (reason: Error): void => { leftWith = reason }
    caller.whenAborted(reason => { leave(reason) })
    // it left before it asked
    if (leftWith !== undefined) return Promise.reject(leftWith)
    const request = this.#request(gotValue, write)
    leave = reason => { this.#cancel(request, reason) }
    return request.answer
  }

  /** @returns the digest of those who have confirmed */
  remove (ticket: Ticket, removal: Removal, hop: Hop): Promise<Answer<number>> {
    return this.#request(gotDigest, (frames, id) => { writeRemove(frames, id, ticket, removal, hop) }).answer
  }

  /** Not limited in number: there are no more of them than removals under way. */
  forget (ticket: Ticket, removal: Removal): Promise<Answer<void>> {
    return this.#request(gotDone, (frames, id) => { writeForget(frames, id, ticket, removal) }, Infinity).answer
  }

  /** @returns the digest of those who have confirmed */
  set (ticket: Ticket, replacement: Replacement, hop: Hop): Promise<Answer<number>> {
    return this.#request(gotDigest, (frames, id) => { writeSet(frames, id, ticket, replacement, hop) }).answer
  }

  /** Not subject to the limits: it is asked once, at the beginning. @param elapsed - milliseconds */
  catchUp (elapsed: number): Promise<Answer<Announced[] | 'all'>> {
    return this.#send(gotMissed, (frames, id) => { writeCatchUp(frames, id, elapsed) }).answer
  }

  /** Not subject to the limits: it has to tell whether those who wait wait in vain. */
  ping (): Promise<Answer<void>> {
    this.#lastPing = this.#send(gotDone, (frames, id) => { frames.bare(FrameType.ping, id) })
    return this.#lastPing.answer
  }

  /** As {@link ping}: it tells whether another member is there. @returns 1 = it answers the peer */
  probe (member: string): Promise<Answer<number>> {
    return this.#send(gotDigest, (frames, id) => { frames.frame(FrameType.probe, id, Buffer.from(member)) }).answer
  }

  /** Rejects everything pending and lets go of the stream. */
  close (err: Error): void {
    if (this.#closedWith !== undefined) return
    this.#closedWith = err
    this.#contact.end()
    if (this.#watch !== undefined) this.#clock.clearTimeout(this.#watch)
    for (const { reject } of this.#open.values()) reject(err)
    this.#open.clear()
    this.#stream.abort(err)
    this.#onClose(err)
  }

  #request<T> (read: (frame: Buffer, lease: Lease) => T, write: (frames: FrameWriter, id: number) => void, max = MAX_PENDING_REQUESTS): OpenRequest<T> {
    const isFull = this.#open.size >= max || this.#outbox.waiting > MAX_OUTBOX_BYTES
    return this.#send(read, isFull ? () => { throw new OverloadedError(`${this.#open.size} requests and ${this.#outbox.waiting} bytes wait for one peer`) } : write)
  }

  /** A request that could not be sent is one that was rejected. */
  #send<T> (read: (frame: Buffer, lease: Lease) => T, write: (frames: FrameWriter, id: number) => void): OpenRequest<T> {
    const now = this.#clock.now()
    const isFirst = this.#open.size === 0
    if (!isFirst && this.#contact.isLost(now)) this.close(lostTouch(this.#open.size))
    const request = new OpenRequest(this.#nextId(), now, read)
    try {
      if (this.#closedWith !== undefined) throw this.#closedWith
      write(this.#outbox.frames, request.id)
    } catch (err) {
      request.reject(err as Error)
      return request
    }
    if (isFirst) {
      this.#quietSince = now
      this.#contact.begin(now)
    }
    this.#open.set(request.id, request)
    this.#outbox.flushSoon()
    this.#watch ??= this.#nextCheck()
    return request
  }

  #cancel<T> (request: OpenRequest<T>, reason: Error): void {
    if (this.#open.get(request.id) !== request) return
    request.reject(reason)
    this.#outbox.frames.bare(FrameType.cancel, request.id)
    this.#outbox.flushSoon()
  }

  #nextId (): number {
    do {
      this.#lastId = (this.#lastId + 1) >>> 0
    } while (this.#open.has(this.#lastId))
    return this.#lastId
  }

  #onMessage (): void {
    const now = this.#clock.now()
    this.#quietSince = now
    if (this.#open.size > 0 && this.#contact.isLost(now)) throw lostTouch(this.#open.size)
  }

  #onFrame (frame: Buffer): void {
    const id = idOf(frame)
    const request = this.#open.get(id)
    if (request === undefined) throw new ProtocolViolationError(`an answer to request ${id}, which is not open`)
    this.#contact.prove(request.sentAt)
    // while it is open, so that a frame that is no answer to it rejects it
    request.settle(frame, this.#contact.lease)
    this.#open.delete(id)
  }

  /**
   * Tells a slow load from a peer that is gone, and keeps up contact for as long as anybody holds copies.
   * One timer for all requests; it ends when none is open and no copy needs it. A copy is stored in the
   * tick of its answer, before which the timer was running, so the next check knows of it.
   */
  readonly #check = (): void => {
    this.#watch = undefined
    const now = this.#clock.now()
    const count = this.#open.size
    if (count === 0 && !this.#contact.isNeeded(now)) return
    // it was this process that stood still: the peer's answers are in the buffers, behind this timer
    if (now - this.#checkAt > this.#interval) this.#quietSince = now
    const quiet = now - this.#quietSince
    if (count > 0 && quiet >= this.#timeout) {
      this.close(new TimeoutError(`the peer was silent for ${Math.round(quiet)} ms with ${count} requests open`))
      return
    }
    this.#watch = this.#nextCheck()
    // with the lease lapsed and a ping open, its answer, or the timeout, decides between a slow peer and one
    // that is gone. With none open it was this process that stood still: sending one sees that touch is lost.
    const isOfUse = !this.#contact.isLost(now) || !this.#isPinged
    // its rejection is that of the stream, which the others are told as well
    if (isOfUse && this.#contact.isPingDue(now)) this.ping().catch(() => {})
  }

  get #isPinged (): boolean {
    return this.#lastPing !== undefined && this.#open.get(this.#lastPing.id) === this.#lastPing
  }

  #nextCheck (): Timer {
    this.#checkAt = this.#clock.now() + this.#interval
    return this.#clock.setTimeout(this.#check, this.#interval)
  }
}

function lostTouch (count: number): ConnectionLostError {
  return new ConnectionLostError(`lost touch with the peer for ${LEASE} ms with ${count} requests open`)
}
