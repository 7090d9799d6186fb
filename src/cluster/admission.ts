// Peers as the user names them: adding, replacing and removing them by hand.

import { InvalidParametersError, NotStartedError } from '@libp2p/interface'
import { Concurrency } from '../concurrency.js'
import { MAX_LIST_DIALS, MAX_MEMBERS } from '../constants.js'
import { HandshakeRefusedError, PeerUnreachableError, messageOf, show } from '../errors.js'
import { untilAborted } from '../flight/abort-signal.js'
import { isName, isPeerId, parseAddress, parsePeerId, peerIdIn } from '../rpc/addresses.js'
import { putLast } from '../tables/put-last.js'
import type { MemberRecord } from '../membership/member-record.js'
import type { Dialler } from '../rpc/dialler.js'
import type { Rpc } from '../rpc/rpc.js'
import type { TableExchange } from '../rpc/table-exchange.js'
import type { View } from './view.js'
import type { AbortOptions, Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface AdmissionInit {
  cluster: string
  self: PeerId
  view: View
  dialler: Dialler
  exchange: TableExchange
  rpc: Rpc
  ownAddresses: () => Multiaddr[]
  isOpen: () => boolean
  /** A peer was reached and belongs to the cluster. */
  admit: (record: MemberRecord, byUser: boolean) => void
  /** A member is to leave this node's ring. */
  expel: (id: string) => void
}

export class Admission {
  readonly #init: AdmissionInit
  /** By address, so that a peer that is found several times at once is dialled once. */
  readonly #underWay = new Map<string, Promise<PeerId>>()
  /** Who answered at an address, as the address was given: by a DNS name, or without a peer id. At most MAX_MEMBERS. */
  readonly #idAt = new Map<string, string>()
  readonly #dials = new Concurrency(MAX_LIST_DIALS)
  /** Lists are applied one after the other: each replaces the one before. */
  readonly #lists = new Concurrency(1)
  /** How many were removed so far, and when that was each time, by that count. At most MAX_MEMBERS. */
  #removals = 0
  readonly #removedAt = new Map<string, number>()

  constructor (init: AdmissionInit) {
    this.#init = init
  }

  /** See Groupcache.addPeer. @param options - `byUser`: false for what a discovery source has found */
  async add (peer: string | Multiaddr, options: AddOptions = {}): Promise<PeerId> {
    const address = parseAddress(peer)
    this.#checkOpen()
    const id = this.idOf(address) === this.#init.self.toString() ? this.#init.self : await this.#admit(address, options)
    if (id.equals(this.#init.self)) throw new InvalidParametersError(`peer: expected another node, got this node's own address ${address.toString()}`)
    return id
  }

  /** See Groupcache.setPeers. @param keep - ids of members that stay, listed or not */
  async replace (peers: Iterable<string | Multiaddr>, keep: ReadonlySet<string> = new Set()): Promise<void> {
    if (peers === null || typeof peers !== 'object' || !(Symbol.iterator in peers)) {
      throw new InvalidParametersError(`peers: expected an iterable of multiaddrs, got ${show(peers)}`)
    }
    this.#checkOpen()
    // as it is now, whatever becomes of it while it waits for its turn
    const list = [...peers]
    await this.#lists.run(() => this.#replace(list, keep))
  }

  async #replace (peers: ReadonlyArray<string | Multiaddr>, keep: ReadonlySet<string>): Promise<void> {
    this.#checkOpen()
    const before = this.#init.view.members
    const outcomes = await this.#addEach(peers)
    // a member that is listed and cannot be reached just now stays
    const listed = new Set(outcomes.map(({ id }) => id))
    for (const { self, peerId } of before) {
      const id = peerId.toString()
      if (!self && !listed.has(id) && !keep.has(id)) this.#init.expel(id)
    }
    throwFailures(outcomes)
  }

  /** See Groupcache.removePeer. */
  remove (peer: string | PeerId | Multiaddr): void {
    const id = this.idOf(peer)
    if (id === this.#init.self.toString()) throw new InvalidParametersError('peer: expected another node, got this one; use stop()')
    if (id === undefined) return
    putLast(this.#removedAt, id, ++this.#removals, MAX_MEMBERS)
    this.#init.expel(id)
  }

  /**
   * The id of a peer that is named by its id or by an address, which may lack the id.
   *
   * @returns undefined for an address that is neither ours nor a member's
   * @throws InvalidParametersError for what is neither
   */
  idOf (peer: string | PeerId | Multiaddr): string | undefined {
    if (isPeerId(peer)) return peer.toString()
    if (typeof peer === 'string' && !peer.startsWith('/')) {
      const id = parsePeerId(peer)
      if (id === undefined) throw new InvalidParametersError(`peer: expected a peer id or a multiaddr such as /ip4/10.0.0.7/tcp/4001, got ${show(peer)}`)
      return id.toString()
    }
    const address = parseAddress(peer)
    const named = peerIdIn(address) ?? this.#idAt.get(address.toString())
    if (named !== undefined) return named
    const isAt = (candidate: Multiaddr): boolean => candidate.toString().startsWith(`${address.toString()}/p2p/`)
    if (this.#init.ownAddresses().some(isAt)) return this.#init.self.toString()
    return this.#init.view.members.find(({ multiaddrs }) => multiaddrs.some(isAt))?.peerId.toString()
  }

  #admit (address: Multiaddr, options: AddOptions): Promise<PeerId> {
    // who brings a signal does so for itself: its abort is not to fail the others
    if (options.signal !== undefined) return this.#reach(address, options)
    const text = `${options.byUser ?? true} ${address.toString()}`
    const underWay = this.#underWay.get(text)
    if (underWay !== undefined) return underWay
    const admitted = this.#reach(address, options).finally(() => { this.#underWay.delete(text) })
    this.#underWay.set(text, admitted)
    return admitted
  }

  async #reach (address: Multiaddr, { signal, byUser = true }: AddOptions): Promise<PeerId> {
    const { dialler, exchange, rpc } = this.#init
    let connection: Connection | undefined
    const removals = this.#removals
    try {
      connection = await dialler.connect(address, signal)
      const { remotePeer } = connection
      if (remotePeer.equals(this.#init.self)) return remotePeer
      const record = await exchange.swap(remotePeer, signal)
      await untilAborted(signal, rpc.connect(remotePeer))
      if ((this.#removedAt.get(record.id) ?? 0) > removals) throw new Error('it was removed meanwhile')
      this.#init.admit(record, byUser)
      if (peerIdIn(address) === undefined) putLast(this.#idAt, address.toString(), record.id, MAX_MEMBERS)
      return remotePeer
    } catch (err) {
      if (signal?.aborted === true || err instanceof HandshakeRefusedError) throw err
      // an address of ours that only dialling could tell, a DNS name for example
      if (isOfSelf(err)) {
        // in manual mode lists are gone through again and again; behind a name there may be another one next time
        if (!isName(address)) putLast(this.#idAt, address.toString(), this.#init.self.toString(), MAX_MEMBERS)
        return this.#init.self
      }
      throw new PeerUnreachableError(address.toString(), this.#explain(err, connection), err)
    }
  }

  #addEach (peers: ReadonlyArray<string | Multiaddr>): Promise<Outcome[]> {
    return Promise.all(peers.map(async (peer): Promise<Outcome> => {
      let id: string | undefined
      let isMember = false
      try {
        const address = parseAddress(peer)
        id = this.idOf(address)
        const member = id === undefined ? undefined : this.#init.view.get(id)
        isMember = member !== undefined
        // at an address without an id there may be another one now
        if (member !== undefined && (member.self || peerIdIn(address) !== undefined || this.#init.dialler.isConnected(member.peerId))) return { id }
        return { id: (await this.#dials.run(() => this.#admit(address, {}))).toString() }
      } catch (err) {
        return isMember ? { id } : { id, error: err as Error }
      }
    }))
  }

  #checkOpen (): void {
    if (!this.#init.isOpen()) throw new NotStartedError('the node is not started, or was stopped')
  }

  #explain (err: unknown, connection: Connection | undefined): string {
    if (err instanceof Error && err.name === 'UnsupportedProtocolError') return `it is no member of cluster "${this.#init.cluster}" of a version that this node speaks`
    if (err instanceof Error && err.name === 'TimeoutError') return 'it did not answer in time'
    // whom the other side's `allow` does not list, it cuts off after the handshake, without a word
    if (connection !== undefined && connection.status !== 'open') {
      return `it ended the connection right after the handshake; where it has an \`allow\` list, that has to name this node, ${this.#init.self.toString()}: ${messageOf(err)}`
    }
    return messageOf(err)
  }
}

export interface AddOptions extends AbortOptions {
  byUser?: boolean
}

interface Outcome {
  id: string | undefined
  error?: Error
}

/** Also where a name led to this node among others, none of which answered. */
function isOfSelf (err: unknown): boolean {
  if (err instanceof AggregateError) return err.errors.some(isOfSelf)
  return err instanceof Error && err.name === 'InvalidPeerIdError' && err.message.includes('dial self')
}

function throwFailures (outcomes: readonly Outcome[]): void {
  const failures = outcomes.flatMap(({ error }) => error ?? [])
  if (failures.length === 0) return
  throw new AggregateError(failures, `${failures.length} of ${outcomes.length} peers could not be added: ${failures.map(messageOf).join('; ')}`)
}
