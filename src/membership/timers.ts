// The timers of one state machine, which all end with it.

import type { Clock, Timer } from '../clock.js'

export class Timers {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #running = new Set<Timer>()

  constructor (clock: Clock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  after (ms: number, task: () => void): void {
    const timer = this.#clock.setTimeout(() => {
      this.#running.delete(timer)
      task()
    }, ms)
    this.#running.add(timer)
  }

  /** Again and again, ± 10 %, so that members that started together do not act together. */
  every (ms: number, task: () => void): void {
    this.after(ms * (0.9 + 0.2 * this.#random()), () => {
      task()
      this.every(ms, task)
    })
  }

  /** Never resolves once the timers were cleared. */
  pause (ms: number): Promise<void> {
    return new Promise(resolve => { this.after(ms, resolve) })
  }

  clear (): void {
    for (const timer of this.#running) this.#clock.clearTimeout(timer)
    this.#running.clear()
  }
}
