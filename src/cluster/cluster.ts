// Joins the parts that touch the network to the rules: connections and news drive the membership,
// the membership drives the ring, the ring says which member a group asks.

import { PROTOCOL_VERSION } from '../constants.js'
import { PeerUnreachableError } from '../errors.js'
import { isPresent } from '../membership/member-record.js'
import { TIMINGS } from '../membership/timing.js'
import { Dialler } from '../rpc/dialler.js'
import { OfferExchange } from '../rpc/offer-exchange.js'
import { TableExchange } from '../rpc/table-exchange.js'
import { memberAddresses, peerIdOf } from '../rpc/addresses.js'
import { Admission } from './admission.js'
import { depart } from './departure.js'
import { Doorkeeper } from './doorkeeper.js'
import { createGossip } from './gossip.js'
import { KnownPeers } from './known-peers.js'
import { ManualMembers } from './manual-members.js'
import { OwnAddresses } from './own-addresses.js'
import { RingCore } from './ring-core.js'
import type { MemberRecord } from '../membership/member-record.js'
import type { Membership } from '../membership/membership.js'
import type { NewsTopic } from '../rpc/news-topic.js'
import type { ClusterInit } from './cluster-init.js'
import type { RingPeers } from './ring-peers.js'
import type { HandOverLimits } from './hand-over.js'
import type { View } from './view.js'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Of the time that a probe may take, this much is left for one on behalf of another member. */
const PROBE_SHARE = 0.5

export class Cluster {
  readonly view: View
  readonly peers: RingPeers
  readonly admission: Admission
  readonly core: RingCore
  /** For discovery. */
  readonly known: KnownPeers
  readonly #init: ClusterInit
  readonly #dialler: Dialler
  readonly #exchange: TableExchange
  readonly #offers: OfferExchange
  readonly #news: NewsTopic | undefined
  readonly #gossip: Membership | undefined
  readonly #manual: ManualMembers | undefined
  readonly #addresses: OwnAddresses
  readonly #doorkeeper: Doorkeeper
  #topology: string | undefined
  #isStarted = false

  constructor (init: ClusterInit) {
    const { components, clock, log } = init
    this.#init = init
    const self = components.peerId.toString()
    const record: MemberRecord = { id: self, name: init.name, weight: init.weight, state: 'alive', incarnation: 0, since: init.since, addresses: [] }
    this.#addresses = new OwnAddresses(components, addresses => { this.#members.readdress(addresses) })
    const prefix = `/groupcache/${encodeURIComponent(init.cluster)}`
    this.#dialler = new Dialler({
      connectionManager: components.connectionManager,
      events: components.events,
      addressesOf: peer => this.#addressesOf(peer.toString()),
      isRefused: id => this.core.conduct.isRefused(id),
      log
    })
    const timing = init.membership === 'manual' ? TIMINGS.lan : init.membership
    this.core = new RingCore({
      ...init,
      self: record,
      probeTimeout: timing.probeTimeout * PROBE_SHARE,
      makeOffers: (id, offers, onTaken, signal) => this.#offers.offer(peerIdOf(id), offers, onTaken, signal),
      onRefused: id => { this.#hangUp(id, 'it is refused, for what it sent') },
      onReadmitted: id => { this.#readmit(id) },
      rpc: { protocol: `${prefix}/rpc/${PROTOCOL_VERSION}`, timeout: init.rpcTimeout, dialler: this.#dialler, registrar: components.registrar, log }
    })
    const { view, rpc, peers, roster, conduct } = this.core
    this.#doorkeeper = new Doorkeeper({ connectionManager: components.connectionManager, events: components.events, conduct })
    this.#offers = new OfferExchange({
      protocol: `${prefix}/hand-over/${PROTOCOL_VERSION}`,
      dialler: this.#dialler,
      registrar: components.registrar,
      take: (peer, offer) => this.core.take(peer.toString(), offer),
      conduct,
      log
    })
    this.view = view
    this.peers = peers
    this.#exchange = new TableExchange({
      protocol: `${prefix}/members/${PROTOCOL_VERSION}`,
      dialler: this.#dialler,
      registrar: components.registrar,
      records: () => this.#members.records(),
      onRecords: (peer, records) => { this.#gossip?.learn(peer.toString(), records) },
      conduct,
      log
    })
    this.admission = new Admission({
      cluster: init.cluster,
      self: components.peerId,
      view,
      dialler: this.#dialler,
      exchange: this.#exchange,
      rpc,
      ownAddresses: () => components.addressManager.getAddresses(),
      isOpen: () => this.peers.isOpen,
      admit: (record, byUser) => { this.#admit(record, byUser) },
      expel: id => { this.#expel(id) }
    })
    this.known = new KnownPeers({ view, roster, admission: this.admission, isManual: init.membership === 'manual', isConnected: peer => this.isConnected(peer) })
    if (init.membership === 'manual') {
      this.#manual = new ManualMembers(record, change => { roster.apply(change) })
      return
    }
    const gossip = createGossip({
      pubsub: components.pubsub,
      topic: `${prefix}/news/${PROTOCOL_VERSION}`,
      self: record,
      timing,
      clock,
      random: init.random,
      log,
      dialler: this.#dialler,
      rpc,
      view,
      exchange: this.#exchange,
      isHeard: author => conduct.grants(author, 'news'),
      onLie: (id, what) => { conduct.offence(id, what) },
      onGivenUp: () => { this.core.givenUp() },
      onChange: change => {
        roster.apply(change)
        // of no use any more, but it would pass for one to a member that is there again
        if (change.kind === 'fail') this.#hangUp(change.member.id, 'it does not answer any more')
      }
    })
    this.#gossip = gossip.membership
    this.#news = gossip.news
  }

  async start (): Promise<void> {
    const { components } = this.#init
    this.#isStarted = true
    await Promise.all([this.core.rpc.start(), this.#exchange.start(), this.#offers.start()])
    components.events.addEventListener('peer:disconnect', this.#onDisconnect)
    this.#doorkeeper.start()
    this.#topology = await components.registrar.register(this.#exchange.protocol, {
      // one side of a connection is enough to start the exchange
      onConnect: (peer, { direction }) => {
        this.core.rpc.reconnected(peer)
        if (direction === 'outbound') this.#gossip?.connected(peer.toString())
      }
    })
  }

  /** Once this node knows where it listens. @returns whether it takes part now; false = it was stopped meanwhile */
  async join (): Promise<boolean> {
    await this.#addresses.known()
    if (!this.#isStarted) return false
    this.core.open()
    this.#news?.start()
    this.#members.start(this.#addresses.current())
    this.view.put(this.#members.self)
    this.#addresses.start()
    return true
  }

  /** Hands over what this node has, and tells the others that it goes; see {@link depart}. */
  async leave (limits: HandOverLimits): Promise<void> {
    if (!this.peers.isOpen || this.#gossip === undefined) return
    await depart({ membership: this.#gossip, handOver: this.core.handOver, clock: this.#init.clock }, limits)
    // gets are answered until stop(); only what is said of others does not matter here any more
    this.#withdraw()
  }

  /** Goes without a word. */
  abandon (): void {
    this.core.close()
    this.#withdraw()
  }

  #withdraw (): void {
    this.#gossip?.stop()
    this.#news?.stop()
  }

  async stop (): Promise<void> {
    const { components } = this.#init
    this.core.close()
    this.#isStarted = false
    this.#addresses.stop()
    components.events.removeEventListener('peer:disconnect', this.#onDisconnect)
    this.#doorkeeper.stop()
    if (this.#topology !== undefined) components.registrar.unregister(this.#topology)
    await Promise.all([this.core.rpc.stop(), this.#exchange.stop(), this.#offers.stop()])
    // manual members stay: it was the user who named them
    if (this.#gossip !== undefined) this.view.clear()
  }

  isConnected (peer: PeerId): boolean {
    return this.view.get(peer.toString()) !== undefined && this.#dialler.isConnected(peer)
  }

  get #members (): Membership | ManualMembers {
    return (this.#gossip ?? this.#manual) as Membership | ManualMembers
  }

  /** Puts a peer on the ring that was reached. */
  #admit (record: MemberRecord, byUser: boolean): void {
    if (byUser) this.core.roster.include(record.id)
    if (this.core.roster.isExcluded(record.id)) return
    this.#manual?.add(record)
    this.#take(this.#gossip?.get(record.id))
  }

  #take (known: MemberRecord | undefined): void {
    if (known !== undefined && isPresent(known)) this.core.roster.apply({ kind: 'join', member: known })
  }

  #expel (id: string): void {
    this.core.rpc.part(peerIdOf(id), new PeerUnreachableError(id, 'it was removed'))
    this.core.roster.exclude(id)
    if (this.#gossip !== undefined) this.core.roster.drop(id, 'leave')
    this.#manual?.remove(id)
  }

  #hangUp (id: string, reason: string): void {
    this.#dialler.abort(peerIdOf(id), new PeerUnreachableError(id, reason))
  }

  #addressesOf (id: string): readonly Multiaddr[] {
    return this.view.get(id)?.multiaddrs ?? memberAddresses(this.#gossip?.addressesOf(id) ?? [], id)
  }

  readonly #onDisconnect = (event: CustomEvent<PeerId>): void => {
    const id = event.detail.toString()
    this.core.rpc.disconnect(event.detail, new PeerUnreachableError(id, 'the connection was lost'))
    // who is refused is not looked for until that is over
    if (!this.core.conduct.isRefused(id)) this.#gossip?.disconnected(id)
  }

  /** One that was refused is a member again if it is one to the others, or the user named it. */
  #readmit (id: string): void {
    this.#take((this.#gossip ?? this.#manual)?.get(id))
    this.#gossip?.disconnected(id)
  }
}
