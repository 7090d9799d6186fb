// Connections to peers: the one place that dials.

import { CONNECT_TIMEOUT } from '../constants.js'
import { HandshakeRefusedError, PeerUnreachableError } from '../errors.js'
import { isPeerId } from './addresses.js'
import { refusalReason } from './refusal-reason.js'
import type { AbortOptions, Connection, Libp2pEvents, Logger, PeerId, Stream } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { TypedEventTarget } from 'main-event'

export interface DiallerInit {
  connectionManager: Pick<ConnectionManager, 'getConnections' | 'openConnection'>
  events: Pick<TypedEventTarget<Libp2pEvents>, 'addEventListener' | 'removeEventListener'>
  /** Where a member was last known to listen, peer id included. libp2p forgets addresses after an hour, we do not. */
  addressesOf: (peer: PeerId) => readonly Multiaddr[]
  /** Whether this node has nothing to do with a peer, for what it did. */
  isRefused?: (id: string) => boolean
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
   * An open connection to a peer or an address: the one there is, or a new one, whichever side makes it.
   *
   * @throws HandshakeRefusedError when somebody is there, who is not to be connected to
   */
  async connect (target: PeerId | Multiaddr, signal?: AbortSignal): Promise<Connection> {
    const timeout = AbortSignal.timeout(CONNECT_TIMEOUT)
    const until = either(timeout, signal)
    if (!isPeerId(target)) return this.#dial(target, target, until)
    const id = target.toString()
    if (this.#init.isRefused?.(id) === true) throw new PeerUnreachableError(id, 'it is refused for a while, for what it sent')
    return this.#connectionTo(target) ?? this.#firstConnectionTo(target, until)
  }

  /**
   * A new stream to a peer. Tries again when the connection it was to use turns out to be closing. A
   * connection on which nobody answers for `timeout` is cut: the process behind it is frozen, or gone.
   */
  async openStream (peer: PeerId, protocol: string, { timeout = CONNECT_TIMEOUT, signal }: OpenStreamOptions = {}): Promise<Stream> {
    const first = await this.connect(peer, signal)
    try {
      return await openOn(first, protocol, timeout, signal)
    } catch (err) {
      if (FINAL.has((err as Error).name)) throw err
      return openOn(await this.connect(peer, signal), protocol, timeout, signal)
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

  /** Cuts the connection that a stream to a peer is on, where it is still open: there may be a newer one. */
  abortConnectionOf (stream: Stream, peer: PeerId, reason: Error): void {
    for (const connection of this.#init.connectionManager.getConnections(peer)) {
      if (connection.streams.includes(stream)) connection.abort(reason)
    }
  }

  /** Cuts all connections to a peer at once. */
  abort (peer: PeerId, reason: Error): void {
    for (const connection of this.#init.connectionManager.getConnections(peer)) connection.abort(reason)
  }

  /**
   * The connection that comes first: the peer may dial us while our own dial waits in vain. Begun while a cable was
   * cut, that one waits on after it was mended, and whoever shared it would take the peer for unreachable. It is not
   * called off: if both sides did that, having dialled at once, none of the two connections would be left.
   */
  async #firstConnectionTo (peer: PeerId, signal: AbortSignal): Promise<Connection> {
    const { events, addressesOf } = this.#init
    const addresses = addressesOf(peer)
    const first = Promise.withResolvers<Connection>()
    const onOpen = ({ detail: connection }: CustomEvent<Connection>): void => {
      if (connection.direction === 'inbound' && connection.remotePeer.equals(peer)) first.resolve(connection)
    }
    events.addEventListener('connection:open', onOpen)
    this.#dial(peer, addresses.length === 0 ? peer : [...addresses], signal).then(first.resolve, first.reject)
    try {
      return await first.promise
    } finally {
      events.removeEventListener('connection:open', onOpen)
    }
  }

  async #dial (who: PeerId | Multiaddr, where: PeerId | Multiaddr | Multiaddr[], signal: AbortSignal): Promise<Connection> {
    try {
      return await this.#init.connectionManager.openConnection(where, { signal })
    } catch (err) {
      const reason = refusalReason(err)
      throw reason === undefined ? err : new HandshakeRefusedError(who.toString(), reason, err)
    }
  }

  #connectionTo (peer: PeerId): Connection | undefined {
    return this.#init.connectionManager.getConnections(peer).find(connection => connection.status === 'open')
  }
}

/** Names of errors that a stream would fail with on another connection as well. */
const FINAL = new Set(['AbortError', 'TimeoutError', 'UnsupportedProtocolError'])

async function openOn (connection: Connection, protocol: string, timeout: number, signal: AbortSignal | undefined): Promise<Stream> {
  const silence = AbortSignal.timeout(timeout)
  try {
    return await connection.newStream(protocol, { signal: either(silence, signal) })
  } catch (err) {
    // a connection whose muxer has given up counts as open, and is of no use
    if (silence.aborted || (err as Error).name === 'ConnectionClosedError') connection.abort(err as Error)
    throw err
  }
}

function either (one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? one : AbortSignal.any([one, other])
}

/** Whether every address that was tried refused the connection, or is somebody else's now: the peer does not listen there any more. */
export function isRefusal (err: unknown): boolean {
  if (err instanceof AggregateError) return err.errors.length > 0 && err.errors.every(isRefusal)
  if (!(err instanceof Error)) return false
  return (err as NodeJS.ErrnoException).code === 'ECONNREFUSED' || err.name === 'UnexpectedPeerError' || isRefusal(err.cause)
}
