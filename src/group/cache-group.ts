// A group, and THE read path: where a get goes, from this process's memory to the loader.
//
//   get(key)
//     main or hot has it ───────────────────► answer, in the caller's tick
//     a flight for key exists ──────────────► join it
//     I own key ───► who owned it before has it? ───► load() ───► main
//     else ask the owner ──► answer ──► hot
//           unreachable ──► ask the successor ──► unreachable, or is me ──► load() here, for a few seconds
//           its load failed ──► load() here, or its error (loadLocallyOnLoadError)

import { NotStartedError } from '@libp2p/interface'
import { GroupMemory } from '../cache/group-memory.js'
import { MAX_WAITING_GETS } from '../constants.js'
import { CodecError, LoadError, OverloadedError } from '../errors.js'
import { Flights } from '../flight/flights.js'
import { Answers } from './answers.js'
import { Encoder } from './encoder.js'
import { FormerOwners } from './former-owners.js'
import { forget } from './forget.js'
import { locate } from './locate.js'
import { LocalLoader } from './local-loader.js'
import { OwnLoads } from './own-loads.js'
import { RemoteReads } from './remote-reads.js'
import { isMoved } from '../rpc/ask.js'
import type { Entry } from '../cache/entry.js'
import type { Clock } from '../clock.js'
import type { Abortable } from '../flight/abortable.js'
import type { Flight } from '../flight/flight.js'
import type { GroupStats, Located } from '../interface/group.js'
import type { Ask, ServedValue } from '../rpc/ask.js'
import type { Removal, Replacement } from '../rpc/removal.js'
import type { GroupServer, Peers } from './peers.js'
import type { GroupSettings } from './settings.js'
import type { Observer } from '../observer.js'
import type { Logger } from '@libp2p/interface'

export interface CacheGroupInit<V> {
  name: string
  settings: GroupSettings<V>
  peers: Peers
  clock: Clock
  /** From 0 to 1, as Math.random. */
  random: () => number
  log: Logger
  observer?: Observer | undefined
}

export class CacheGroup<V> implements GroupServer {
  readonly name: string
  readonly encoder: Encoder<V>
  readonly #peers: Peers
  readonly #clock: Clock
  readonly #cache: GroupMemory<V>
  /** Gets of this node's callers. They may wait for other members. */
  readonly #gets: Flights<Entry<V>>
  /**
   * Runs of the loader. They wait for no member's load, so a request that was forwarded here can
   * join one safely. If it joined #gets instead: 1. A asks B for k, B being the owner in A's view.
   * 2. B asks A, the owner in its own. 3. A joins its get of step 1, and both hang.
   */
  readonly #loads: OwnLoads<V>
  readonly #answers: Answers<V>
  readonly #reads: RemoteReads<V>
  readonly #counts = { gets: 0, mainHits: 0, staleHits: 0, hotHits: 0, joined: 0, peerHits: 0, loaded: 0, peerGets: 0, peerErrors: 0, serverGets: 0 }

  constructor ({ name, settings, peers, clock, random, log, observer }: CacheGroupInit<V>) {
    this.name = name
    this.#peers = peers
    this.#clock = clock
    this.encoder = new Encoder(name, settings)
    this.#cache = new GroupMemory({ clock, ...settings })
    this.#gets = new Flights(clock)
    const loader = new LocalLoader({ group: name, settings, encoder: this.encoder, clock, random, isOwner: key => peers.isOwner(key), observer })
    const shared = { name, cache: this.#cache, peers, clock, log, former: new FormerOwners({ name, peers, log }) }
    this.#loads = new OwnLoads({ ...shared, loader, errorTtl: settings.errorTtl })
    this.#answers = new Answers({ ...shared, counts: this.#counts, loads: this.#loads, mayGoOn: err => { this.#reads.mayGoOn(err) } })
    this.#reads = new RemoteReads({ ...shared, settings, counts: this.#counts, checkOpen: () => { this.checkOpen() }, loadHere: (key, flight, earlier) => this.#loadHere(key, flight, earlier) })
  }

  // ---- the read path ----

  /** Begins a get of a caller of this node. @returns {@link Clock.now}, for what follows in the same tick @throws NotStartedError */
  begin (): number {
    this.checkOpen()
    this.#counts.gets++
    return this.#clock.now()
  }

  /** What a get of a valid key finds in this process's memory. */
  inMemory (key: string, now: number): Entry<V> | undefined {
    // frozen until a moment ago: flightFor() asks the others first what was missed
    if (now >= this.#peers.standing.until) return undefined
    const owned = this.#cache.owned(key, now) ?? this.#beingRenewed(key, now)
    if (owned !== undefined) {
      this.#counts.mainHits++
      return owned
    }
    const copy = this.#cache.copy(key, now)
    if (copy !== undefined) this.#counts.hotHits++
    return copy
  }

  /** The flight that brings what is not in memory: the one under way, or one that takes off now. @throws OverloadedError when too many wait */
  flightFor (key: string, now: number): Flight<Entry<V>> {
    if (this.#gets.waiting >= MAX_WAITING_GETS) throw new OverloadedError(`group ${this.name}: ${this.#gets.waiting} gets wait`)
    const isFrozen = now >= this.#peers.standing.until
    // regain() takes all flights off their keys at once: none of them may be joined
    if (isFrozen) void this.#peers.regain()
    const flight = this.#gets.get(key)
    if (flight === undefined) return this.#gets.start(key, isFrozen ? this.#fillWhenRegained : this.#fill)
    this.#counts.joined++
    return flight
  }

  peek (key: string): V | undefined {
    const now = this.#clock.now()
    if (now >= this.#peers.standing.until) return undefined
    const entry = this.#cache.owned(key, now) ?? this.#cache.stale(key, now) ?? this.#cache.copy(key, now)
    return entry === undefined ? undefined : this.decode(key, entry)
  }

  /** See {@link Group.locate}. */
  locate (key: string, timeout?: number): Promise<Located> {
    this.checkOpen()
    const now = this.#clock.now()
    return locate(this.#peers, this.name, key, now >= this.#peers.standing.until ? undefined : this.#answers.place(key, now), timeout)
  }

  #beingRenewed (key: string, now: number): Entry<V> | undefined {
    const old = this.#cache.stale(key, now)
    if (old === undefined) return undefined
    this.#counts.staleHits++
    this.#loads.refresh(key)
    return old
  }

  readonly #fillWhenRegained = (flight: Flight<Entry<V>>): undefined => {
    this.#peers.regain().then(() => {
      const now = this.#clock.now()
      const entry = this.#cache.owned(flight.key, now) ?? this.#cache.copy(flight.key, now)
      if (entry === undefined) flight.launch(this.#fill)
      else flight.land(entry.hold())
    }).catch((err: unknown) => { flight.fail(err) })
  }

  /** @returns nothing where another member is asked: the flight is told then */
  readonly #fill = (flight: Flight<Entry<V>>): Promise<Entry<V>> | undefined => {
    const owner = this.#peers.owner(flight.key)
    if (owner === undefined || owner === this.#peers.self) return this.#loadHere(flight.key, flight)
    this.#reads.begin(owner, flight)
    return undefined
  }

  async #loadHere (key: string, caller: Flight<Entry<V>>, earlier?: Error): Promise<Entry<V>> {
    try {
      const entry = await this.#loads.load(key, caller)
      this.#counts.loaded++
      return entry
    } catch (err) {
      if (err instanceof LoadError) err.earlier ??= earlier
      throw err
    }
  }

  /** The value of an entry, for a caller of this node. @throws CodecError */
  decode (key: string, entry: Entry<V>): V {
    try {
      return this.#cache.decode(key, entry)
    } catch (cause) {
      this.#cache.remove(key)
      throw new CodecError({ action: 'decode', group: this.name, key, cause })
    }
  }

  /** @throws NotStartedError */
  checkOpen (): void {
    if (!this.#peers.isOpen) throw new NotStartedError(`group ${this.name}: the node is not started, or was stopped`)
  }

  stats (): GroupStats {
    const { items, bytes, hotItems, hotBytes, evictions } = this.#cache
    return { ...this.#counts, ...this.#loads.counts, takenOver: this.#loads.takenOver, evictions, items, bytes, hotItems, hotBytes }
  }

  // ---- for other members ----

  serve (key: string, ask: Ask, caller: Abortable): ServedValue {
    if (!isMoved(ask) && ask !== 'look') this.#counts.serverGets++
    return this.#answers.answer(key, ask, caller)
  }

  forget (removal: Removal): void {
    this.#loads.forgetFailures(removal)
    forget(removal, this.#cache, [this.#gets, this.#loads.flights])
  }

  store ({ key, bytes, ttl, tags }: Replacement): void {
    const content = { bytes: new Uint8Array(bytes), ttl, tags }
    if (this.#peers.isOwner(key)) this.#cache.storeOwned(key, content, { keep: true })
    else this.#cache.storeStandIn(key, content, { keep: true, lease: undefined })
  }

  detachAll (): void {
    this.#gets.detachAll()
    this.#loads.flights.detachAll()
  }

  // ---- what becomes of the node ----

  onRingChange (): void {
    this.#loads.onRingChange()
    this.#cache.reassign(this.#peers)
  }

  onTakeOverEnd (): void {
    this.#cache.moved.dropAll()
  }

  get isEmpty (): boolean {
    return this.#cache.items === 0
  }

  moved (): Iterable<{ key: string, bytes: number }> {
    return this.#cache.moved.list(() => this.#clock.now())
  }

  forgetMovedKey (key: string): void {
    this.#cache.moved.drop(key)
  }

  adopt (keys: readonly string[]): Promise<boolean[]> {
    return Promise.all(keys.map(key => this.#loads.adopt(key)))
  }

  close (): void {
    const reason = new NotStartedError(`group ${this.name}: the node was stopped`)
    // the loads first: they would end because nobody waits any more, which is not why
    this.#loads.flights.abort(reason)
    this.#gets.abort(reason)
    this.#cache.clear()
  }
}
