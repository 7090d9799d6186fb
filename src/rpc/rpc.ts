// Requests to and from other members: one long-lived stream per peer and direction.

import { AbortError } from '@libp2p/interface'
import { within } from '../clock.js'
import { ConnectionLostError, ProtocolViolationError } from '../errors.js'
import { Cancellation } from '../flight/abortable.js'
import { Contacts } from './contacts.js'
import { Inbound } from './inbound.js'
import { Links } from './links.js'
import { RemoteFailure } from './remote-failure.js'
import { Rooms } from './rooms.js'
import { ValueRequest } from './value-request.js'
import { saveWindowUpdates } from './window-updates.js'
import type { Lease } from '../cache/lease.js'
import type { Abortable } from '../flight/abortable.js'
import type { Ask, Value } from './ask.js'
import type { Answer } from './open-request.js'
import type { Announced, Hop, Removal, Replacement, Ticket } from './removal.js'
import type { Requester } from './requester.js'
import type { RpcInit } from './rpc-init.js'
import type { Receiver } from './value-request.js'
import type { PeerId, StreamHandler } from '@libp2p/interface'

export interface RequestOptions {
  /** Milliseconds, after which it is rejected with AbortError; default: for as long as the peer is there. */
  timeout?: number | undefined
}

/** A peer needs one stream to us; a few more are taken while an old one is being closed. */
const MAX_INBOUND_STREAMS = 8

export class Rpc {
  readonly #init: RpcInit
  readonly #contacts: Contacts
  readonly #links: Links
  readonly #inbound: Inbound

  constructor (init: RpcInit) {
    this.#init = init
    const contacts = this.#contacts = new Contacts(init.clock)
    const rooms = new Rooms(init.clock)
    this.#links = new Links({
      ...init,
      contacts,
      rooms,
      onSilence: (peer, err) => { this.cut(peer, err) },
      onEnd: (id, contactAt) => { if (this.#inbound.activeAt(id) !== -Infinity) contacts.heard(id, contactAt) }
    })
    this.#inbound = new Inbound({ ...init, contacts, rooms })
  }

  async start (): Promise<void> {
    this.#links.start()
    await this.#init.registrar.handle(this.#init.protocol, this.#onStream, { maxInboundStreams: MAX_INBOUND_STREAMS, maxOutboundStreams: MAX_INBOUND_STREAMS })
  }

  /** Rejects what is pending. */
  async stop (): Promise<void> {
    const reason = new ConnectionLostError('this node was stopped')
    this.#links.stop(reason)
    this.#inbound.closeAll(reason)
    await this.#init.registrar.unhandle(this.#init.protocol)
  }

  /** Opens the stream, so that the first request does not wait for it. @throws PeerUnreachableError */
  async connect (peer: PeerId): Promise<void> {
    await this.#links.requester(peer)
  }

  /** See Peers.ask. */
  ask (peer: PeerId, group: string, key: string, ask: Ask, receiver: Receiver): void {
    const request = new ValueRequest({ peer, group, key, ask, receiver, onLost: this.#askAgain })
    const open = this.#links.open(peer.toString())
    if (open === undefined) this.#askOnNewStream(request)
    else open.ask(request)
  }

  /** As {@link ask}, with a promise. See Peers.fetch. */
  get (peer: PeerId, group: string, key: string, ask: Ask, { timeout, caller }: RequestOptions & { caller?: Abortable | undefined } = {}): Promise<Value | undefined> {
    const cancellation = new Cancellation()
    caller?.whenAborted(reason => { cancellation.abort(reason) })
    const answer = new Promise<Value | undefined>((resolve, reject) => {
      this.ask(peer, group, key, ask, { answered: resolve, failed: reject, whenAborted: callback => { cancellation.whenAborted(callback) } })
    })
    return this.#within(timeout, answer, cancellation)
  }

  readonly #askAgain = (request: ValueRequest, err: ConnectionLostError): void => {
    if (this.#links.isStarted) this.#askOnNewStream(request)
    else request.reject(err)
  }

  #askOnNewStream (request: ValueRequest): void {
    this.#links.requester(request.peer).then(requester => { requester.ask(request) }, (err: unknown) => { request.reject(err as Error) })
  }

  /** Has a member see to a removal. @returns the digest of those who have confirmed */
  remove (peer: PeerId, ticket: Ticket, removal: Removal, hop: Hop, { timeout }: RequestOptions = {}): Promise<number> {
    return this.#within(timeout, this.#request(peer, requester => requester.remove(ticket, removal, hop), answer => resultOf(answer, peer, removal.group)))
  }

  /** Has a member forget: also one that was given up, for it may be back. */
  forget (peer: PeerId, ticket: Ticket, removal: Removal, { timeout }: RequestOptions = {}): Promise<void> {
    return this.#within(timeout, this.#request(peer, requester => requester.forget(ticket, removal), answer => resultOf(answer, peer, removal.group), 'even if given up'))
  }

  /** Has a member store a value in place of what it has. @returns the digest of those who have confirmed */
  set (peer: PeerId, ticket: Ticket, replacement: Replacement, hop: Hop, { timeout }: RequestOptions = {}): Promise<number> {
    return this.#within(timeout, this.#request(peer, requester => requester.set(ticket, replacement, hop), answer => resultOf(answer, peer, replacement.group, replacement.key)))
  }

  /** What this node may have missed that was out of touch for `elapsed` milliseconds. Asked also of one that was given up. */
  catchUp (peer: PeerId, elapsed: number, { timeout }: RequestOptions = {}): Promise<Announced[] | 'all'> {
    return this.#within(timeout, this.#request(peer, requester => requester.catchUp(elapsed), answer => resultOf(answer, peer), 'even if given up'))
  }

  /** Resolves when the peer answers. */
  ping (peer: PeerId, { timeout }: RequestOptions = {}): Promise<void> {
    return this.#within(timeout, this.#request(peer, requester => requester.ping(), answer => resultOf(answer, peer)))
  }

  /** Has a peer ping another member. @returns whether that one answers it */
  async probe (peer: PeerId, member: string, { timeout }: RequestOptions = {}): Promise<boolean> {
    return await this.#within(timeout, this.#request(peer, requester => requester.probe(member), answer => resultOf(answer, peer))) === 1
  }

  /** Contact with a peer, where it lasts. */
  lease (id: string): Lease | undefined {
    const lease = this.#links.open(id)?.provenLease
    return lease?.isRunning(this.#init.clock.now()) === true ? lease : undefined
  }

  /**
   * Up to when this node has certainly been told of what a peer told everybody; undefined = never, or too
   * long ago to know. Only while the peer has a stream to us, on which it was asked what we had missed
   * before, are the answers to our own questions worth anything here: 1. we were apart, and missed a removal;
   * 2. a ping of ours is answered; 3. the peer opens its stream. What we have missed is from before 2.
   */
  lastContact (id: string): number | undefined {
    const inboundAt = this.#inbound.activeAt(id)
    const at = inboundAt === -Infinity ? this.#contacts.heardAt(id) : Math.max(inboundAt, this.#links.open(id)?.contactAt ?? -Infinity)
    return at === -Infinity ? undefined : at
  }

  /** Peers that may hold a running lease of this node's, and {@link Clock.now} when it ends at the latest. */
  holders (): Map<string, number> {
    return this.#inbound.holders()
  }

  /** The last attempt to reach a peer was refused by its host, and nothing was heard of it since. */
  isGone (id: string): boolean {
    const refusedAt = this.#contacts.refusedAt(id)
    return refusedAt !== undefined && refusedAt >= (this.lastContact(id) ?? -Infinity)
  }

  /** Drops the stream to a peer that is gone. */
  disconnect (peer: PeerId, reason: Error): void {
    this.#links.open(peer.toString())?.close(reason)
  }

  /** Ends the streams to and from a peer. Each may open new ones, which begin with what was missed. */
  part (peer: PeerId, reason: Error): void {
    const id = peer.toString()
    this.#links.part(id, reason)
    this.#inbound.close(id, reason)
  }

  /** Peers that this node has a stream to. */
  asked (): string[] {
    return this.#links.opened()
  }

  /** Whether there is a stream to or from a peer. */
  hasStream (id: string): boolean {
    return this.#links.open(id) !== undefined || this.#inbound.has(id)
  }

  /** Ends all contact with a peer at once: nothing is answered any more, and for a while nothing asked. */
  cut (peer: PeerId, reason: Error): void {
    const id = peer.toString()
    this.#links.cut(id, reason)
    this.#inbound.close(id, reason)
    this.#init.dialler.abort(peer, reason)
  }

  /** Ends every lease of this node's: the peers open new streams. */
  revoke (reason: Error): void {
    this.#inbound.closeReady(reason)
  }

  /** A peer is connected again, or said to be well: whatever it failed at before, it may be asked. */
  reconnected (peer: PeerId): void {
    this.#links.reconnected(peer.toString())
  }

  /** A request that was cut off is made once more, for the reason that is in value-request.ts; all requests may be. */
  #request<T> (peer: PeerId, request: (requester: Requester) => Promise<Answer<T>>, read: (answer: Answer<T>) => T, how?: 'even if given up'): Promise<T> {
    const requesterOf = (): Promise<Requester> => how === undefined ? this.#links.requester(peer) : this.#links.reach(peer)
    const onceMore = async (err: unknown): Promise<T> => {
      if (!this.#links.isStarted || !(err instanceof ConnectionLostError)) throw err
      return read(await request(await requesterOf()))
    }
    const open = this.#links.open(peer.toString())
    return (open === undefined ? requesterOf().then(request) : request(open)).then(read, onceMore)
  }

  readonly #onStream: StreamHandler = (stream, connection) => {
    const id = connection.remotePeer.toString()
    if (!this.#init.conduct.grants(id, 'streams')) {
      stream.abort(new ProtocolViolationError('it opened too many streams'))
      return
    }
    // lost while libp2p saw to it: there will be no word of its end
    if (stream.status !== 'open') return
    this.#contacts.reached(id)
    saveWindowUpdates(stream)
    this.#inbound.add(id, stream, this.#init.onPeer(id))
  }

  #within<T> (timeout: number | undefined, answer: Promise<T>, cancellation?: Cancellation): Promise<T> {
    if (timeout === undefined) return answer
    return within(this.#init.clock, timeout, answer, () => {
      const reason = new AbortError(`no answer within ${timeout} ms`)
      cancellation?.abort(reason)
      throw reason
    })
  }
}

/** @throws the error that a failure stands for */
function resultOf<T> (answer: Answer<T>, peer: PeerId, group = '', key = ''): T {
  if (answer instanceof RemoteFailure) throw answer.toError(group, key, peer)
  return answer
}
