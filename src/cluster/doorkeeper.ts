// Looks at each connection as it opens: whether its peer is refused for what it did, has too many already, and what the
// connection may hold.

import { MAX_PEER_CONNECTIONS } from '../constants.js'
import { PeerUnreachableError, ProtocolViolationError } from '../errors.js'
import { limitConnection } from '../rpc/muxer-limits.js'
import type { Conduct } from '../rpc/conduct.js'
import type { Connection, Libp2pEvents } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { TypedEventTarget } from 'main-event'

export interface DoorkeeperInit {
  connectionManager: Pick<ConnectionManager, 'getConnections'>
  events: Pick<TypedEventTarget<Libp2pEvents>, 'addEventListener' | 'removeEventListener'>
  conduct: Pick<Conduct, 'account' | 'isRefused' | 'noteViolation'>
}

export class Doorkeeper {
  readonly #init: DoorkeeperInit
  /** Those that have their limits, which stay on when this node's service alone stops: on one that starts again they are not put twice. */
  readonly #limited = new WeakSet<Connection>()

  constructor (init: DoorkeeperInit) {
    this.#init = init
  }

  start (): void {
    const { events, connectionManager } = this.#init
    events.addEventListener('connection:open', this.#onOpen)
    for (const connection of connectionManager.getConnections()) this.#look(connection)
  }

  stop (): void {
    this.#init.events.removeEventListener('connection:open', this.#onOpen)
  }

  readonly #onOpen = ({ detail: connection }: CustomEvent<Connection>): void => { this.#look(connection) }

  #look (connection: Connection): void {
    const { connectionManager, conduct } = this.#init
    const { remotePeer } = connection
    const id = remotePeer.toString()
    if (conduct.isRefused(id)) {
      connection.abort(new PeerUnreachableError(id, 'it is refused for a while, for what it sent'))
      return
    }
    const others = connectionManager.getConnections(remotePeer).filter(other => other !== connection && other.status === 'open')
    if (others.length >= MAX_PEER_CONNECTIONS) {
      const err = new ProtocolViolationError(`more than ${MAX_PEER_CONNECTIONS} connections`)
      connection.abort(err)
      conduct.noteViolation(id, err)
      return
    }
    if (this.#limited.has(connection)) return
    this.#limited.add(connection)
    limitConnection(connection, { spend: kind => { conduct.account(id).spend(kind) }, onExcess: err => { conduct.noteViolation(id, err) } })
  }
}
