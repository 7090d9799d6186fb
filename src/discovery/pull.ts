// Discovery by asking a function again and again: Consul, the Kubernetes API, a database table.

import { durationOption, functionOption, optionsObject } from '../validation.js'
import { Polling } from './polling.js'
import type { Clock } from '../clock.js'
import type { Discovery } from '../interface/groupcache.js'
import type { Multiaddr } from '@multiformats/multiaddr'

export type PullFunction = (options: { signal: AbortSignal }) => Iterable<string | Multiaddr> | Promise<Iterable<string | Multiaddr>>

export interface PullInit {
  /** Milliseconds between two calls. @default 10_000 */
  interval?: number | undefined
  /** For tests. @default the process's own */
  clock?: Clock | undefined
}

/**
 * Calls `fn` at once and then every `interval`; it returns the addresses of all nodes, its own
 * included if that is easier. In manual mode they become the peers; otherwise those not connected
 * yet are. When `fn` throws, returns something else, or nothing at all, what is known stays. After
 * 30 s without an answer its signal aborts, and it is called again. Of more than 1,000 addresses the
 * first 1,000 count.
 */
export function pull (fn: PullFunction, init: PullInit = {}): Discovery {
  functionOption('pull', fn)
  const known = optionsObject<PullInit>('pull options', init, ['interval', 'clock'])
  const interval = durationOption('pull interval', known.interval, 10_000)
  return context => new Polling(context, { what: 'pull', interval, ask: fn, clock: known.clock })
}
