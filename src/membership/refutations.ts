// Contradicts what is said of this node: at once, but no more often than the others can use it.

import type { Timers } from './timers.js'

/** Milliseconds between two refutations; the next one answers all that was said meanwhile. Far less than any suspicion lasts. */
export const REFUTATION_PAUSE = 250

export interface RefutationsInit {
  timers: Timers
  /** Says that this node is alive, at an incarnation above this one. */
  contradict: (incarnation: number) => void
}

export class Refutations {
  readonly #init: RefutationsInit
  /** The highest incarnation at which something is waiting to be contradicted; undefined = nothing is. */
  #claimed: number | undefined
  #isPausing = false

  constructor (init: RefutationsInit) {
    this.#init = init
  }

  /** @param incarnation - at which somebody says what is not so */
  refute (incarnation: number): void {
    this.#claimed = Math.max(incarnation, this.#claimed ?? 0)
    if (!this.#isPausing) this.#speak()
  }

  /** The timers were cleared. */
  stop (): void {
    this.#claimed = undefined
    this.#isPausing = false
  }

  #speak (): void {
    const { timers, contradict } = this.#init
    if (this.#claimed === undefined) return
    this.#isPausing = true
    timers.after(REFUTATION_PAUSE, () => {
      this.#isPausing = false
      this.#speak()
    })
    const claimed = this.#claimed
    this.#claimed = undefined
    contradict(claimed)
  }
}
