// Discovery from a list of addresses, for clouds and for tests.

import { InvalidParametersError } from '@libp2p/interface'
import { systemClock } from '../clock.js'
import { show } from '../errors.js'
import { parseAddress } from '../rpc/addresses.js'
import { backoff } from './backoff.js'
import type { Clock, Timer } from '../clock.js'
import type { Discovery, DiscoveryContext, DiscoverySource } from '../interface/groupcache.js'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface BootstrapInit {
  clock?: Clock
  random?: () => number
}

/** How often a connected seed is looked after. */
const CHECK_INTERVAL = 1_000

/**
 * Dials each address, and keeps it connected for ever: a seed that is away is redialled with jittered
 * backoff of up to 10 s. Addresses need no peer id: `/dns4/cache-0.internal/tcp/4001` is enough.
 * This node's own address among them does nothing.
 *
 * libp2p's own bootstrap module dials once and drops addresses without a peer id, hence this one.
 *
 * @throws InvalidParametersError when an address is no multiaddr
 */
export function bootstrap (addresses: ReadonlyArray<string | Multiaddr>, init: BootstrapInit = {}): Discovery {
  if (!Array.isArray(addresses)) throw new InvalidParametersError(`bootstrap: expected an array of multiaddrs, got ${show(addresses)}`)
  const seeds = addresses.map(parseAddress)
  return context => new Bootstrap(context, seeds, init)
}

class Bootstrap implements DiscoverySource {
  readonly #context: DiscoveryContext
  readonly #seeds: readonly Multiaddr[]
  readonly #clock: Clock
  readonly #random: () => number
  readonly #timers = new Map<Multiaddr, Timer>()
  #isRunning = false
  #stopping = new AbortController()

  constructor (context: DiscoveryContext, seeds: readonly Multiaddr[], { clock = systemClock, random = Math.random }: BootstrapInit) {
    this.#context = context
    this.#seeds = seeds
    this.#clock = clock
    this.#random = random
  }

  start (): void {
    this.#isRunning = true
    this.#stopping = new AbortController()
    for (const seed of this.#seeds) void this.#look(seed, undefined, 0)
  }

  stop (): void {
    this.#isRunning = false
    this.#stopping.abort()
    for (const timer of this.#timers.values()) this.#clock.clearTimeout(timer)
    this.#timers.clear()
  }

  /** @param peer - who answered at this address last time */
  async #look (seed: Multiaddr, peer: PeerId | undefined, failures: number): Promise<void> {
    let next = CHECK_INTERVAL
    try {
      if (peer === undefined || !this.#context.connected(peer)) {
        peer = await this.#context.connect(seed, { signal: this.#stopping.signal })
      }
      failures = 0
    } catch (err) {
      // the only wrong parameter left is an address of our own
      if (!this.#isRunning || (err as Error).name === 'InvalidParametersError') return
      failures++
      next = backoff(failures, this.#random)
      this.#context.log('seed %a is away, trying again in %d ms - %e', seed, Math.round(next), err)
    }
    if (!this.#isRunning) return
    this.#timers.set(seed, this.#clock.setTimeout(() => { void this.#look(seed, peer, failures) }, next))
  }
}
