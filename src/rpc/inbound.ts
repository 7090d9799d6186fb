// The streams on which others ask this node.

import { LEASE, MAX_PEER_STREAMS } from '../constants.js'
import { ProtocolViolationError } from '../errors.js'
import { Responder } from './responder.js'
import type { Clock } from '../clock.js'
import type { Conduct } from './conduct.js'
import type { Contacts } from './contacts.js'
import type { RequestHandler } from './request-handler.js'
import type { Rooms } from './rooms.js'
import type { Stream } from '@libp2p/interface'

export interface InboundInit {
  handler: RequestHandler
  contacts: Contacts
  conduct: Conduct
  clock: Clock
  rooms?: Rooms | undefined
}

export class Inbound {
  readonly #init: InboundInit
  readonly #responders = new Map<string, Set<Responder>>()

  constructor (init: InboundInit) {
    this.#init = init
  }

  /** @param ready - until it resolves, no value is answered; when it rejects, the stream is aborted */
  add (peer: string, stream: Stream, ready: Promise<void>): void {
    const { handler, contacts, conduct, clock, rooms } = this.#init
    const responders = this.#responders.get(peer) ?? new Set()
    this.#responders.set(peer, responders)
    const responder: Responder = new Responder({
      stream,
      peer,
      account: conduct.account(peer),
      handler,
      clock,
      ready,
      rooms,
      turns: conduct.turns,
      onClose: reason => {
        conduct.noteViolation(peer, reason)
        contacts.inboundEnded(peer, responder)
        responders.delete(responder)
        if (responders.size === 0 && this.#responders.get(peer) === responders) this.#responders.delete(peer)
      }
    })
    responders.add(responder)
    // the oldest one is the likeliest to be of a connection that is dead, and not known to be
    const [oldest] = responders
    if (responders.size > MAX_PEER_STREAMS) oldest?.close(new ProtocolViolationError(`more than ${MAX_PEER_STREAMS} streams for requests`))
  }

  close (peer: string, reason: Error): void {
    for (const responder of this.#responders.get(peer) ?? []) responder.close(reason)
  }

  /** Those that leases were granted on. */
  closeReady (reason: Error): void {
    for (const responders of this.#responders.values()) {
      for (const responder of responders) if (responder.activeAt !== -Infinity) responder.close(reason)
    }
  }

  closeAll (reason: Error): void {
    for (const peer of this.#responders.keys()) this.close(peer, reason)
  }

  has (peer: string): boolean {
    return this.#responders.has(peer)
  }

  /** When a peer was last active on a stream that is open; −Infinity = never. */
  activeAt (peer: string): number {
    return Math.max(-Infinity, ...Array.from(this.#responders.get(peer) ?? [], responder => responder.activeAt))
  }

  /** Peers that may hold a running lease of this node's, and those that caught up a moment ago: when that ends at the latest. */
  holders (): Map<string, number> {
    const holders = this.#init.contacts.leaseEnds()
    const now = this.#init.clock.now()
    for (const [peer, responders] of this.#responders) {
      for (const { activeAt, caughtUpAt } of responders) {
        const end = Math.max(activeAt, caughtUpAt) + LEASE
        if (end > now) holders.set(peer, Math.max(end, holders.get(peer) ?? -Infinity))
      }
    }
    return holders
  }
}
