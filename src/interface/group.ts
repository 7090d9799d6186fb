// The public types of a group. Durations are milliseconds and sizes are bytes, everywhere.

import type { AbortOptions } from '@libp2p/interface'
import type { Member } from './member.js'

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
   * @throws OwnerUnreachableError when the owner did not confirm; the copy here is gone all the same
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
