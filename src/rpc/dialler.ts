// Connections to peers: the one place that dials.

import { CONNECT_TIMEOUT } from '../constants.js'
import { HandshakeRefusedError } from '../errors.js'
import { refusalReason } from './refusal-reason.js'
import type { AbortOptions, Connection, Logger, PeerId, Stream } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface DiallerInit {
  connectionManager: ConnectionManager
  /** Where a member was last known to listen, peer id included. libp2p forgets addresses after an hour, we do not. */
  addressesOf: (peer: PeerId) => readonly Multiaddr[]
  log: Logger
}

/** How a dial ended: the peer is there; its host says that nothing listens; or anything else. */
export type DialOutcome = 'connected' | 'refused' | 'failed'

export interface OpenStreamOptions extends AbortOptions {
  /** Milliseconds. */
  timeout?: number
}

export class Dialler {
  readonly #init: DiallerInit

  constructor (init: DiallerInit) {
    this.#init = init
  }

  /**
   * An open connection to a peer or an address: the one there is, or a new one.
   *
   * @throws HandshakeRefusedError when somebody is there, who is not to be connected to
   */
  async connect (target: PeerId | Multiaddr, signal?: AbortSignal): Promise<Connection> {
    const open = isPeerId(target) ? this.#connectionTo(target) : undefined
    if (open !== undefined) return open
    const timeout = AbortSignal.timeout(CONNECT_TIMEOUT)
    const addresses = isPeerId(target) ? this.#init.addressesOf(target) : []
    try {
      return await this.#init.connectionManager.openConnection(addresses.length === 0 ? target : [...addresses], {
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout])
      })
    } catch (err) {
      const reason = refusalReason(err)
      throw reason === undefined ? err : new HandshakeRefusedError(target.toString(), reason, err)
    }
  }

  /**
   * A new stream to a peer. Tries again when the connection it was to use turns out to be closing. A
   * connection on which nobody answers for `timeout` is cut: the process behind it is frozen, or gone.
   */
  async openStream (peer: PeerId, protocol: string, { timeout = CONNECT_TIMEOUT, signal }: OpenStreamOptions = {}): Promise<Stream> {
    const connection = await this.connect(peer, signal)
    const silence = AbortSignal.timeout(timeout)
    const options = { signal: signal === undefined ? silence : AbortSignal.any([signal, silence]) }
    try {
      return await connection.newStream(protocol, options)
    } catch (err) {
      // a connection whose muxer has given up counts as open, and is of no use
      if (silence.aborted || (err as Error).name === 'ConnectionClosedError') connection.abort(err as Error)
      if (options.signal.aborted || (err as Error).name === 'UnsupportedProtocolError') throw err
      return (await this.connect(peer, signal)).newStream(protocol, options)
    }
  }

  /** Tries to connect and says how that went. */
  async tryConnect (peer: PeerId, signal?: AbortSignal): Promise<DialOutcome> {
    try {
      await this.connect(peer, signal)
      return 'connected'
    } catch (err) {
      this.#init.log('cannot connect to %p - %e', peer, err)
      return isRefusal(err) ? 'refused' : 'failed'
    }
  }

  isConnected (peer: PeerId): boolean {
    return this.#connectionTo(peer) !== undefined
  }

  /** Cuts all connections to a peer at once. */
  abort (peer: PeerId, reason: Error): void {
    for (const connection of this.#init.connectionManager.getConnections(peer)) connection.abort(reason)
  }

  #connectionTo (peer: PeerId): Connection | undefined {
    return this.#init.connectionManager.getConnections(peer).find(connection => connection.status === 'open')
  }
}

function isPeerId (target: PeerId | Multiaddr): target is PeerId {
  return 'toMultihash' in target
}

/** Whether every address that was tried refused the connection, or is somebody else's now: the peer does not listen there any more. */
export function isRefusal (err: unknown): boolean {
  if (err instanceof AggregateError) return err.errors.length > 0 && err.errors.every(isRefusal)
  if (!(err instanceof Error)) return false
  return (err as NodeJS.ErrnoException).code === 'ECONNREFUSED' || err.name === 'UnexpectedPeerError' || isRefusal(err.cause)
}
