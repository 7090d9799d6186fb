// The network as one process has it: connections and streams for requests, and the transport of the membership.

import { peerIdFromString } from '@libp2p/peer-id'
import { probing } from '../../../src/cluster/gossip.js'
import { SimStream } from './sim-stream.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'
import type { Offer, Taken } from '../../../src/rpc/offer-exchange.js'
import type { MembershipTransport } from '../../../src/membership/membership-transport.js'
import type { ConnectionEnd } from './sim-connection.js'
import type { SimNode } from './sim-node.js'
import type { PeerId, Stream, StreamHandler } from '@libp2p/interface'

/** The same object for the same peer: parsing one takes longer than a whole request. */
const PEER_IDS = new Map<string, PeerId>()

/** Gossip passes a connection only once it has been open for this long. */
const GOSSIP_LINK_AFTER = 700
const EXCHANGE_TIMEOUT = 5_000
const STREAM_TIMEOUT = 5_000

export class SimTransport {
  readonly #node: SimNode
  readonly #ends = new Set<ConnectionEnd>()
  readonly #dials = new Map<string, Promise<ConnectionEnd>>()
  #handler: StreamHandler | undefined

  constructor (node: SimNode) {
    this.#node = node
  }

  // ---- as a dialler and a registrar ----

  async openStream (peer: PeerId, _protocol: string, { timeout = STREAM_TIMEOUT }: { timeout?: number } = {}): Promise<Stream> {
    const id = peer.toString()
    const end = await this.#connect(id)
    try {
      return await this.#newStream(end, timeout)
    } catch (err) {
      const { name } = err as Error
      if (name === 'TimeoutError') end.abort()
      if (name === 'TimeoutError' || name === 'UnsupportedProtocolError') throw err
      return this.#newStream(await this.#connect(id), timeout)
    }
  }

  abort (peer: PeerId, _reason: Error): void {
    this.#abort(peer.toString())
  }

  async handle (_protocol: string, handler: StreamHandler): Promise<void> {
    this.#handler = handler
  }

  async unhandle (): Promise<void> {
    this.#handler = undefined
  }

  // ---- connections ----

  /** The first that is open. */
  connectionTo (id: string): ConnectionEnd | undefined {
    for (const end of this.#ends) if (end.peer.id === id) return end
    return undefined
  }

  async tryConnect (id: string): Promise<'connected' | 'refused' | 'failed'> {
    try {
      await this.#connect(id)
      return 'connected'
    } catch (err) {
      return 'code' in (err as Error) ? 'refused' : 'failed'
    }
  }

  close (): void {
    for (const end of [...this.#ends]) end.abort()
  }

  onConnection (end: ConnectionEnd): void {
    const { network, core, membership, random } = this.#node
    const { id } = end.peer
    // it was being opened when this node was stopped
    if (this.#node.isStopped) {
      end.abort()
      return
    }
    const other = this.connectionTo(id)
    this.#ends.add(end)
    // both have dialled: one of the two may be closed
    if (other !== undefined && random() < 0.5) network.scheduler.after(random() * 1_000, () => { (random() < 0.5 ? end : other).abort() }, this.#node)
    // once each has been told what the other speaks
    network.scheduler.after(2 * network.delay(), () => {
      if (!end.isOpen || this.#node.isStopped) return
      core.rpc.reconnected(peerIdOf(id))
      if (end.isOutbound) membership.connected(id)
    }, this.#node)
  }

  onDisconnection (end: ConnectionEnd): void {
    this.#ends.delete(end)
    const { id } = end.peer
    if (this.#node.isStopped || this.connectionTo(id) !== undefined) return
    this.#node.core.rpc.disconnect(peerIdOf(id), new Error('the connection was lost'))
    this.#node.membership.disconnected(id)
  }

  #abort (id: string): void {
    for (const end of [...this.#ends]) if (end.peer.id === id) end.abort()
  }

  #connect (id: string): Promise<ConnectionEnd> {
    const open = this.connectionTo(id)
    if (open !== undefined) return Promise.resolve(open)
    const underWay = this.#dials.get(id)
    if (underWay !== undefined) return underWay
    const dial = this.#node.network.dial(this.#node, id).finally(() => { this.#dials.delete(id) })
    this.#dials.set(id, dial)
    return dial
  }

  #newStream (end: ConnectionEnd, timeout: number): Promise<Stream> {
    const { promise, resolve, reject } = Promise.withResolvers<Stream>()
    if (!end.isOpen) return Promise.reject(named('ConnectionClosedError'))
    const { clock } = this.#node
    let isOver = false
    const settle = (action: () => void): void => {
      if (isOver) return
      isOver = true
      clock.clearTimeout(timer)
      stay()
      action()
    }
    const timer = clock.setTimeout(() => { settle(() => { reject(named('TimeoutError')) }) }, timeout)
    const stay = end.onClose(() => { settle(() => { reject(named('ConnectionClosedError')) }) })
    end.transmit(() => {
      const handler = end.peer.transport.#handler
      if (!end.other.isOpen) return
      if (handler === undefined) {
        end.other.transmit(() => { settle(() => { reject(named('UnsupportedProtocolError')) }) })
        return
      }
      const [mine, theirs] = [new SimStream(end), new SimStream(end.other)]
      mine.join(theirs)
      end.peer.contactedAt = end.peer.network.scheduler.now
      void handler(theirs.stream, { remotePeer: peerIdOf(this.#node.id) } as Parameters<StreamHandler>[1])
      end.other.transmit(() => {
        if (isOver) mine.abort(named('AbortError'))
        else settle(() => { resolve(mine.stream) })
      })
    })
    return promise
  }

  // ---- handing over ----

  /** Each offer is made when the one before it was answered. */
  async offer (id: string, offers: readonly Offer[], onTaken: (offer: Offer, taken: Taken) => void, signal: AbortSignal): Promise<void> {
    const end = await this.#connect(id)
    for (const offer of offers) onTaken(offer, await this.#offerOne(end, offer, signal))
  }

  #offerOne (end: ConnectionEnd, offer: Offer, signal: AbortSignal): Promise<Taken> {
    const { promise, resolve, reject } = Promise.withResolvers<Taken>()
    if (signal.aborted) return Promise.reject(named('AbortError'))
    const stay = end.onClose(() => { reject(named('ConnectionClosedError')) })
    const onAbort = (): void => { reject(named('AbortError')) }
    signal.addEventListener('abort', onAbort)
    end.transmit(() => {
      const answer = (taken: Taken): void => { end.other.transmit(() => { resolve(taken) }) }
      // who does not take it says nothing
      end.peer.core.take(this.#node.id, offer).then(answer, () => {})
    })
    return promise.finally(() => {
      stay()
      signal.removeEventListener('abort', onAbort)
    })
  }

  // ---- as the transport of the membership ----

  forMembership (): MembershipTransport {
    return {
      publish: news => { this.#publish(news) },
      exchange: id => this.#exchange(id),
      connect: id => this.tryConnect(id),
      isConnected: id => this.connectionTo(id) !== undefined,
      ...probing(this.#node.core.rpc, this.#node.core.view)
    }
  }

  /** To all whom it can reach over links that have formed. */
  #publish (news: MemberRecord): void {
    const { network, id } = this.#node
    const reached = new Map([[this.#node, 0]])
    for (const [at, delay] of reached) {
      if (at.isFrozen) continue
      for (const end of at.transport.#ends) {
        if (reached.has(end.peer) || end.age < GOSSIP_LINK_AFTER || network.isBlocked(at, end.peer) || network.random() < network.weather.loss) continue
        reached.set(end.peer, delay + network.delay())
      }
    }
    reached.delete(this.#node)
    for (const [node, delay] of reached) network.scheduler.after(delay, () => { node.membership.hear(id, copy(news)) }, node)
  }

  /** A swap of tables. Who does not answer is cut off. */
  #exchange (id: string): Promise<void> {
    const end = this.connectionTo(id)
    if (end === undefined) return Promise.reject(named('ConnectionClosedError'))
    const { clock, membership } = this.#node
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const mine = membership.records().map(copy)
    const timer = clock.setTimeout(() => { end.abort() }, EXCHANGE_TIMEOUT)
    const stay = end.onClose(() => {
      clock.clearTimeout(timer)
      reject(named('ConnectionClosedError'))
    })
    end.transmit(() => {
      const there = end.peer.membership
      there.learn(this.#node.id, mine)
      const theirs = there.records().map(copy)
      end.other.transmit(() => {
        clock.clearTimeout(timer)
        stay()
        membership.learn(id, theirs)
        resolve()
      })
    })
    return promise
  }
}

export function peerIdOf (id: string): PeerId {
  let peerId = PEER_IDS.get(id)
  if (peerId === undefined) PEER_IDS.set(id, peerId = peerIdFromString(id))
  return peerId
}

function named (name: string): Error {
  return Object.assign(new Error(name), { name })
}

function copy (record: MemberRecord): MemberRecord {
  return { ...record, addresses: [...record.addresses] }
}
