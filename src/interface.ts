// The public types. Durations are milliseconds and sizes are bytes, everywhere.

import type { GossipSub } from '@libp2p/gossipsub'
import type { AbortOptions, ComponentLogger, Libp2p, Libp2pEvents, Logger, PeerId, PeerStore, PrivateKey, TypedEventTarget } from '@libp2p/interface'
import type { AddressManager, ConnectionManager, Registrar } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'

/** What the service needs of the libp2p node it runs in. */
export interface GroupcacheComponents {
  peerId: PeerId
  addressManager: AddressManager
  connectionManager: ConnectionManager
  registrar: Registrar
  peerStore: PeerStore
  events: TypedEventTarget<Libp2pEvents>
  logger: ComponentLogger
  /** Carries membership news; needed unless `membership` is 'manual'. */
  pubsub: GossipSub
}

export interface RpcInit {
  /**
   * How long a peer may stay silent, with a request open, before it counts as unreachable. A slow
   * load is not silence: a peer that works on one still answers pings.
   *
   * @default 10_000
   */
  timeout?: number
}

export interface MembershipInit {
  /**
   * How often the member table is compared with that of a random member.
   *
   * @default 30_000
   */
  exchangeInterval?: number
}

export interface GroupcacheInit {
  /** Nodes of other clusters are never joined. @default 'default' */
  cluster?: string
  /** This node's position on the ring; give it a stable one and a restart gets the same keys back. @default the peer id */
  name?: string
  /** This node's share of the ring, relative to the others'. From 0.01 to 100. @default 1 */
  weight?: number
  /** Where other members are looked for, all at once. [] = nowhere. @default [mdns()] */
  discovery?: Discovery[]
  /**
   * 'gossip': members tell each other who is there. 'manual': the ring is this node plus what
   * `addPeer` and `setPeers` were given, and stays so until told otherwise. @default 'gossip'
   */
  membership?: 'gossip' | 'manual' | MembershipInit
  rpc?: RpcInit
}

export interface GroupcacheOptions extends GroupcacheInit {
  /** Multiaddrs to listen on. @default ['/ip4/0.0.0.0/tcp/0'] */
  listen?: string[]
  /** Multiaddrs to tell the others instead of those that are listened on. */
  announce?: string[]
  /** @default a fresh Ed25519 key */
  privateKey?: PrivateKey
}

export type MemberState = 'alive' | 'suspect' | 'dead' | 'left'

/** One node of the cluster, as this node sees it. */
export interface Member {
  readonly peerId: PeerId
  readonly name: string
  /** This node itself. */
  readonly self: boolean
  readonly state: MemberState
  readonly weight: number
  /** How often the member has had to speak up for itself; higher news replaces lower. */
  readonly incarnation: number
  readonly multiaddrs: readonly Multiaddr[]
}

export interface GroupcacheEvents {
  /** A member was added. */
  'member:join': CustomEvent<Member>
  /** A member said goodbye, or was removed by `removePeer` or `setPeers`. */
  'member:leave': CustomEvent<Member>
  /** A member is gone without a goodbye. */
  'member:fail': CustomEvent<Member>
  /** The ring has changed: some keys have another owner. */
  'ring:change': CustomEvent<{ members: readonly Member[] }>
}

export interface GroupcacheStats {
  /** Members alive or suspect, this one included. */
  members: number
  /** Open connections to other members. */
  connections: number
  groups: Record<string, GroupStats>
}

export interface Groupcache extends TypedEventTarget<GroupcacheEvents> {
  readonly peerId: PeerId
  readonly name: string
  readonly cluster: string
  /** Where other nodes reach this one, peer id included; empty until started. */
  readonly multiaddrs: Multiaddr[]
  /** Alive and suspect members, this node included. */
  readonly members: readonly Member[]
  /**
   * Creates a group: a cache of its own with its own loader. Every member creates the same groups.
   *
   * @throws DuplicateGroupError when this node has a group of that name
   * @throws InvalidParametersError when an option is wrong
   */
  group<V> (name: string, options: GroupOptions<V>): Group<V>
  /**
   * Connects to a peer and puts it on the ring. In gossip mode that joins the two clusters; in
   * manual mode it changes this node's view alone.
   *
   * @throws PeerUnreachableError when it cannot be connected to or is no member of this cluster; the ring is unchanged
   * @throws InvalidParametersError when `peer` is no multiaddr, or is this node's own
   */
  addPeer (peer: string | Multiaddr, options?: AbortOptions): Promise<void>
  /** Takes a peer off this node's ring until it is added again. Unknown peers are ignored. */
  removePeer (peer: string | PeerId | Multiaddr): Promise<void>
  /**
   * Makes the ring this node and `peers`: connects to the new ones, removes those not listed.
   *
   * @throws AggregateError of those that could not be added; the rest is applied
   */
  setPeers (peers: Iterable<string | Multiaddr>): Promise<void>
  /**
   * Resolves when this node sees at least that many members, itself included.
   *
   * @throws AbortError when the signal aborts first
   */
  ready (options: { members: number } & AbortOptions): Promise<void>
  stats (): GroupcacheStats
  start (): Promise<void>
  /** Says goodbye to the others, rejects what is pending and closes everything. */
  stop (): Promise<void>
  [Symbol.asyncDispose] (): Promise<void>
}

/** What `createGroupcache` returns: the service together with the libp2p node made for it. */
export interface StandaloneGroupcache extends Groupcache {
  readonly libp2p: Libp2p
}

export interface LoadContext {
  /** Aborts when `loadTimeout` has passed, when nobody waits for the value any more, and when the node stops. */
  readonly signal: AbortSignal
}

/** How values become bytes. Both directions must be pure; what they throw becomes a CodecError. */
export interface Codec<V> {
  encode (value: V): Uint8Array
  /** `bytes` may be a view of a larger buffer: copy what is kept beyond the call. */
  decode (bytes: Uint8Array): V
}

export interface HotOptions {
  /** @default 10_000 */
  maxItems?: number
  /** @default 30_000 */
  ttl?: number
}

export interface GroupOptions<V> {
  /**
   * Produces the value of a key. Runs at the key's owner, once for the whole cluster, however many
   * ask. null and undefined are values and are cached like any other.
   */
  load (key: string, context: LoadContext): V | Promise<V>
  /** Main and hot cache together, keys and bookkeeping counted. @default 64 MiB */
  maxBytes?: number
  /** Copies of values that other members own; false for none. */
  hot?: false | HotOptions
  /** @default messagePack() */
  codec?: Codec<V>
  /** A load that takes longer fails with a LoadError whose cause is a TimeoutError. @default 30_000 */
  loadTimeout?: number
  /**
   * When the owner's load failed, load here: the seed's rule. false: the owner's error is the answer.
   *
   * @default true
   */
  loadLocallyOnLoadError?: boolean
}

export interface GetOptions extends AbortOptions {
  /** How long this caller waits. The load goes on for the others. */
  timeout?: number
}

/** One cache of the cluster, with its own loader. */
export interface Group<V> {
  readonly name: string
  /**
   * The value of a key: from this process's memory, else from its owner's, else loaded once for the
   * whole cluster. Values are frozen, because all callers share them.
   *
   * @throws LoadError when the loader failed
   * @throws CodecError | ValueTooLargeError when the value cannot be kept
   * @throws TimeoutError | AbortError for this caller's own timeout or signal
   * @throws NotStartedError before `start` and after `stop`
   * @throws InvalidParametersError for a key that is no well-formed string of up to 65,535 bytes
   */
  get (key: string, options?: GetOptions): Promise<V>
  /** The value if this process has it in memory, else undefined. Asks nobody. */
  peek (key: string): V | undefined
  /**
   * Removes a key at its owner and here. Copies in the hot caches of other members go when their
   * `hot.ttl` ends.
   *
   * @throws OwnerUnreachableError when the owner did not confirm
   */
  remove (key: string, options?: AbortOptions): Promise<void>
  /** The member that owns a key on this node's ring. */
  owner (key: string): Member
  stats (): GroupStats
}

export interface GroupStats {
  /** Calls of `get` with a valid key on a started node: mainHits + hotHits + joined + flights of this node's own callers. */
  gets: number
  /** gets answered by the main cache. */
  mainHits: number
  /** gets answered by the hot cache. */
  hotHits: number
  /** gets that joined a flight of this node already under way. */
  joined: number
  /** Requests sent to other members for a value, previous owners excluded. */
  peerGets: number
  /** peerGets that brought no value. */
  peerErrors: number
  /** Runs of the loader on this node. */
  loads: number
  /** loads that brought no value. */
  loadErrors: number
  /** Requests of other members for a value. */
  serverGets: number
  /** Entries dropped to keep within maxBytes or hot.maxItems. */
  evictions: number
  /** Main cache. */
  items: number
  bytes: number
  hotItems: number
  hotBytes: number
}

/** What a discovery source may use; handed to it when the node starts. */
export interface DiscoveryContext {
  readonly cluster: string
  readonly peerId: PeerId
  readonly log: Logger
  readonly components: GroupcacheComponents
  /** This node's own addresses, peer id included. */
  addresses (): Multiaddr[]
  /** Connects and makes the peer a member. Rejects as `addPeer` does; resolves at once for a member. */
  connect (peer: string | Multiaddr, options?: AbortOptions): Promise<PeerId>
  /** Whether a peer is a connected member at the moment. */
  connected (peer: PeerId): boolean
  /** The complete list as the source knows it: replaces the peers in manual mode, adds to them otherwise. */
  replace (peers: Array<string | Multiaddr>): Promise<void>
}

export interface DiscoverySource {
  start (): void | Promise<void>
  stop (): void | Promise<void>
}

/** Makes a source for one node. Sources are combinable; the same one may be given to several nodes. */
export type Discovery = (context: DiscoveryContext) => DiscoverySource
