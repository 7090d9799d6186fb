// Time as far as this process was awake. A process that stalls hears nothing meanwhile; what it finds
// unanswered when it wakes says something of itself, and nothing of the others.

import type { Clock } from '../clock.js'

export class AwakeTime {
  readonly #clock: Clock
  readonly #tolerance: number
  #slept = 0
  /** {@link Clock.now} when the last sleep began, as far as is known, when it ended, and when the one before it did. */
  #from = -Infinity
  #to = -Infinity
  #before = -Infinity

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
    if (now - due <= this.#tolerance) return false
    if (due >= this.#to) {
      this.#before = this.#to
      this.#from = due
      this.#slept += now - due
    } else {
      // of all timers that were due in one sleep, the earliest tells how long that was; they run in any order
      const from = due < this.#before ? this.#from : Math.min(this.#from, due)
      this.#slept += this.#from - from + now - this.#to
      this.#from = from
    }
    this.#to = now
    return true
  }
}
