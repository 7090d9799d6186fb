// Loads in this process: once however many want the value, from who owned the key before where there is one.

import { within } from '../clock.js'
import { Failures } from '../cache/failures.js'
import { OverloadedError, isLoadFailure } from '../errors.js'
import { Flights } from '../flight/flights.js'
import { FIRST_MOVED } from '../rpc/ask.js'
import type { Entry } from '../cache/entry.js'
import type { GroupMemory } from '../cache/group-memory.js'
import type { Clock } from '../clock.js'
import type { Abortable } from '../flight/abortable.js'
import type { Flight } from '../flight/flight.js'
import type { Removal } from '../rpc/removal.js'
import type { FormerOwners } from './former-owners.js'
import type { LoadCounts, Loaded, LocalLoader } from './local-loader.js'
import type { Peers } from './peers.js'
import type { Logger } from '@libp2p/interface'

export interface OwnLoadsInit<V> {
  name: string
  cache: GroupMemory<V>
  loader: LocalLoader<V>
  former: FormerOwners
  /** Milliseconds for which a failed load is remembered. */
  errorTtl: number
  peers: Peers
  clock: Clock
  log: Logger
}

/**
 * How long a value that was loaded in place of the owner waits to know what it may be kept under. Of a process that has just died that
 * takes a moment, but for a member that is busy; and without it the next get loads again.
 */
const TOUCH_TIMEOUT = 1_000
const NOT_LOADED = new Error('there is nothing to take over')

export class OwnLoads<V> {
  readonly flights: Flights<Entry<V>>
  /** Keys that are being taken over. */
  readonly #adoptions = new Map<string, Promise<void>>()
  /** Values that came from former owners in place of the loader. */
  takenOver = 0
  readonly #init: OwnLoadsInit<V>
  readonly #failures: Failures

  constructor (init: OwnLoadsInit<V>) {
    this.#init = init
    this.flights = new Flights(init.clock)
    this.#failures = new Failures(init.clock, init.errorTtl)
  }

  get counts (): LoadCounts {
    return this.#init.loader.counts
  }

  /** As the owner into the main cache, else as a stand-in. @param caller - who leaves when it is aborted */
  async load (key: string, caller?: Abortable): Promise<Entry<V>> {
    return this.#flightFor(key).wait({ caller })
  }

  /** Loads a value anew that is served until then. Nobody waits for it. */
  refresh (key: string): void {
    const { clock, log } = this.#init
    if (this.flights.get(key) !== undefined || this.#failures.get(key, clock.now()) !== undefined) return
    this.#flightFor(key).goOn(err => { log('a value could not be loaded anew - %e', err) })
  }

  /**
   * A load goes on that began when this member owned the key, but its result is not kept: 1. the load
   * begins; 2. the key goes to another member, is loaded and removed there; 3. it comes back.
   */
  onRingChange (): void {
    for (const key of this.flights.keys()) {
      if (!this.#init.peers.isOwner(key)) this.flights.detach(key)
    }
  }

  /** A failure that is remembered says nothing about what comes after a removal. */
  forgetFailures (removal: Removal): void {
    // which tags a value would have had is not known when there is none
    if (removal.kind !== 'keys') this.#failures.clear()
    else for (const key of removal.keys) this.#failures.forget(key)
  }

  /** Takes a key of this node's over, if a former owner still has it. @returns whether this node has it then */
  async adopt (key: string): Promise<boolean> {
    const { cache, peers, clock } = this.#init
    const isHere = (): boolean => clock.now() < peers.standing.until && cache.owned(key, clock.now()) !== undefined
    if (!peers.isOwner(key)) return false
    if (isHere()) return true
    // several may offer it at once: only who wants its value is one more to wait for it
    const adoption = this.#adoptions.get(key) ?? this.#adopt(key)
    await adoption
    return isHere()
  }

  #adopt (key: string): Promise<void> {
    const flight = this.flights.get(key) ?? this.flights.start(key, flight => this.#run(key, flight, 'unless nobody else waits'))
    // what there is not to take over, whoever wants it loads
    const adoption = flight.wait().then(() => {}, () => {}).finally(() => { this.#adoptions.delete(key) })
    this.#adoptions.set(key, adoption)
    return adoption
  }

  #flightFor (key: string): Flight<Entry<V>> {
    return this.flights.get(key) ?? this.flights.start(key, flight => this.#run(key, flight))
  }

  async #run (key: string, flight: Flight<Entry<V>>, loads: 'always' | 'unless nobody else waits' = 'always'): Promise<Entry<V>> {
    const { cache, peers, clock } = this.#init
    const owner = peers.owner(key)
    // asked for while the load runs
    const footing = owner === undefined || owner === peers.self ? undefined : this.#footing(owner)
    try {
      // the new owner may not have the group yet, and we still have the value: contact with it is all that is missing
      if (footing !== undefined && cache.moved.has(key) && typeof await footing === 'object') {
        const copy = cache.moved.copy(key, clock.now())
        if (copy !== undefined) return copy.hold()
      }
      const moved = await this.#fetchMoved(key, flight)
      if (moved === undefined && loads !== 'always' && flight.waiters <= 1) {
        // in this tick: nobody may join it any more
        flight.abort(NOT_LOADED)
        throw NOT_LOADED
      }
      const content = moved ?? await this.#load(key, flight)
      if (peers.isOwner(key)) return this.#storeOwned(key, content, flight.mayKeep(content.tags))
      const under = await footing
      const keep = under !== undefined && under !== 'lost' && flight.mayKeep(content.tags)
      return cache.storeStandIn(key, content, { keep, lease: typeof under === 'object' ? under : undefined })
    } catch (err) {
      const old = (isLoadFailure(err) || err instanceof OverloadedError) && !flight.detached ? cache.fallback(key, clock.now()) : undefined
      if (old !== undefined) return old.hold()
      throw err
    }
  }

  #storeOwned (key: string, content: Loaded, mayKeep: boolean): Entry<V> {
    const { cache } = this.#init
    const isForNow = content.isForNow === true
    // the one before it is old by now, and this is what came of loading it anew
    if (mayKeep && isForNow) cache.remove(key)
    return cache.storeOwned(key, content, { keep: mayKeep && !isForNow })
  }

  /** Runs the loader, unless it has failed for this key a moment ago. */
  async #load (key: string, flight: Flight<Entry<V>>): Promise<Loaded> {
    const { loader, clock } = this.#init
    const failure = this.#failures.get(key, clock.now())
    if (failure !== undefined) throw failure
    try {
      return await loader.load(key, flight)
    } catch (err) {
      if (isLoadFailure(err) && flight.isUntouched) this.#failures.remember(key, err)
      throw err
    }
  }

  /** What a former owner of a key of ours still has. */
  async #fetchMoved (key: string, flight: Flight<Entry<V>>): Promise<Loaded | undefined> {
    const { former, peers } = this.#init
    const fetching = peers.isOwner(key) ? former.fetch(key, FIRST_MOVED, flight) : undefined
    if (fetching === undefined) return undefined
    const moved = await fetching
    flight.throwIfAborted()
    if (moved !== undefined) this.takenOver++
    return moved
  }

  /** Under what a stand-in for `owner` may be kept; undefined when that is not known in time. */
  #footing (owner: string): Promise<Awaited<ReturnType<Peers['touch']>> | undefined> {
    const { peers, clock } = this.#init
    return within(clock, TOUCH_TIMEOUT, peers.touch(owner), () => undefined)
  }
}
