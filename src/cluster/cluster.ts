// Joins the parts that touch the network to the rules: connections and news drive the membership,
// the membership drives the ring, the ring says which member a group asks.

import { PROTOCOL_VERSION } from '../constants.js'
import { GroupNotFoundError, PeerUnreachableError } from '../errors.js'
import { isPresent } from '../membership/member-record.js'
import { Dialler } from '../rpc/dialler.js'
import { Rpc } from '../rpc/rpc.js'
import { TableExchange } from '../rpc/table-exchange.js'
import { memberAddresses, peerIdOf } from '../rpc/addresses.js'
import { Admission } from './admission.js'
import { createGossip } from './gossip.js'
import { ManualMembers } from './manual-members.js'
import { OwnAddresses } from './own-addresses.js'
import { RingPeers } from './ring-peers.js'
import { TakeOver } from './take-over.js'
import { View } from './view.js'
import type { Clock } from '../clock.js'
import type { GroupServer } from '../group/peers.js'
import type { GroupcacheComponents } from '../interface/groupcache.js'
import type { Member } from '../interface/member.js'
import type { MemberRecord } from '../membership/member-record.js'
import type { MemberChange, Membership } from '../membership/membership.js'
import type { NewsTopic } from '../rpc/news-topic.js'
import type { Logger, PeerId } from '@libp2p/interface'

export interface ClusterInit {
  components: GroupcacheComponents
  cluster: string
  name: string
  weight: number
  membership: 'manual' | { exchangeInterval: number }
  rpcTimeout: number
  clock: Clock
  random: () => number
  log: Logger
  groups: ReadonlyMap<string, GroupServer>
  onMember: (kind: 'join' | 'leave' | 'fail', member: Member) => void
  onRing: () => void
}

export class Cluster {
  readonly view: View
  readonly peers: RingPeers
  readonly admission: Admission
  readonly #init: ClusterInit
  readonly #self: string
  readonly #dialler: Dialler
  readonly #rpc: Rpc
  readonly #exchange: TableExchange
  readonly #news: NewsTopic | undefined
  readonly #gossip: Membership | undefined
  readonly #manual: ManualMembers | undefined
  /** Members that `removePeer` took off this node's ring, whatever the others say. */
  readonly #excluded = new Set<string>()
  readonly #takeOver: TakeOver
  readonly #addresses: OwnAddresses
  #topology: string | undefined
  #isStarted = false
  #isRingChanging = false

  constructor (init: ClusterInit) {
    const { components, clock, log } = init
    this.#init = init
    this.#self = components.peerId.toString()
    this.view = new View(this.#self)
    const record: MemberRecord = { id: this.#self, name: init.name, weight: init.weight, state: 'alive', incarnation: 0, addresses: [] }
    this.view.put(record)
    this.#takeOver = new TakeOver(clock, () => { for (const group of init.groups.values()) group.onTakeOverEnd() })
    this.#addresses = new OwnAddresses(components, addresses => { this.#members.readdress(addresses) })
    const prefix = `/groupcache/${encodeURIComponent(init.cluster)}`
    this.#dialler = new Dialler({
      connectionManager: components.connectionManager,
      addressesOf: peer => memberAddresses(this.#gossip?.get(peer.toString())?.addresses ?? [], peer.toString()),
      log
    })
    this.#rpc = new Rpc({
      protocol: `${prefix}/rpc/${PROTOCOL_VERSION}`,
      timeout: init.rpcTimeout,
      dialler: this.#dialler,
      registrar: components.registrar,
      handler: { get: (group, key, ask) => this.#group(group).serve(key, ask), remove: (group, key) => this.#group(group).serveRemove(key) },
      clock,
      log
    })
    this.peers = new RingPeers({ self: this.#self, view: this.view, rpc: this.#rpc, takeOver: this.#takeOver })
    this.#exchange = new TableExchange({
      protocol: `${prefix}/members/${PROTOCOL_VERSION}`,
      dialler: this.#dialler,
      registrar: components.registrar,
      records: () => this.#members.records(),
      onRecords: (_peer, records) => { this.#gossip?.learn(records) },
      log
    })
    this.admission = new Admission({
      cluster: init.cluster,
      self: components.peerId,
      view: this.view,
      dialler: this.#dialler,
      exchange: this.#exchange,
      rpc: this.#rpc,
      ownAddresses: () => components.addressManager.getAddresses(),
      admit: record => { this.#admit(record) },
      expel: id => { this.#expel(id) }
    })
    if (init.membership === 'manual') {
      this.#manual = new ManualMembers(record, change => { this.#onChange(change) })
      return
    }
    const gossip = createGossip({
      pubsub: components.pubsub,
      topic: `${prefix}/news/${PROTOCOL_VERSION}`,
      self: record,
      exchangeInterval: init.membership.exchangeInterval,
      clock,
      random: init.random,
      log,
      dialler: this.#dialler,
      rpc: this.#rpc,
      exchange: this.#exchange,
      onChange: change => { this.#onChange(change) }
    })
    this.#gossip = gossip.membership
    this.#news = gossip.news
  }

  // ---- life ----

  async start (): Promise<void> {
    const { components } = this.#init
    this.#isStarted = true
    await Promise.all([this.#rpc.start(), this.#exchange.start()])
    components.events.addEventListener('peer:disconnect', this.#onDisconnect)
    this.#topology = await components.registrar.register(this.#exchange.protocol, {
      // one side of a connection is enough to start the exchange
      onConnect: (peer, { direction }) => {
        this.#rpc.reconnected(peer)
        if (direction === 'outbound') this.#gossip?.connected(peer.toString())
      }
    })
  }

  /** Begins to take part, once this node knows where it listens. */
  async join (): Promise<void> {
    await this.#addresses.known()
    if (!this.#isStarted) return
    this.peers.isOpen = true
    this.#news?.start()
    this.#members.start(this.#addresses.current())
    this.view.put(this.#members.self)
    this.#addresses.start()
  }

  /** Tells the others, and waits until they know or the time is up. */
  async leave (timeout: number): Promise<void> {
    if (!this.peers.isOpen || this.#gossip === undefined) return
    // gets are answered until stop(); only what is said of others does not matter here any more
    const late = Promise.withResolvers<void>()
    const timer = this.#init.clock.setTimeout(late.resolve, timeout)
    await Promise.race([this.#gossip.leave(), late.promise])
    this.#init.clock.clearTimeout(timer)
    this.#gossip.stop()
    this.#news?.stop()
  }

  async stop (): Promise<void> {
    const { components } = this.#init
    this.peers.isOpen = false
    this.#isStarted = false
    this.#addresses.stop()
    this.#takeOver.stop()
    components.events.removeEventListener('peer:disconnect', this.#onDisconnect)
    if (this.#topology !== undefined) components.registrar.unregister(this.#topology)
    await Promise.all([this.#rpc.stop(), this.#exchange.stop()])
  }

  // ---- members ----

  isConnected (peer: PeerId): boolean {
    return this.view.get(peer.toString()) !== undefined && this.#dialler.isConnected(peer)
  }

  // ---- inside ----

  get #members (): Membership | ManualMembers {
    return (this.#gossip ?? this.#manual) as Membership | ManualMembers
  }

  /** Puts a peer on the ring that was reached on the user's word. */
  #admit (record: MemberRecord): void {
    this.#excluded.delete(record.id)
    this.#manual?.add(record)
    const known = this.#gossip?.get(record.id)
    if (known !== undefined && isPresent(known)) this.#onChange({ kind: 'join', member: known })
  }

  #expel (id: string): void {
    this.#rpc.disconnect(peerIdOf(id), new PeerUnreachableError(id, 'it was removed'))
    if (this.#gossip !== undefined) {
      this.#excluded.add(id)
      this.#drop(id, 'leave')
    }
    this.#manual?.remove(id)
  }

  #group (name: string): GroupServer {
    const group = this.#init.groups.get(name)
    if (group === undefined) throw new GroupNotFoundError(name)
    return group
  }

  readonly #onDisconnect = (event: CustomEvent<PeerId>): void => {
    const id = event.detail.toString()
    this.#rpc.disconnect(event.detail, new PeerUnreachableError(id, 'the connection was lost'))
    this.#gossip?.disconnected(id)
  }

  #onChange ({ kind, member: record }: MemberChange): void {
    if (kind === 'leave' || kind === 'fail') {
      this.#drop(record.id, kind)
      return
    }
    if (this.#excluded.has(record.id)) return
    const isNew = this.view.get(record.id) === undefined
    const put = this.view.put(record)
    if (put === undefined) return
    if (isNew) {
      if (this.view.size > 1) this.#takeOver.joined()
      this.#init.onMember('join', put.member)
    }
    if (put.ringChanged) this.#onRingChange()
  }

  #drop (id: string, kind: 'leave' | 'fail'): void {
    const member = this.view.remove(id, kind === 'leave' ? 'left' : 'dead')
    if (member === undefined) return
    this.#init.onMember(kind, member)
    this.#onRingChange()
  }

  /** The groups look through all they hold, so once for all changes of a tick: a table may bring many. */
  #onRingChange (): void {
    if (this.#isRingChanging) return
    this.#isRingChanging = true
    queueMicrotask(() => {
      this.#isRingChanging = false
      const { groups, onRing } = this.#init
      for (const group of groups.values()) group.onRingChange()
      this.#takeOver.ringChanged()
      onRing()
    })
  }
}
