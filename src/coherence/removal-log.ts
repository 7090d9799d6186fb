// What was removed lately, for those who were not there. Bounded: who missed more than it holds drops everything.

import { LEASE, MAX_LOGGED_BYTES, MAX_LOGGED_REMOVALS, REMOVALS_KEPT_FOR } from '../constants.js'
import { bytesOf, namesOf } from '../rpc/removal.js'
import type { Clock } from '../clock.js'
import type { Announced, Removal, Ticket } from '../rpc/removal.js'

interface Logged { readonly at: number, readonly announced: Announced }

export class RemovalLog {
  readonly #clock: Clock
  readonly #entries: Logged[] = []
  /** Keys and tags in it, and the bytes of their text. */
  #names = 0
  #bytes = 0
  /** When the newest removal was logged that is missing; undefined = none is. */
  #droppedUntil: number | undefined

  constructor (clock: Clock) {
    this.#clock = clock
  }

  add (announced: Announced): void {
    const now = this.#clock.now()
    this.#entries.push({ at: now, announced })
    this.#count(announced.removal, 1)
    // many at once: taking the first off an array moves all the others
    const oldest = now - REMOVALS_KEPT_FOR
    if (!this.#fits(1)) this.#dropWhile(() => !this.#fits(0.5))
    else if ((this.#entries[0] as Logged).at < oldest - REMOVALS_KEPT_FOR / 10) this.#dropWhile(({ at }) => at < oldest)
  }

  /** The oldest, and the next one, and so on. */
  #dropWhile (isToGo: (oldest: Logged) => boolean): void {
    let count = 0
    for (let oldest = this.#entries[0]; oldest !== undefined && isToGo(oldest); oldest = this.#entries[++count]) {
      this.#count(oldest.announced.removal, -1)
      this.#droppedUntil = oldest.at
    }
    this.#entries.splice(0, count)
  }

  #fits (part: number): boolean {
    return this.#names <= MAX_LOGGED_REMOVALS * part && this.#bytes <= MAX_LOGGED_BYTES * part
  }

  #count (removal: Removal, sign: 1 | -1): void {
    for (const name of namesOf(removal)) {
      this.#names += sign
      this.#bytes += sign * bytesOf(name)
    }
  }

  /** Whether a removal was logged after that one, for all that is known. */
  hasSince (ticket: Ticket, isSuch: (removal: Removal) => boolean): boolean {
    const at = this.#entries.findLastIndex(({ announced }) => announced.ticket === ticket)
    return at === -1 || this.#entries.slice(at + 1).some(({ announced }) => isSuch(announced.removal))
  }

  /**
   * What a member may have missed that was last in touch `elapsed` milliseconds ago. A duration, because
   * clocks need not agree. Two leases more: 1. a removal is logged, and the member told; 2. it does not
   * hear it, but is in touch otherwise; 3. after a lease at the most it is cut off, and measures from
   * there. The other lease is for the time that all this takes to travel.
   */
  missedIn (elapsed: number): Announced[] | 'all' {
    const since = this.#clock.now() - elapsed - 2 * LEASE
    // removals of one moment may have been dropped in part
    if (this.#droppedUntil !== undefined && since <= this.#droppedUntil) return 'all'
    const first = this.#entries.findIndex(({ at }) => at >= since)
    return first === -1 ? [] : this.#entries.slice(first).map(({ announced }) => announced)
  }
}
