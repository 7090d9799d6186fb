// Discovery by asking a function again and again: Consul, the Kubernetes API, a database table.

import { systemClock } from '../clock.js'
import { show } from '../errors.js'
import { durationOption, functionOption, optionsObject } from '../validation.js'
import type { Clock, Timer } from '../clock.js'
import type { Discovery, DiscoveryContext, DiscoverySource } from '../interface/groupcache.js'
import type { Multiaddr } from '@multiformats/multiaddr'

export type PullFunction = (options: { signal: AbortSignal }) => Iterable<string | Multiaddr> | Promise<Iterable<string | Multiaddr>>

export interface PullInit {
  /** Milliseconds between two calls. @default 10_000 */
  interval?: number
  clock?: Clock
}

/**
 * Calls `fn` at once and then every `interval`; it returns the addresses of all nodes, its own
 * included if that is easier. In manual mode they become the peers; otherwise those not connected
 * yet are. When `fn` throws, returns something else, or nothing at all, what is known stays.
 */
export function pull (fn: PullFunction, init: PullInit = {}): Discovery {
  functionOption('pull', fn)
  const known = optionsObject<PullInit>('pull options', init, ['interval', 'clock'])
  const interval = durationOption('pull interval', known.interval, 10_000)
  return context => new Pull(context, fn, interval, known.clock ?? systemClock)
}

class Pull implements DiscoverySource {
  readonly #context: DiscoveryContext
  readonly #fn: PullFunction
  readonly #interval: number
  readonly #clock: Clock
  #timer: Timer | undefined
  #running: AbortController | undefined

  constructor (context: DiscoveryContext, fn: PullFunction, interval: number, clock: Clock) {
    this.#context = context
    this.#fn = fn
    this.#interval = interval
    this.#clock = clock
  }

  start (): void {
    this.#running = new AbortController()
    void this.#turn(this.#running.signal)
  }

  stop (): void {
    this.#running?.abort()
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
  }

  async #turn (signal: AbortSignal): Promise<void> {
    try {
      const peers: unknown = await this.#fn({ signal })
      if (peers === null || typeof peers !== 'object' || !(Symbol.iterator in peers)) {
        throw new TypeError(`expected an iterable of multiaddrs, got ${show(peers)}`)
      }
      const list = [...peers as Iterable<string | Multiaddr>]
      if (list.length === 0) this.#context.log('pull returned no address; what is known stays')
      else if (!signal.aborted) await this.#context.replace(list)
    } catch (err) {
      if (!signal.aborted) this.#context.log.error('pull failed, what is known stays - %e', err)
    }
    if (!signal.aborted) this.#timer = this.#clock.setTimeout(() => { void this.#turn(signal) }, this.#interval)
  }
}
