// Says who is refused, once in a while per address: an attacker is not to fill the disk.

import { MAX_LOGGED_REFUSALS, REFUSAL_LOG_INTERVAL } from '../constants.js'
import type { Clock } from '../clock.js'

export class RefusalLog {
  readonly #clock: Clock
  /** By address, the oldest first: when it was last in the log, and how often it was refused since. */
  readonly #lately = new Map<string, { at: number, unsaid: number }>()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** @returns how many refusals the log does not know of yet, this one included; 0 = it is not to be told now */
  refused (address: string): number {
    const now = this.#clock.now()
    const entry = this.#lately.get(address)
    if (entry !== undefined && now - entry.at < REFUSAL_LOG_INTERVAL) {
      entry.unsaid++
      return 0
    }
    this.#lately.delete(address)
    for (const [old, { at }] of this.#lately) {
      if (this.#lately.size < MAX_LOGGED_REFUSALS || now - at < REFUSAL_LOG_INTERVAL) break
      this.#lately.delete(old)
    }
    if (this.#lately.size >= MAX_LOGGED_REFUSALS) return 0
    this.#lately.set(address, { at: now, unsaid: 0 })
    return (entry?.unsaid ?? 0) + 1
  }
}
