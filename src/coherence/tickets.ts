// Removals that this member has worked on lately, so that it works on each once however it hears of it.

import { INVALIDATION_TIMEOUT, MAX_TICKETS } from '../constants.js'
import type { Clock } from '../clock.js'
import type { Ticket } from '../rpc/removal.js'

/** Nobody speaks of a removal any more after so long. */
const KEPT_FOR = 2 * INVALIDATION_TIMEOUT

interface Seen {
  at: number
  /** What there is to wait for; undefined when this member only had to forget. */
  work: Promise<number> | undefined
  as: Part
}

/**
 * What this member's part in it was: it forgot; or it stored the new value, which it is not to forget on account of the
 * removal of the old one; or it heard of it from others, who had seen to it without this member.
 */
export type Part = 'removal' | 'replacement' | 'missed'

export class Tickets {
  readonly #clock: Clock
  /** Oldest first. At most MAX_TICKETS: one that comes back after so many others is worked on once more, which does no harm. */
  readonly #seen = new Map<Ticket, Seen>()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  has (ticket: Ticket): boolean {
    return this.#seen.has(ticket)
  }

  workOn (ticket: Ticket): Promise<number> | undefined {
    return this.#seen.get(ticket)?.work
  }

  /** Undefined = this member has not heard of it. */
  part (ticket: Ticket): Part | undefined {
    return this.#seen.get(ticket)?.as
  }

  /** The work failed: it may be tried again. */
  forget (ticket: Ticket): void {
    this.#seen.delete(ticket)
  }

  add (ticket: Ticket, work?: Promise<number>, as: Part = 'removal'): void {
    const now = this.#clock.now()
    for (const [old, { at }] of this.#seen) {
      if (now - at < KEPT_FOR && this.#seen.size < MAX_TICKETS) break
      this.#seen.delete(old)
    }
    this.#seen.delete(ticket)
    this.#seen.set(ticket, { at: now, work, as })
  }
}
