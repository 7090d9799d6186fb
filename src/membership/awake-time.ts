// Time as far as this process was awake. A process that stalls hears nothing meanwhile; what it finds
// unanswered when it wakes says something of itself, and nothing of the others.

import type { Clock } from '../clock.js'

export class AwakeTime {
  readonly #clock: Clock
  readonly #tolerance: number
  #slept = 0
  /** {@link Clock.now} up to which it is known whether this process slept. */
  #knownTo = -Infinity

  /** @param tolerance - milliseconds that a timer may be late without anything being wrong */
  constructor (clock: Clock, tolerance: number) {
    this.#clock = clock
    this.#tolerance = tolerance
  }

  /** Milliseconds, from any beginning. */
  now (): number {
    return this.#clock.now() - this.#slept
  }

  /** A timer runs that was due at `due`. @returns whether this process was asleep */
  wasLate (due: number): boolean {
    const now = this.#clock.now()
    const late = now - Math.max(due, this.#knownTo)
    const isLate = now - due > this.#tolerance
    // of all timers that were due in one sleep, the earliest tells how long that was
    if (isLate && late > 0) {
      this.#slept += late
      this.#knownTo = now
    }
    return isLate
  }
}
