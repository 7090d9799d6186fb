// Lets the event loop breathe between two large values: each is encoded in one go, and loads that end together would be one
// behind the other, before anybody else is heard.

import type { Clock } from '../clock.js'

/** Milliseconds of such work in one round of the event loop; a value that has begun is finished. */
export const BREATH = 10
/** Milliseconds. */
const WORTH_COUNTING = 1

export class Breather {
  readonly #clock: Clock
  readonly #nextRound: (task: () => void) => void
  readonly #waiting: Array<() => void> = []
  /** Milliseconds in this round. */
  #used = 0
  #isCounting = false

  constructor (clock: Clock, nextRound: (task: () => void) => void = setImmediate) {
    this.#clock = clock
    this.#nextRound = nextRound
  }

  /** Whether this round has had enough of it: then {@link breath} is to be waited for. */
  get isDue (): boolean {
    return this.#used >= BREATH || this.#waiting.length > 0
  }

  /** Resolves in a round that has room for it, first come, first served. */
  breath (): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      this.#count()
    })
  }

  /** Does the work, and counts how long it takes. */
  work<T> (task: () => T): T {
    const begin = this.#clock.now()
    try {
      return task()
    } finally {
      this.#used += this.#clock.now() - begin
      // what is less costs nobody anything, and a task for each round would
      if (this.#used >= WORTH_COUNTING) this.#count()
    }
  }

  #count (): void {
    if (this.#isCounting) return
    this.#isCounting = true
    this.#nextRound(() => {
      this.#isCounting = false
      this.#used = 0
      // one: what it takes is not known before it is done
      this.#waiting.shift()?.()
      if (this.#waiting.length > 0) this.#count()
    })
  }
}
