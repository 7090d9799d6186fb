// Loads in this process: once however many want the value, from the previous owner where there is one.

import { TAKE_OVER_TIMEOUT } from '../constants.js'
import { Flights } from '../flight/flights.js'
import type { Entry } from '../cache/entry.js'
import type { GroupCache } from '../cache/group-cache.js'
import type { Clock } from '../clock.js'
import type { Flight } from '../flight/flight.js'
import type { LoadCounts, LocalLoader } from './local-loader.js'
import type { Value } from '../rpc/ask.js'
import type { Peers } from './peers.js'
import type { Logger } from '@libp2p/interface'

export interface OwnLoadsInit<V> {
  name: string
  cache: GroupCache<V>
  loader: LocalLoader<V>
  peers: Peers
  clock: Clock
  log: Logger
}

export class OwnLoads<V> {
  readonly #init: OwnLoadsInit<V>
  readonly #flights: Flights<Entry<V>>
  #isMovedTrusted = true

  constructor (init: OwnLoadsInit<V>) {
    this.#init = init
    this.#flights = new Flights(init.clock)
  }

  get counts (): LoadCounts {
    return this.#init.loader.counts
  }

  /** As the owner into the main cache, else as a stand-in. @param waiter - who leaves when it is aborted */
  async load (key: string, waiter?: Flight<Entry<V>>): Promise<Entry<V>> {
    const { cache, loader, peers } = this.#init
    const flight = this.#flights.get(key) ?? this.#flights.start(key, async flight => {
      const moved = await this.#fetchMoved(key)
      flight.throwIfAborted()
      // what came from a member is a view of a network buffer
      const bytes = moved === undefined ? await loader.load(key, flight.signal) : new Uint8Array(moved.bytes)
      const keep = !flight.detached
      return peers.isOwner(key) ? cache.storeOwned(key, bytes, { keep }) : cache.storeStandIn(key, bytes, { keep })
    })
    return flight.wait(waiter === undefined ? {} : { signal: waiter.signal })
  }

  /**
   * A load goes on that began when this member owned the key, but its result is not kept: 1. the load
   * begins; 2. the key goes to another member, is loaded and removed there; 3. it comes back.
   */
  onRingChange (): void {
    for (const key of this.#flights.keys()) {
      if (!this.#init.peers.isOwner(key)) this.#flights.detach(key)
    }
  }

  /** A removal did not reach a previous owner: until the hand-over is over, the origin is asked instead. */
  distrustMoved (): void {
    this.#isMovedTrusted = false
  }

  onTakeOverEnd (): void {
    this.#isMovedTrusted = true
  }

  /** The loads under way for a key answer those who wait, and are not kept. */
  detach (key: string): void {
    this.#flights.detach(key)
  }

  abort (reason: Error): void {
    this.#flights.abort(reason)
  }

  /** What the previous owner of a key of ours still has; its failure only means that the origin is asked. */
  async #fetchMoved (key: string): Promise<Value | undefined> {
    const { name, peers, log } = this.#init
    const previous = this.#isMovedTrusted && peers.isOwner(key) ? peers.previousOwner(key) : undefined
    if (previous === undefined) return undefined
    try {
      return await peers.fetch(previous, name, key, 'moved', { timeout: TAKE_OVER_TIMEOUT })
    } catch (err) {
      log('previous owner %s could not be asked - %e', previous, err)
      return undefined
    }
  }
}
