// The public types of a group. Durations are milliseconds and sizes are bytes, everywhere.

import type { AbortOptions } from '@libp2p/interface'
import type { Member } from './member.js'

export interface LoadContext {
  /**
   * Aborts when `loadTimeout` has passed, when nobody waits for the value any more, on this node or
   * another, and when the node stops.
   */
  readonly signal: AbortSignal
  /**
   * How long this value lives, in milliseconds, instead of the group's `ttl`; 0 = it is handed out and
   * not kept. To be called before the loader settles.
   *
   * @throws InvalidParametersError when it is no number from 0 on
   */
  setTtl (this: void, ms: number): void
  /**
   * Tags this value, for `removeByTag`. Replaces what an earlier call said. At most 64 tags of 255
   * bytes. To be called before the loader settles.
   *
   * @throws InvalidParametersError
   */
  setTags (this: void, tags: string[]): void
}

/** How values become bytes. Both directions must be pure; what they throw becomes a CodecError. */
export interface Codec<V> {
  encode (value: V): Uint8Array
  /** `bytes` may be a view of a larger buffer: copy what is kept beyond the call. */
  decode (bytes: Uint8Array): V
}

export interface HotOptions {
  /** @default 10_000 */
  maxItems?: number | undefined
  /** No copy is served for longer, whatever its value's own ttl. @default 30_000 */
  ttl?: number | undefined
  /**
   * Which values are copied: 'always' = each that is asked for; 'popular' = those that their owner finds
   * many members to ask for, so that keys that are asked for once do not push out the others.
   *
   * @default 'always'
   */
  promote?: 'always' | 'popular' | undefined
}

/** Milliseconds after its ttl for which a value may be handed out. Pure and quick: it runs in the way of gets; what it throws counts as 0. */
export type StaleFor<V> = (value: V) => number

export interface GroupOptions<V> {
  /**
   * Produces the value of a key. Runs at the key's owner, once for the whole cluster, however many
   * ask. null and undefined are values and are cached like any other.
   */
  load (key: string, context: LoadContext): V | Promise<V>
  /** Main and hot cache together; keys, decoded values and bookkeeping counted. @default 64 MiB */
  maxBytes?: number | undefined
  /** A larger value, encoded, fails with a ValueTooLargeError where it is loaded. @default 64 MiB, which is also the most */
  maxValueBytes?: number | undefined
  /**
   * How long a value lives, in milliseconds, unless its loader says otherwise by `setTtl`. Each lives
   * up to a tenth shorter, so that values that were loaded together are not all loaded anew together.
   *
   * @default Infinity
   */
  ttl?: number | undefined
  /**
   * For so long after its ttl a value is still handed out, at once, while its owner loads it anew, once
   * for the whole cluster. A function says it of each value, at its owner.
   *
   * @default 0
   */
  staleWhileRevalidate?: number | StaleFor<V> | undefined
  /** For so long after its ttl a value is handed out when it could not be loaded anew. A function says it of each value. @default 0 */
  staleIfError?: number | StaleFor<V> | undefined
  /** For so long a failed load is remembered: gets fail at once with its error. @default 0 */
  errorTtl?: number | undefined
  /** Copies of values that other members own; false for none. */
  hot?: false | HotOptions | undefined
  /** @default messagePack() */
  codec?: Codec<V> | undefined
  /**
   * Loads of this group that run at a time on this node. The next 16,384 wait for their turn, for 30 s at the most, or for half a
   * second while more come than can be done. Gets beyond that fail with an OverloadedError.
   *
   * @default 1_000
   */
  maxConcurrentLoads?: number | undefined
  /** A load that takes longer fails with a LoadError whose cause is a TimeoutError. @default 30_000 */
  loadTimeout?: number | undefined
  /**
   * When the owner's load failed, load here, as Go's groupcache does. false: the owner's error is the answer.
   *
   * @default true
   */
  loadLocallyOnLoadError?: boolean | undefined
}

export interface GetOptions extends AbortOptions {
  /** How long this caller waits. The load goes on for the others. */
  timeout?: number | undefined
}

export interface SetOptions extends AbortOptions {
  /** Milliseconds. @default the group's `ttl` */
  ttl?: number | undefined
  /** For `removeByTag`. */
  tags?: string[] | undefined
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
   * @throws OverloadedError when too much waits already
   * @throws NotStartedError before `start` and after `stop`
   * @throws InvalidParametersError for a key that is no well-formed string of up to 65,535 bytes
   */
  get (key: string, options?: GetOptions): Promise<V>
  /**
   * The values of many keys, in their order: one request to each owner. Rejects as soon as one fails,
   * as Promise.all does; the others go on. `timeout` and `signal` are for all together.
   *
   * @throws what `get` throws
   */
  getMany (keys: readonly string[], options?: GetOptions): Promise<V[]>
  /** As {@link getMany}, with an outcome for each key: one that fails, even for being no key, fails alone. */
  getManySettled (keys: readonly string[], options?: GetOptions): Promise<Array<PromiseSettledResult<V>>>
  /** The value if this process has it in memory, else undefined. Asks nobody. */
  peek (key: string): V | undefined
  /**
   * Puts a value in place of what the cluster has: at the owner, gone everywhere else. When it resolves
   * no member answers with an older one.
   *
   * @throws CodecError | ValueTooLargeError when the value cannot be kept
   * @throws OwnerUnreachableError when neither the owner nor who takes its place could be reached in 30 s
   * @throws NotStartedError when the node stops meanwhile
   */
  set (key: string, value: V, options?: SetOptions): Promise<void>
  /**
   * Removes a key everywhere: when it resolves, no member answers a later get with a value whose load
   * began before. A member that does not confirm is waited out until its lease has ended, 5 s after it was
   * last in touch; an owner that does not, until it answers or the ring has another one.
   *
   * @throws InvalidationIncompleteError when the owner, or who takes its place, could not be reached in
   * 30 s. The copy here is gone in any case.
   * @throws NotStartedError when the node stops meanwhile
   */
  remove (key: string, options?: AbortOptions): Promise<void>
  /** As {@link remove}, with one request to each owner. */
  removeMany (keys: readonly string[], options?: AbortOptions): Promise<void>
  /** As {@link remove}, for all values with a tag. Every member is the owner of some. */
  removeByTag (tag: string, options?: AbortOptions): Promise<void>
  /** As {@link remove}, for the whole group. Every member is the owner of a part of it. */
  clear (options?: AbortOptions): Promise<void>
  /** The member that owns a key on this node's ring. */
  owner (key: string): Member
  /** The member that owns it when its owner has gone, and is asked when that cannot be reached; undefined when there is but one. */
  successor (key: string): Member | undefined
  /**
   * Who owns a key, and which members have its value in memory: asks all of them, and has nobody load. `timeout` is how long each may take.
   *
   * @default a timeout of 1_000
   */
  locate (key: string, options?: GetOptions): Promise<Located>
  stats (): GroupStats
}

export interface Located {
  readonly owner: Member
  /** Who is asked when the owner cannot be. */
  readonly successor: Member | undefined
  /** 'main': as its owner; 'stale': as its owner, old, and served while it is loaded anew; 'hot': a copy. */
  readonly cachedAt: Array<{ readonly member: Member, readonly where: 'main' | 'stale' | 'hot' }>
  /** Members that did not answer, or do not have the group. */
  readonly unknown: Member[]
}

export interface GroupStats {
  /**
   * Gets of valid keys on a started node, those of `getMany` included, each different key once:
   * mainHits + hotHits + joined + flights of this node's own callers.
   */
  gets: number
  /** gets answered by the main cache; old values within `staleWhileRevalidate` included. */
  mainHits: number
  /** mainHits that were answered with an old value within `staleWhileRevalidate`. */
  staleHits: number
  /** gets answered by the hot cache. */
  hotHits: number
  /** gets that joined a flight of this node already under way. */
  joined: number
  /** gets answered by another member; those that `joined` one of them not counted again. */
  peerHits: number
  /** gets answered by a load on this node, likewise. */
  loaded: number
  /** Requests sent to other members for a value, former owners excluded. */
  peerGets: number
  /** peerGets that brought no value. */
  peerErrors: number
  /** Runs of the loader on this node, for whomever, and to renew old values. */
  loads: number
  /** loads that brought no value. */
  loadErrors: number
  /** Values that came from who owned their key before the ring changed, in place of a load. */
  takenOver: number
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
