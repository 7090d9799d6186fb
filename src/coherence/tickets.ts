// Removals that this member has worked on lately, so that it works on each once however it hears of it.

import { INVALIDATION_TIMEOUT, MAX_TICKETS } from '../constants.js'
import { wider } from '../tables/columns.js'
import { RecentNumbers } from '../tables/recent-numbers.js'
import type { Clock } from '../clock.js'
import type { Ticket } from '../rpc/removal.js'

/** Nobody speaks of a removal any more after so long. */
const KEPT_FOR = 2 * INVALIDATION_TIMEOUT
const FIRST_SIZE = 64

/**
 * What this member's part in it was: it forgot; or it stored the new value, which it is not to forget on account of the
 * removal of the old one; or it heard of it from others, who had seen to it without this member.
 */
export type Part = typeof PARTS[number]
const PARTS = ['removal', 'replacement', 'missed'] as const

export class Tickets {
  readonly #clock: Clock
  /** At most MAX_TICKETS: one that comes back after so many others is worked on once more, which does no harm. */
  readonly #seen = new RecentNumbers(MAX_TICKETS, slot => { this.#underWay[slot] = undefined })
  // by slot
  #part = new Uint8Array(FIRST_SIZE)
  /** What came of the work; NaN = it is under way, or this member only had to forget. */
  #outcome = new Float64Array(FIRST_SIZE)
  readonly #underWay: Array<Promise<number> | undefined> = []

  constructor (clock: Clock) {
    this.#clock = clock
  }

  has (ticket: Ticket): boolean {
    return this.#seen.find(ticket) !== undefined
  }

  /** What there is to wait for; undefined when this member only had to forget. */
  workOn (ticket: Ticket): Promise<number> | undefined {
    const slot = this.#seen.find(ticket)
    if (slot === undefined) return undefined
    const outcome = this.#outcome[slot] as number
    return Number.isNaN(outcome) ? this.#underWay[slot] : Promise.resolve(outcome)
  }

  /** Undefined = this member has not heard of it. */
  part (ticket: Ticket): Part | undefined {
    const slot = this.#seen.find(ticket)
    return slot === undefined ? undefined : PARTS[this.#part[slot] as number]
  }

  /** @param work - if it fails, this member knows nothing of the removal any more: it may be tried again */
  add (ticket: Ticket, work?: Promise<number>, part: Part = 'removal'): void {
    const now = this.#clock.now()
    this.#seen.dropBefore(now - KEPT_FOR)
    const slot = this.#seen.put(ticket, now)
    if (slot >= this.#part.length) this.#grow()
    this.#part[slot] = PARTS.indexOf(part)
    this.#outcome[slot] = NaN
    this.#underWay[slot] = work
    // by then another ticket may be in that slot, or other work on this one under way
    work?.then(outcome => {
      if (this.#underWay[slot] !== work) return
      this.#outcome[slot] = outcome
      this.#underWay[slot] = undefined
    }, () => {
      if (this.#underWay[slot] !== work) return
      this.#underWay[slot] = undefined
      this.#seen.delete(slot)
    })
  }

  #grow (): void {
    const size = 2 * this.#part.length
    this.#part = wider(this.#part, new Uint8Array(size))
    this.#outcome = wider(this.#outcome, new Float64Array(size))
  }
}
