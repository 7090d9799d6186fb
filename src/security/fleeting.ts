// How many connections that come to nothing each host has left: those that do not finish their handshake, and those that end
// right behind it, as of a peer that is refused for what it did. Each costs a handshake before it is known who it is.

import { FLEETING_BURST, FLEETING_PER_SECOND, MAX_FLEETING_HOSTS } from '../constants.js'
import { LeakyCount } from '../leaky-count.js'
import { putLast } from '../tables/put-last.js'
import type { Clock } from '../clock.js'

export class Fleeting {
  readonly #clock: Clock
  /** What each host has spent: the one that spent longest ago first. */
  readonly #spent = new Map<string, LeakyCount>()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** Whether one more from there may try. Those that are under way are not counted: most of them are somebody's. */
  mayTry (host: string): boolean {
    return (this.#spent.get(host)?.left(this.#clock.now()) ?? 0) <= FLEETING_BURST - 1
  }

  /** One of its connections came to nothing. */
  note (host: string): void {
    const spent = this.#spent.get(host) ?? new LeakyCount(FLEETING_PER_SECOND)
    spent.add(1, this.#clock.now(), FLEETING_BURST)
    putLast(this.#spent, host, spent, MAX_FLEETING_HOSTS)
  }
}
