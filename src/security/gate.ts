// Stands at the door of a libp2p node: lets in whom `allow` lists, notes who did not get in, and keeps waiting whose connections
// come to nothing again and again.

import { FLEETING_TIME, MAX_PENDING_PER_HOST } from '../constants.js'
import { Fleeting } from './fleeting.js'
import { limitHandshake } from './handshake-limit.js'
import { RefusalLog } from './refusal-log.js'
import type { Clock } from '../clock.js'
import type { ConnectionGater, Logger, MultiaddrConnection, PeerId } from '@libp2p/interface'

export class Gate {
  /** libp2p hands out loggers only when it is being built. */
  log: Logger | undefined
  readonly connectionGater: ConnectionGater
  readonly #allowed: ReadonlySet<string> | undefined
  readonly #clock: Clock
  readonly #refusals: RefusalLog
  readonly #fleeting: Fleeting
  /** Connections from outside whose peers have proved who they are, and since when. */
  readonly #admitted = new WeakMap<MultiaddrConnection, number>()
  /** What is to be done at the end of each handshake under way. */
  readonly #handshakes = new Map<MultiaddrConnection, () => void>()
  /** Handshakes under way, by host. */
  readonly #pending = new Map<string, number>()

  /** @param allowed - peer ids; undefined = everybody */
  constructor (allowed: ReadonlySet<string> | undefined, clock: Clock) {
    this.#allowed = allowed
    this.#clock = clock
    this.#fleeting = new Fleeting(clock)
    this.#refusals = new RefusalLog(clock)
    this.connectionGater = {
      denyDialPeer: peer => !this.allows(peer.toString()),
      // an address need not name its peer, who is known only now
      denyOutboundEncryptedConnection: peer => !this.allows(peer.toString()),
      denyInboundConnection: connection => !this.#begin(connection),
      denyInboundEncryptedConnection: (peer, connection) => !this.#admit(peer, connection)
    }
  }

  allows (id: string): boolean {
    return this.#allowed?.has(id) ?? true
  }

  /** One host is not to take all the places for handshakes. @returns whether it may begin one */
  #begin (connection: MultiaddrConnection): boolean {
    const host = hostOf(connection)
    const pending = this.#pending.get(host) ?? 0
    if (pending >= MAX_PENDING_PER_HOST) {
      this.#refused(connection, `${pending} of its handshakes are under way`)
      return false
    }
    if (!this.#fleeting.mayTry(host)) {
      this.#refused(connection, 'too many of its connections came to nothing, or ended as they began')
      return false
    }
    this.#pending.set(host, pending + 1)
    const limit = limitHandshake(connection)
    this.#handshakes.set(connection, () => {
      this.#handshakes.delete(connection)
      limit.end()
      const left = (this.#pending.get(host) ?? 1) - 1
      if (left === 0) this.#pending.delete(host)
      else this.#pending.set(host, left)
    })
    connection.addEventListener('close', () => {
      const admittedAt = this.#admitted.get(connection)
      const isFleeting = admittedAt === undefined || this.#clock.now() < admittedAt + FLEETING_TIME
      if (isFleeting && !limit.isSilent) this.#fleeting.note(host)
      this.#closed(connection)
    }, { once: true })
    return true
  }

  #admit (peer: PeerId, connection: MultiaddrConnection): boolean {
    const isAllowed = this.allows(peer.toString())
    // whoever is refused here is told of here, by its id
    this.#admitted.set(connection, this.#clock.now())
    this.#handshakes.get(connection)?.()
    if (!isAllowed) this.#refused(connection, `it is ${peer.toString()}, which \`allow\` does not list`)
    return isAllowed
  }

  #closed (connection: MultiaddrConnection): void {
    this.#handshakes.get(connection)?.()
    if (this.#admitted.has(connection)) return
    this.#refused(connection, 'it did not finish the handshake: its `secret` or `cluster` is another one, or it is no node')
  }

  #refused (connection: MultiaddrConnection, reason: string): void {
    const address = hostOf(connection)
    const count = this.#refusals.refused(address)
    if (count > 0) this.log?.('refused %d connections from %s: %s', count, address, reason)
  }
}

/** The port is another one each time. */
function hostOf ({ remoteAddr }: MultiaddrConnection): string {
  const [host] = remoteAddr.getComponents()
  return host?.value ?? remoteAddr.toString()
}
