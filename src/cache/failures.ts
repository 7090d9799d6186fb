// Failed loads that are remembered for a moment, so that an origin that is down is not asked for every get. Each holds on to
// some 8 KiB: the stack of an error keeps what the frames were about until somebody reads it. So one whose time is over goes
// at the group's next load, whatever key that is of.

import { MAX_REMEMBERED_FAILURES } from '../constants.js'
import { putLast } from '../tables/put-last.js'
import type { Clock } from '../clock.js'

interface Failure {
  error: Error
  until: number
}

export class Failures {
  readonly #clock: Clock
  /** Milliseconds. */
  readonly #ttl: number
  /** The oldest one first, whose time is over first. */
  readonly #failures = new Map<string, Failure>()

  /** @param ttl - milliseconds for which one is remembered; 0 = none is */
  constructor (clock: Clock, ttl: number) {
    this.#clock = clock
    this.#ttl = ttl
  }

  /** Failures that are held; some may be over since the last load. */
  get size (): number {
    return this.#failures.size
  }

  remember (key: string, error: Error): void {
    if (this.#ttl === 0) return
    const now = this.#clock.now()
    this.#dropOver(now)
    putLast(this.#failures, key, { error, until: now + this.#ttl }, MAX_REMEMBERED_FAILURES)
  }

  get (key: string, now: number): Error | undefined {
    if (this.#failures.size === 0) return undefined
    this.#dropOver(now)
    return this.#failures.get(key)?.error
  }

  forget (key: string): void {
    this.#failures.delete(key)
  }

  clear (): void {
    this.#failures.clear()
  }

  #dropOver (now: number): void {
    for (const [key, { until }] of this.#failures) {
      if (now < until) return
      this.#failures.delete(key)
    }
  }
}
