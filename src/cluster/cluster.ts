// Joins the parts that touch the network to the rules: connections and news drive the membership,
// the membership drives the ring, the ring says which member a group asks.

import { InvalidParametersError } from '@libp2p/interface'
import { MAX_ADDRESSES, PROTOCOL_VERSION, TAKE_OVER_WINDOW } from '../constants.js'
import { GroupNotFoundError, PeerUnreachableError } from '../errors.js'
import { isPresent } from '../membership/member-record.js'
import { Membership } from '../membership/membership.js'
import { Dialler } from '../rpc/dialler.js'
import { NewsTopic } from '../rpc/news-topic.js'
import { Rpc } from '../rpc/rpc.js'
import { TableExchange } from '../rpc/table-exchange.js'
import { memberAddresses, parsePeerId } from '../rpc/addresses.js'
import { Admission } from './admission.js'
import { ManualMembers } from './manual-members.js'
import { View } from './view.js'
import type { Clock, Timer } from '../clock.js'
import type { GroupServer, Peers } from '../group/peers.js'
import type { GroupcacheComponents, Member } from '../interface.js'
import type { MemberRecord } from '../membership/member-record.js'
import type { MemberChange } from '../membership/membership.js'
import type { Ask } from '../rpc/ask.js'
import type { Logger, PeerId } from '@libp2p/interface'

/** After these this node may be reached elsewhere. */
const ADDRESS_EVENTS = ['transport:listening', 'transport:close', 'self:peer:update'] as const

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
  group: (name: string) => GroupServer | undefined
  groups: () => Iterable<GroupServer>
  onMember: (kind: 'join' | 'leave' | 'fail', member: Member) => void
  onRing: () => void
}

export class Cluster implements Peers {
  isOpen = false
  readonly self: string
  readonly view: View
  readonly admission: Admission
  readonly #init: ClusterInit
  readonly #dialler: Dialler
  readonly #rpc: Rpc
  readonly #exchange: TableExchange
  readonly #news: NewsTopic | undefined
  readonly #gossip: Membership | undefined
  readonly #manual: ManualMembers | undefined
  /** Members that `removePeer` took off this node's ring, whatever the others say. */
  readonly #excluded = new Set<string>()
  #topology: string | undefined
  #takeOver: Timer | undefined
  #joinedAt: number | undefined
  #isStarted = false
  #onListening: (() => void) | undefined

  constructor (init: ClusterInit) {
    const { components, clock, log } = init
    this.#init = init
    this.self = components.peerId.toString()
    this.view = new View(this.self)
    const record: MemberRecord = { id: this.self, name: init.name, weight: init.weight, state: 'alive', incarnation: 0, addresses: [] }
    const prefix = `/groupcache/${encodeURIComponent(init.cluster)}`
    this.#dialler = new Dialler({
      connectionManager: components.connectionManager,
      addressesOf: peer => memberAddresses(this.#record(peer.toString())?.addresses ?? [], peer.toString()),
      log
    })
    this.#rpc = new Rpc({
      protocol: `${prefix}/rpc/${PROTOCOL_VERSION}`,
      timeout: init.rpcTimeout,
      dialler: this.#dialler,
      registrar: components.registrar,
      handler: { get: (group, key, ask) => this.#group(group).serve(key, ask), remove: (group, key) => { this.#group(group).serveRemove(key) } },
      clock,
      log
    })
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
    this.#gossip = new Membership({
      self: record,
      clock,
      random: init.random,
      onChange: change => { this.#onChange(change) },
      exchangeInterval: init.membership.exchangeInterval,
      transport: {
        publish: news => { this.#news?.publish(news) },
        exchange: async id => { await this.#exchange.swap(peerIdOf(id)) },
        connect: id => this.#dialler.tryConnect(peerIdOf(id)),
        probe: id => this.#rpc.ping(peerIdOf(id)).then(() => true, () => false),
        isConnected: id => this.#dialler.isConnected(peerIdOf(id))
      }
    })
    this.#news = new NewsTopic({
      pubsub: components.pubsub,
      topic: `${prefix}/news/${PROTOCOL_VERSION}`,
      onNews: (author, news) => { this.#gossip?.hear(author, news) },
      log
    })
  }

  // ---- life ----

  async start (): Promise<void> {
    const { components } = this.#init
    this.#isStarted = true
    await Promise.all([this.#rpc.start(), this.#exchange.start()])
    components.events.addEventListener('peer:disconnect', this.#onDisconnect)
    this.#topology = await components.registrar.register(this.#exchange.protocol, {
      // one side of a connection is enough to start the exchange
      onConnect: (peer, connection) => { if (connection.direction === 'outbound') this.#gossip?.connected(peer.toString()) }
    })
  }

  /** Begins to take part, once this node knows where it listens. */
  async join (): Promise<void> {
    await this.#listening()
    if (!this.#isStarted) return
    this.isOpen = true
    this.#news?.start()
    this.#members.start(this.#ownAddresses())
    this.view.put(this.#members.self)
    for (const type of ADDRESS_EVENTS) this.#init.components.events.addEventListener(type, this.#onAddresses)
  }

  /** Tells the others, and waits until they know or the time is up. */
  async leave (timeout: number): Promise<void> {
    if (!this.isOpen || this.#gossip === undefined) return
    // gets are answered until stop(); only what is said of others does not matter here any more
    const late = Promise.withResolvers<void>()
    const timer = this.#init.clock.setTimeout(late.resolve, timeout)
    await Promise.race([this.#gossip.leave(), late.promise])
    this.#init.clock.clearTimeout(timer)
    this.#gossip.stop()
    this.#news?.stop()
  }

  async stop (): Promise<void> {
    const { components, clock } = this.#init
    this.isOpen = false
    this.#isStarted = false
    this.#onListening?.()
    for (const type of ADDRESS_EVENTS) components.events.removeEventListener(type, this.#onAddresses)
    if (this.#takeOver !== undefined) clock.clearTimeout(this.#takeOver)
    components.events.removeEventListener('peer:disconnect', this.#onDisconnect)
    if (this.#topology !== undefined) components.registrar.unregister(this.#topology)
    await Promise.all([this.#rpc.stop(), this.#exchange.stop()])
  }

  // ---- members ----

  isConnected (peer: PeerId): boolean {
    return this.view.get(peer.toString()) !== undefined && this.#dialler.isConnected(peer)
  }

  // ---- what groups ask (Peers) ----

  owners (key: string, count: number): string[] {
    return this.view.owners(key, count)
  }

  isOwner (key: string): boolean {
    return this.view.owner(key) === this.self
  }

  member (id: string): Member {
    const member = this.view.get(id)
    if (member === undefined) throw new PeerUnreachableError(id, 'it is no member any more')
    return member
  }

  /**
   * The successor, for a while after this node has joined: without this node the ring gives it the
   * key, so it had it before. A member that left took its values with it.
   */
  previousOwner (key: string): string | undefined {
    if (this.#joinedAt === undefined || this.#init.clock.now() - this.#joinedAt > TAKE_OVER_WINDOW) return undefined
    return this.view.owners(key, 2)[1]
  }

  async fetch (id: string, group: string, key: string, ask: Ask, options: { timeout?: number } = {}): Promise<Uint8Array | undefined> {
    return this.#rpc.get(this.member(id).peerId, group, key, ask, options.timeout)
  }

  async removeAt (id: string, group: string, key: string): Promise<void> {
    await this.#rpc.remove(this.member(id).peerId, group, key)
  }

  // ---- inside ----

  get #members (): Membership | ManualMembers {
    return (this.#gossip ?? this.#manual) as Membership | ManualMembers
  }

  #ownAddresses (): string[] {
    return this.#init.components.addressManager.getAddresses().slice(0, MAX_ADDRESSES).map(String)
  }

  /** libp2p begins to listen while it starts its services, not before. A node that is not to listen has no address to wait for. */
  async #listening (): Promise<void> {
    const { addressManager, events } = this.#init.components
    if (addressManager.getListenAddrs().length === 0 || this.#ownAddresses().length > 0) return
    const heard = Promise.withResolvers<void>()
    this.#onListening = heard.resolve
    events.addEventListener('transport:listening', this.#onListening)
    await heard.promise
    events.removeEventListener('transport:listening', this.#onListening)
  }

  readonly #onAddresses = (): void => {
    const addresses = this.#ownAddresses()
    if (this.isOpen && addresses.length > 0) this.#members.readdress(addresses)
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
    const group = this.#init.group(name)
    if (group === undefined) throw new GroupNotFoundError(name)
    return group
  }

  #record (id: string): MemberRecord | undefined {
    return this.#gossip?.get(id)
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
      if (this.view.size > 1) this.#joinedAt ??= this.#init.clock.now()
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

  #onRingChange (): void {
    const { clock, groups, onRing } = this.#init
    for (const group of groups()) group.onRingChange()
    if (this.#takeOver !== undefined) clock.clearTimeout(this.#takeOver)
    this.#takeOver = clock.setTimeout(() => { for (const group of groups()) group.onTakeOverEnd() }, TAKE_OVER_WINDOW)
    onRing()
  }
}

/** Of a member, whose id was checked when it came in. */
function peerIdOf (id: string): PeerId {
  const peerId = parsePeerId(id)
  if (peerId === undefined) throw new InvalidParametersError(`peer: expected a peer id, got ${id}`)
  return peerId
}
