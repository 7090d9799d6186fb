// What was removed lately, for those who were not there. Bounded: who missed more than it holds drops everything.

import { LEASE, MAX_LOGGED_BYTES, MAX_LOGGED_REMOVALS } from '../constants.js'
import type { Clock } from '../clock.js'
import type { Announced, Removal, Ticket } from '../rpc/removal.js'

interface Logged { readonly at: number, readonly announced: Announced }

export class RemovalLog {
  readonly #clock: Clock
  readonly #entries: Logged[] = []
  /** Keys and tags in it. */
  #weight = 0
  /** Of these, counted as one for each code unit. */
  #bytes = 0
  /** When the newest removal was logged that is missing; undefined = none is. */
  #droppedUntil: number | undefined

  constructor (clock: Clock) {
    this.#clock = clock
  }

  add (announced: Announced): void {
    this.#entries.push({ at: this.#clock.now(), announced })
    this.#count(announced, 1)
    if (this.#weight <= MAX_LOGGED_REMOVALS && this.#bytes <= MAX_LOGGED_BYTES) return
    // many at once: taking the first off an array moves all the others
    let count = 0
    for (; this.#weight > MAX_LOGGED_REMOVALS / 2 || this.#bytes > MAX_LOGGED_BYTES / 2; count++) this.#count((this.#entries[count] as Logged).announced, -1)
    this.#droppedUntil = (this.#entries[count - 1] as Logged).at
    this.#entries.splice(0, count)
  }

  #count ({ removal }: Announced, sign: 1 | -1): void {
    this.#weight += sign * weightOf(removal)
    this.#bytes += sign * bytesOf(removal)
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

function weightOf (removal: Removal): number {
  return removal.kind === 'keys' ? removal.keys.length : 1
}

function bytesOf (removal: Removal): number {
  switch (removal.kind) {
    case 'keys': return removal.keys.reduce((sum, key) => sum + key.length, 0)
    case 'tag': return removal.tag.length
    case 'all': return 0
  }
}
