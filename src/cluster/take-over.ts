// When the ring changes, values are where they were: for a while, new owners fetch them from there.

import { TAKE_OVER_WINDOW } from '../constants.js'
import type { Clock, Timer } from '../clock.js'

export class TakeOver {
  readonly #clock: Clock
  readonly #onEnd: () => void
  #joinedAt: number | undefined
  #timer: Timer | undefined

  /** @param onEnd - the ring has been quiet for so long that nobody comes for moved values any more */
  constructor (clock: Clock, onEnd: () => void) {
    this.#clock = clock
    this.#onEnd = onEnd
  }

  /** Whether this node joined so lately that others may have values of keys that are its own now. */
  get isOpen (): boolean {
    return this.#joinedAt !== undefined && this.#clock.now() - this.#joinedAt <= TAKE_OVER_WINDOW
  }

  /** This node is not alone any more. */
  joined (): void {
    this.#joinedAt ??= this.#clock.now()
  }

  ringChanged (): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = this.#clock.setTimeout(this.#onEnd, TAKE_OVER_WINDOW)
  }

  stop (): void {
    this.#joinedAt = undefined
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
  }
}
