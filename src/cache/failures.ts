// Failed loads that are remembered for a moment, so that an origin that is down is not asked for every get.

import { LRUCache } from 'lru-cache'
import { MAX_REMEMBERED_FAILURES } from '../constants.js'
import type { Clock } from '../clock.js'

interface Failure {
  error: Error
  until: number
}

export class Failures {
  readonly #clock: Clock
  // not lru-cache's own `max`, which sets memory aside for all of them at once
  readonly #failures = new LRUCache<string, Failure>({ maxSize: MAX_REMEMBERED_FAILURES, sizeCalculation: () => 1 })

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** Failures that are held, those included whose time is over and that nobody has met since. */
  get size (): number {
    return this.#failures.size
  }

  /** @param ttl - milliseconds; 0 = it is not remembered, and an earlier one is forgotten */
  remember (key: string, error: Error, ttl: number): void {
    // anew, so that the oldest ones go first
    this.#failures.delete(key)
    if (ttl > 0) this.#failures.set(key, { error, until: this.#clock.now() + ttl })
  }

  get (key: string, now: number): Error | undefined {
    if (this.#failures.size === 0) return undefined
    // being met does not make it younger
    const failure = this.#failures.peek(key)
    if (failure === undefined || now < failure.until) return failure?.error
    this.#failures.delete(key)
    return undefined
  }

  forget (key: string): void {
    this.#failures.delete(key)
  }

  clear (): void {
    this.#failures.clear()
  }
}
