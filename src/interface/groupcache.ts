// The public types of a node. Durations are milliseconds and sizes are bytes, everywhere.

import type { GossipSub } from '@libp2p/gossipsub'
import type { AbortOptions, ComponentLogger, Libp2p, Libp2pEvents, Logger, Metrics, PeerId, PeerStore, PrivateKey, TypedEventTarget } from '@libp2p/interface'
import type { AddressManager, ConnectionManager, Registrar } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'
import type { Group, GroupOptions, GroupStats } from './group.js'
import type { HandOverInit, HandOverProgress } from './hand-over.js'
import type { Timing, TimingPreset } from './timing.js'
import type { Member } from './member.js'

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
  /** Where it is there, this node's metrics are registered with it; see docs/operating.md. */
  metrics?: Metrics | undefined
}

export interface RpcInit {
  /**
   * How long a peer may stay silent, with a request open, before it counts as unreachable. A slow
   * load is not silence: a peer that works on one still answers pings.
   *
   * @default 10_000
   */
  timeout?: number | undefined
}

/**
 * How members look after each other: a preset, and what is to be different from it.
 *
 * `lan`, the default, gives up a killed process at once and a frozen one within 5 s; `local`, for processes of one machine, is quicker;
 * `wan`, for members far apart, is more patient. docs/membership.md has the formulas.
 */
export interface MembershipInit extends Partial<Timing> {
  /** @default 'lan' */
  preset?: TimingPreset | undefined
}

export interface GroupcacheInit {
  /** Nodes of other clusters are never joined. @default 'default' */
  cluster?: string | undefined
  /**
   * This node's position on the ring; give it a stable one and a restart gets the same keys back. One for each process: of two that are
   * alive the older one has it, and the other owns nothing, and says so: `ready` rejects with NameTakenError.
   *
   * @default the peer id
   */
  name?: string | undefined
  /** This node's share of the ring, relative to the others'. From 0.1 to 10. @default 1 */
  weight?: number | undefined
  /** Where other members are looked for, all at once. [] = nowhere. @default [mdns()] */
  discovery?: Discovery[] | undefined
  /**
   * 'gossip': members tell each other who is there. 'manual': the ring is this node plus what
   * `addPeer` and `setPeers` were given, and stays so until told otherwise. @default 'gossip'
   */
  membership?: 'gossip' | 'manual' | MembershipInit | undefined
  rpc?: RpcInit | undefined
  /**
   * What `stop()` does before it says goodbye: this node owns nothing any more, goes on answering, and passes its values on to those who own
   * them now, the ones used last first. Not in manual membership, where the others are told by nobody.
   */
  handOver?: HandOverInit | undefined
}

export interface GroupcacheOptions extends GroupcacheInit {
  /** Multiaddrs to listen on. @default ['/ip4/0.0.0.0/tcp/0'] */
  listen?: string[] | undefined
  /** Multiaddrs to tell the others instead of those that are listened on. */
  announce?: string[] | undefined
  /** @default a fresh Ed25519 key */
  privateKey?: PrivateKey | undefined
  /** Metrics of libp2p and of this cache: `prometheusMetrics()` or `openTelemetryMetrics()`. @default none */
  metrics?: NonNullable<Libp2pOptions['metrics']> | undefined
  /**
   * Only nodes with the same secret can connect. At least 8 bytes; a string counts as its UTF-8. Best
   * are 32 random bytes: whoever can reach the port can test guesses at leisure. Of a list, the first
   * is offered and all are accepted, so that a secret can be replaced without an outage.
   *
   * @default none: whoever can reach the port, and knows the cluster's name, can join
   */
  secret?: Secret | readonly Secret[]
  /**
   * Ids of the peers that may connect and be members; [] = none. Give the nodes private keys that
   * stay, and all the same list. Combines with `secret`.
   *
   * @default all
   */
  allow?: ReadonlyArray<string | PeerId>
}

export type Secret = string | Uint8Array

export interface GroupcacheEvents {
  /** A member was added. */
  'member:join': CustomEvent<Member>
  /** A member said goodbye, or was removed by `removePeer` or `setPeers`. */
  'member:leave': CustomEvent<Member>
  /** A member is gone without a goodbye. */
  'member:fail': CustomEvent<Member>
  /** The ring has changed: some keys have another owner. */
  'ring:change': CustomEvent<{ members: readonly Member[] }>
  /** Values are handed over to those who own them now: after each part of them, and when there will be no more of it. */
  'handover:progress': CustomEvent<HandOverProgress>
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
   * @throws HandshakeRefusedError when it has another secret, or `allow` does not list it; the ring is unchanged
   * @throws InvalidParametersError when `peer` is no multiaddr, or is this node's own
   * @throws NotStartedError before `start` and after `stop`
   */
  addPeer (peer: string | Multiaddr, options?: AbortOptions): Promise<void>
  /** Takes a peer off this node's ring until `addPeer` or `setPeers` names it again, whatever discovery finds. One that is no member is kept off it in the same way; an address that is nobody's is ignored. */
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
   * @throws the signal's reason when it aborts first: AbortError, TimeoutError, or what it was given
   * @throws NotStartedError when the node is stopped meanwhile
   * @throws NameTakenError while another live process, that is older, has this node's `name`
   */
  ready (options: { members: number } & AbortOptions): Promise<void>
  stats (): GroupcacheStats
  start (): Promise<void>
  /** Hands over what this node has (see `handOver`), says goodbye to the others, rejects what is pending and closes everything. */
  stop (): Promise<void>
  [Symbol.asyncDispose] (): Promise<void>
}

/** What `createGroupcache` returns: the service together with the libp2p node made for it. */
export interface StandaloneGroupcache extends Groupcache {
  readonly libp2p: Libp2p
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
  /** Whether nothing is to be done about a peer: it is a member (in manual mode, a connected one), or the user removed it. */
  connected (peer: PeerId): boolean
  /**
   * The complete list as the source knows it, this node itself among it if that is easier. In manual mode the lists
   * of all sources together become the peers, whoever a source connected to besides; otherwise those listed who are
   * no members yet are dialled, in the background and at every call, those that do not answer less and less often.
   *
   * What is wrong with a list is logged, and nobody is dropped because of it: it is empty, something in it is no
   * address, or it has more than 1,000. So are addresses that do not answer.
   *
   * @throws TypeError when it is no iterable
   */
  replace (peers: Iterable<string | Multiaddr>): Promise<void>
}

/**
 * One that throws, or rejects, when it is made, started or stopped is logged, and its node goes on without it. A node
 * waits for a second at most.
 */
export interface DiscoverySource {
  start (): void | Promise<void>
  stop (): void | Promise<void>
}

/** Makes a source for one node. Sources are combinable; the same one may be given to several nodes. */
export type Discovery = (context: DiscoveryContext) => DiscoverySource
