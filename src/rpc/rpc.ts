// One long-lived stream per peer and direction: opens ours when first needed, answers on theirs.

import { AbortError, NotStartedError } from '@libp2p/interface'
import { CONNECT_PAUSE, CONNECT_TIMEOUT } from '../constants.js'
import { ConnectionLostError, PeerUnreachableError, messageOf } from '../errors.js'
import { RemoteFailure } from './remote-failure.js'
import { Requester } from './requester.js'
import { Responder } from './responder.js'
import type { Clock } from '../clock.js'
import type { Ask, Value } from './ask.js'
import type { RequestHandler } from './responder.js'
import type { Answer } from './requester.js'
import type { Dialler } from './dialler.js'
import type { Logger, PeerId, StreamHandler } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'

export interface RpcInit {
  /** Carries cluster and version, so that others are refused by name. */
  protocol: string
  timeout: number
  dialler: Dialler
  registrar: Registrar
  handler: RequestHandler
  clock: Clock
  log: Logger
}

/** A peer needs one stream to us; a few more are taken while an old one is being closed. */
const MAX_INBOUND_STREAMS = 8

type Link =
  | { state: 'opening', requester: Promise<Requester> }
  | { state: 'open', requester: Requester }
  | { state: 'failed', error: Error }

export class Rpc {
  readonly #init: RpcInit
  readonly #links = new Map<string, Link>()
  readonly #responders = new Set<Responder>()
  #isStarted = false

  constructor (init: RpcInit) {
    this.#init = init
  }

  async start (): Promise<void> {
    this.#isStarted = true
    await this.#init.registrar.handle(this.#init.protocol, this.#onStream, { maxInboundStreams: MAX_INBOUND_STREAMS, maxOutboundStreams: MAX_INBOUND_STREAMS })
  }

  /** Rejects what is pending. */
  async stop (): Promise<void> {
    this.#isStarted = false
    const reason = new ConnectionLostError('this node was stopped')
    for (const link of this.#links.values()) {
      if (link.state === 'open') link.requester.close(reason)
    }
    this.#links.clear()
    for (const responder of this.#responders) responder.close(reason)
    await this.#init.registrar.unhandle(this.#init.protocol)
  }

  /** Opens the stream, so that the first request does not wait for it. @throws PeerUnreachableError */
  async connect (peer: PeerId): Promise<void> {
    await this.#requester(peer)
  }

  /** See Peers.fetch. */
  get (peer: PeerId, group: string, key: string, ask: Ask, timeout?: number): Promise<Value | undefined> {
    const value = this.#ask(peer, requester => requester.get(group, key, ask), answer => valueOf(answer, peer, group, key))
    return timeout === undefined ? value : this.#within(timeout, value)
  }

  async remove (peer: PeerId, group: string, key: string): Promise<void> {
    await this.#ask(peer, requester => requester.remove(group, key), answer => valueOf(answer, peer, group, key))
  }

  /** Resolves when the peer answers. */
  async ping (peer: PeerId): Promise<void> {
    await this.#ask(peer, requester => requester.ping(), () => undefined)
  }

  /** Drops the stream to a peer that is gone. */
  disconnect (peer: PeerId, reason: Error): void {
    const link = this.#links.get(peer.toString())
    if (link?.state === 'open') link.requester.close(reason)
  }

  /** A peer is connected again: whatever it failed at before, it may be asked. */
  reconnected (peer: PeerId): void {
    const id = peer.toString()
    if (this.#links.get(id)?.state === 'failed') this.#links.delete(id)
  }

  /** Has requests to a peer fail at once for a while, so that they go elsewhere instead of waiting in vain. */
  #avoid (id: string, error: Error, ms: number): void {
    const link: Link = { state: 'failed', error }
    this.#links.set(id, link)
    this.#init.clock.setTimeout(() => { if (this.#links.get(id) === link) this.#links.delete(id) }, ms)
  }

  /**
   * A stream can be lost although its peer is well: when both sides dialled at once, libp2p closes one
   * of the two connections. So a request that was cut off is made once more; all requests may be.
   */
  #ask<T> (peer: PeerId, request: (requester: Requester) => Promise<Answer>, read: (answer: Answer) => T): Promise<T> {
    const onceMore = async (err: unknown): Promise<T> => {
      if (!this.#isStarted || !(err instanceof ConnectionLostError)) throw err
      return read(await request(await this.#requester(peer)))
    }
    const link = this.#links.get(peer.toString())
    // one promise, not four: this is where every get of another member's key passes
    if (link?.state === 'open') return request(link.requester).then(read, onceMore)
    return this.#requester(peer).then(request).then(read, onceMore)
  }

  async #requester (peer: PeerId): Promise<Requester> {
    if (!this.#isStarted) throw new NotStartedError('the node is not started, or was stopped')
    const id = peer.toString()
    const link = this.#links.get(id)
    if (link?.state === 'open' || link?.state === 'opening') return link.requester
    if (link?.state === 'failed') throw link.error
    const opening = this.#open(peer, id)
    this.#links.set(id, { state: 'opening', requester: opening })
    return opening
  }

  async #open (peer: PeerId, id: string): Promise<Requester> {
    const { dialler, protocol, clock, timeout, log } = this.#init
    try {
      const stream = await dialler.openStream(peer, protocol, { timeout: Math.min(timeout, CONNECT_TIMEOUT) })
      const requester: Requester = new Requester({
        stream,
        clock,
        timeout,
        onClose: err => {
          log('stream to %s closed - %e', id, err)
          const link = this.#links.get(id)
          if (link?.state === 'open' && link.requester === requester) this.#links.delete(id)
          if (err.name !== 'TimeoutError') return
          // a peer that was silent for so long will not answer on another stream either
          this.#avoid(id, new PeerUnreachableError(id, err.message, err), timeout)
          dialler.abort(peer, err)
        }
      })
      if (!this.#isStarted) {
        requester.close(new ConnectionLostError('this node was stopped'))
        return requester
      }
      this.#links.set(id, { state: 'open', requester })
      return requester
    } catch (err) {
      const error = new PeerUnreachableError(id, messageOf(err), err)
      this.#avoid(id, error, CONNECT_PAUSE)
      throw error
    }
  }

  readonly #onStream: StreamHandler = stream => {
    const responder: Responder = new Responder({
      stream,
      handler: this.#init.handler,
      log: this.#init.log,
      onClose: () => { this.#responders.delete(responder) }
    })
    this.#responders.add(responder)
  }

  async #within<T> (timeout: number, answer: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>()
    const timer = this.#init.clock.setTimeout(() => { late.reject(new AbortError(`no answer within ${timeout} ms`)) }, timeout)
    try {
      return await Promise.race([answer, late.promise])
    } finally {
      this.#init.clock.clearTimeout(timer)
    }
  }
}

function valueOf (answer: Answer, peer: PeerId, group: string, key: string): Value | undefined {
  if (answer instanceof RemoteFailure) throw answer.toError(group, key, peer)
  return answer
}
