// Stands at the door of a libp2p node: lets in whom `allow` lists, and notes who did not get in.

import { RefusalLog } from './refusal-log.js'
import type { Clock } from '../clock.js'
import type { ConnectionGater, Logger, MultiaddrConnection, PeerId } from '@libp2p/interface'

export class Gate {
  /** libp2p hands out loggers only when it is being built. */
  log: Logger | undefined
  readonly connectionGater: ConnectionGater
  readonly #allowed: ReadonlySet<string> | undefined
  readonly #refusals: RefusalLog
  /** Connections from outside whose peers have proved who they are, and may be here. */
  readonly #admitted = new WeakSet<MultiaddrConnection>()

  /** @param allowed - peer ids; undefined = everybody */
  constructor (allowed: ReadonlySet<string> | undefined, clock: Clock) {
    this.#allowed = allowed
    this.#refusals = new RefusalLog(clock)
    this.connectionGater = {
      denyDialPeer: peer => !this.allows(peer.toString()),
      // an address need not name its peer, who is known only now
      denyOutboundEncryptedConnection: peer => !this.allows(peer.toString()),
      denyInboundConnection: connection => {
        connection.addEventListener('close', () => { this.#closed(connection) }, { once: true })
        return false
      },
      denyInboundEncryptedConnection: (peer, connection) => !this.#admit(peer, connection)
    }
  }

  allows (id: string): boolean {
    return this.#allowed?.has(id) ?? true
  }

  #admit (peer: PeerId, connection: MultiaddrConnection): boolean {
    const isAllowed = this.allows(peer.toString())
    // whoever is refused here is told of here, by its id
    this.#admitted.add(connection)
    if (!isAllowed) this.#refused(connection, `it is ${peer.toString()}, which \`allow\` does not list`)
    return isAllowed
  }

  #closed (connection: MultiaddrConnection): void {
    if (this.#admitted.has(connection)) return
    this.#refused(connection, 'it did not finish the handshake: its `secret` or `cluster` is another one, or it is no node')
  }

  #refused (connection: MultiaddrConnection, reason: string): void {
    // the port is another one each time
    const [host] = connection.remoteAddr.getComponents()
    const address = host?.value ?? connection.remoteAddr.toString()
    const count = this.#refusals.refused(address)
    if (count > 0) this.log?.('refused %d connections from %s: %s', count, address, reason)
  }
}
