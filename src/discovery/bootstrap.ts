// Discovery from a list of addresses, for clouds and for tests.

import { InvalidParametersError } from '@libp2p/interface'
import { systemClock } from '../clock.js'
import { Concurrency } from '../concurrency.js'
import { MAX_LISTED_ADDRESSES, MAX_LIST_DIALS } from '../constants.js'
import { show } from '../errors.js'
import { isName, parseAddress } from '../rpc/addresses.js'
import { optionsObject } from '../validation.js'
import { isOwn } from './address-list.js'
import { backoff } from './backoff.js'
import type { Clock, Timer } from '../clock.js'
import type { Discovery, DiscoveryContext, DiscoverySource } from '../interface/groupcache.js'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface BootstrapInit {
  /** For tests. @default the process's own */
  clock?: Clock | undefined
  /** For tests: numbers from 0 to 1. @default Math.random */
  random?: (() => number) | undefined
}

/** How often a connected seed is looked after. */
const CHECK_INTERVAL = 1_000

/**
 * Dials each address, and keeps it connected for ever: a seed that is away is redialled with jittered
 * backoff of up to 10 s. Addresses need no peer id: `/dns4/cache-0.internal/tcp/4001` is enough.
 * This node's own address among them does nothing; a name that leads to this node is looked at again,
 * because behind it there may be another one next time. Of more than 1,000 the first 1,000 count.
 *
 * libp2p's own bootstrap module dials once and drops addresses without a peer id, hence this one.
 *
 * @throws InvalidParametersError when an address is no multiaddr, or an option is wrong
 */
export function bootstrap (addresses: ReadonlyArray<string | Multiaddr>, init: BootstrapInit = {}): Discovery {
  if (!Array.isArray(addresses)) throw new InvalidParametersError(`bootstrap: expected an array of multiaddrs, got ${show(addresses)}`)
  const known = optionsObject<BootstrapInit>('bootstrap options', init, ['clock', 'random'])
  // one that is listed twice is dialled once
  const seeds = [...new Map((addresses as ReadonlyArray<string | Multiaddr>).map(address => parseAddress(address)).map(seed => [seed.toString(), seed])).values()]
  return context => new Bootstrap(context, seeds.slice(0, MAX_LISTED_ADDRESSES), seeds.length > MAX_LISTED_ADDRESSES, known)
}

class Bootstrap implements DiscoverySource {
  readonly #context: DiscoveryContext
  readonly #seeds: readonly Multiaddr[]
  readonly #isCut: boolean
  readonly #clock: Clock
  readonly #random: () => number
  readonly #timers = new Map<Multiaddr, Timer>()
  readonly #dials = new Concurrency(MAX_LIST_DIALS)
  #stopping = new AbortController()

  constructor (context: DiscoveryContext, seeds: readonly Multiaddr[], isCut: boolean, { clock = systemClock, random = Math.random }: BootstrapInit) {
    this.#context = context
    this.#seeds = seeds
    this.#isCut = isCut
    this.#clock = clock
    this.#random = random
  }

  start (): void {
    this.#stopping = new AbortController()
    if (this.#isCut) this.#context.log.error('only the first %d seeds are dialled', this.#seeds.length)
    if (this.#seeds.length === 0) this.#context.log('the list of seeds is empty: nobody is looked for')
    for (const seed of this.#seeds) void this.#look(seed, undefined, 0)
  }

  stop (): void {
    this.#stopping.abort()
    for (const timer of this.#timers.values()) this.#clock.clearTimeout(timer)
    this.#timers.clear()
  }

  /** @param peer - who answered at this address last time */
  async #look (seed: Multiaddr, peer: PeerId | undefined, failures: number): Promise<void> {
    const { signal } = this.#stopping
    let next = CHECK_INTERVAL
    try {
      if (peer === undefined || !this.#context.connected(peer)) {
        peer = await this.#dials.run(() => this.#context.connect(seed, { signal }))
      }
      failures = 0
    } catch (err) {
      if (signal.aborted) return
      failures++
      next = backoff(failures, this.#random)
      if (isOwn(err)) {
        if (failures === 1) this.#context.log('seed %a leads to this node itself: nobody else is found there', seed)
        if (!isName(seed)) return
      } else this.#context.log('cannot join at seed %a, trying again in %d ms - %e', seed, Math.round(next), err)
    }
    if (signal.aborted) return
    this.#timers.set(seed, this.#clock.setTimeout(() => { void this.#look(seed, peer, failures) }, next))
  }
}
