// A group, and THE read path: where a get goes, from this process's memory to the loader.
//
//   get(key)
//     main or hot has it ───────────────────► answer, in the caller's tick
//     a flight for key exists ──────────────► join it
//     I own key ───► previous owner has it? ───► load() ───► main
//     else ask the owner ──► answer ──► hot
//           unreachable ──► ask the successor ──► unreachable, or is me ──► load() here, for a few seconds
//           its load failed ──► load() here, or its error (loadLocallyOnLoadError)

import { NotStartedError } from '@libp2p/interface'
import { GroupCache } from '../cache/group-cache.js'
import { CodecError, LoadError, OverloadedError, ProtocolViolationError, ValueTooLargeError } from '../errors.js'
import { Flights } from '../flight/flights.js'
import { abortReason } from '../flight/flight.js'
import { checkKey, durationOption } from '../validation.js'
import { Answers } from './answers.js'
import { LocalLoader } from './local-loader.js'
import { OwnLoads } from './own-loads.js'
import { Removal } from './removal.js'
import type { Entry } from '../cache/entry.js'
import type { Clock } from '../clock.js'
import type { Flight } from '../flight/flight.js'
import type { AbortOptions, Logger } from '@libp2p/interface'
import type { GetOptions, Group, GroupStats } from '../interface/group.js'
import type { Member } from '../interface/member.js'
import type { Ask, Value } from '../rpc/ask.js'
import type { GroupServer, Peers } from './peers.js'
import type { GroupSettings } from './settings.js'

export interface CacheGroupInit<V> {
  name: string
  settings: GroupSettings<V>
  peers: Peers
  clock: Clock
  log: Logger
}

export class CacheGroup<V> implements Group<V>, GroupServer {
  readonly name: string
  readonly #settings: GroupSettings<V>
  readonly #peers: Peers
  readonly #answers: Answers<V>
  readonly #removal: Removal<V>
  readonly #log: Logger
  readonly #cache: GroupCache<V>
  /** Gets of this node's callers. They may wait for other members. */
  readonly #gets: Flights<Entry<V>>
  /**
   * Runs of the loader. They wait for no member's load, so a request that was forwarded here can
   * join one safely. If it joined #gets instead: 1. A asks B for k, B being the owner in A's view.
   * 2. B asks A, the owner in its own. 3. A joins its get of step 1, and both hang.
   */
  readonly #loads: OwnLoads<V>
  readonly #counts = { gets: 0, mainHits: 0, hotHits: 0, joined: 0, peerGets: 0, peerErrors: 0, serverGets: 0 }

  constructor ({ name, settings, peers, clock, log }: CacheGroupInit<V>) {
    this.name = name
    this.#settings = settings
    this.#peers = peers
    this.#log = log
    this.#cache = new GroupCache({ clock, maxBytes: settings.maxBytes, hot: settings.hot })
    this.#gets = new Flights(clock)
    this.#answers = new Answers({
      name,
      cache: this.#cache,
      peers,
      clock,
      load: key => this.#loadHere(key),
      mayGoOn: err => { this.#mayGoOn(err) }
    })
    this.#loads = new OwnLoads({ name, cache: this.#cache, loader: new LocalLoader(name, settings, clock), peers, clock, log })
    this.#removal = new Removal({ name, cache: this.#cache, gets: this.#gets, loads: this.#loads, peers, log })
  }

  async get (key: string, options?: GetOptions): Promise<V> {
    checkKey(key)
    this.#checkOpen()
    if (options?.signal?.aborted === true) throw abortReason(options.signal)
    if (options?.timeout !== undefined) durationOption('timeout', options.timeout, 0)
    this.#counts.gets++
    const entry = this.#inMemory(key) ?? await this.#flightFor(key).wait(options)
    return this.#decode(key, entry)
  }

  peek (key: string): V | undefined {
    checkKey(key)
    const entry = this.#cache.owned(key) ?? this.#cache.copy(key)
    return entry === undefined ? undefined : this.#decode(key, entry)
  }

  async remove (key: string, options: AbortOptions = {}): Promise<void> {
    checkKey(key)
    this.#checkOpen()
    options.signal?.throwIfAborted()
    await this.#removal.remove(key)
  }

  owner (key: string): Member {
    checkKey(key)
    return this.#peers.member(this.#peers.owner(key) ?? this.#peers.self)
  }

  stats (): GroupStats {
    const { items, bytes, hotItems, hotBytes, evictions } = this.#cache
    return { ...this.#counts, ...this.#loads.counts, evictions, items, bytes, hotItems, hotBytes }
  }

  // ---- the read path ----

  #inMemory (key: string): Entry<V> | undefined {
    const owned = this.#cache.owned(key)
    if (owned !== undefined) {
      this.#counts.mainHits++
      return owned
    }
    const copy = this.#cache.copy(key)
    if (copy !== undefined) this.#counts.hotHits++
    return copy
  }

  #flightFor (key: string): Flight<Entry<V>> {
    const flight = this.#gets.get(key)
    if (flight === undefined) return this.#gets.start(key, flight => this.#fill(key, flight))
    this.#counts.joined++
    return flight
  }

  async #fill (key: string, flight: Flight<Entry<V>>): Promise<Entry<V>> {
    const owner = this.#peers.owner(key)
    if (owner === undefined || owner === this.#peers.self) return this.#loadHere(key, flight)
    let failure: Error
    try {
      return await this.#ask(owner, key, 'get', flight)
    } catch (err) {
      failure = this.#mayGoOn(err)
    }
    flight.throwIfAborted()
    const successor = isLoadFailure(failure) ? undefined : this.#peers.successor(key)
    if (successor !== undefined && successor !== this.#peers.self) {
      try {
        return await this.#ask(successor, key, 'forwarded', flight)
      } catch (err) {
        failure = this.#mayGoOn(err)
      }
      flight.throwIfAborted()
    }
    return this.#loadHere(key, flight, failure)
  }

  /** Asks one member, and keeps a copy of what it answers. */
  #ask (member: string, key: string, ask: Ask, flight: Flight<Entry<V>>): Promise<Entry<V>> {
    this.#counts.peerGets++
    return this.#peers.fetch(member, this.name, key, ask).then(value => {
      if (value === undefined) throw new ProtocolViolationError(`${member} answered a ${ask} without a value`)
      return this.#cache.storeCopy(key, value.bytes, { keep: !flight.detached, ttl: value.ttl })
    }).catch((err: unknown) => {
      this.#counts.peerErrors++
      throw err
    })
  }

  /** Whether a get goes on elsewhere after a member's failure: returns the failure, or throws what ends the get. */
  #mayGoOn (err: unknown): Error {
    const failure = err instanceof Error ? err : new Error(String(err))
    this.#checkOpen()
    // a busy member is not helped by its requests going elsewhere: they would take the next one down as well
    if (failure instanceof OverloadedError) throw failure
    if (isLoadFailure(failure) && !this.#settings.loadLocallyOnLoadError) throw failure
    this.#log('a get in group %s goes on elsewhere - %e', this.name, failure)
    return failure
  }

  async #loadHere (key: string, waiter?: Flight<Entry<V>>, earlier?: Error): Promise<Entry<V>> {
    try {
      return await this.#loads.load(key, waiter)
    } catch (err) {
      if (err instanceof LoadError) err.earlier ??= earlier
      throw err
    }
  }

  #decode (key: string, entry: Entry<V>): V {
    try {
      return entry.value(this.#settings.codec)
    } catch (cause) {
      this.#cache.remove(key)
      throw new CodecError({ action: 'decode', group: this.name, key, cause })
    }
  }

  #checkOpen (): void {
    if (!this.#peers.isOpen) throw new NotStartedError(`group ${this.name}: the node is not started, or was stopped`)
  }

  // ---- answers for other members ----

  serve (key: string, ask: Ask): Value | undefined | Promise<Value | undefined> {
    if (ask !== 'moved') this.#counts.serverGets++
    return this.#answers.answer(key, ask)
  }

  serveRemove (key: string): Promise<void> {
    return this.#removal.serve(key)
  }

  onRingChange (): void {
    this.#loads.onRingChange()
    this.#cache.reassign(key => this.#peers.isOwner(key))
  }

  onTakeOverEnd (): void {
    this.#loads.onTakeOverEnd()
    this.#cache.forgetMoved()
  }

  close (): void {
    const reason = new NotStartedError(`group ${this.name}: the node was stopped`)
    this.#gets.abort(reason)
    this.#loads.abort(reason)
    this.#cache.clear()
  }
}

/** The member was reached and could not produce the value, so its successor could not either. */
function isLoadFailure (err: Error): boolean {
  return err instanceof LoadError || err instanceof CodecError || err instanceof ValueTooLargeError
}
