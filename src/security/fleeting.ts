// How many connections that come to nothing each host has left: those that do not finish their handshake, and those that end
// right behind it, as of a peer that is refused for what it did. Each costs a handshake before it is known who it is.

import { FLEETING_BURST, FLEETING_PER_SECOND, MAX_FLEETING_HOSTS } from '../constants.js'
import type { Clock } from '../clock.js'

export class Fleeting {
  readonly #clock: Clock
  /** What each host has spent, and when that was so: the one that spent longest ago first. */
  readonly #spent = new Map<string, { amount: number, at: number }>()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** Whether one more from there may try. Those that are under way are not counted: most of them are somebody's. */
  mayTry (host: string): boolean {
    return this.#spentBy(host) <= FLEETING_BURST - 1
  }

  /** One of its connections came to nothing. */
  note (host: string): void {
    const amount = Math.min(FLEETING_BURST, this.#spentBy(host) + 1)
    this.#spent.delete(host)
    this.#spent.set(host, { amount, at: this.#clock.now() })
    const [oldest] = this.#spent.keys()
    if (this.#spent.size > MAX_FLEETING_HOSTS && oldest !== undefined) this.#spent.delete(oldest)
  }

  #spentBy (host: string): number {
    const spent = this.#spent.get(host)
    if (spent === undefined) return 0
    return Math.max(0, spent.amount - (this.#clock.now() - spent.at) / 1_000 * FLEETING_PER_SECOND)
  }
}
