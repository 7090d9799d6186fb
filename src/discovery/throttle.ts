// At most one multicast in a while: everybody hears it, so fifty who ask at once are answered by one.

import type { Clock, Timer } from '../clock.js'

export class Throttle {
  readonly #clock: Clock
  readonly #interval: number
  readonly #task: () => void
  #lastAt = -Infinity
  #timer: Timer | undefined

  /** @param interval - milliseconds between two runs of `task` at the least */
  constructor (clock: Clock, interval: number, task: () => void) {
    this.#clock = clock
    this.#interval = interval
    this.#task = task
  }

  /** Runs the task: now, or once for all who call meanwhile, as soon as it may run again. */
  call (): void {
    if (this.#timer !== undefined) return
    const wait = this.#lastAt + this.#interval - this.#clock.now()
    if (wait <= 0) this.#run()
    else this.#timer = this.#clock.setTimeout(() => { this.#run() }, wait)
  }

  stop (): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #run (): void {
    this.#timer = undefined
    this.#lastAt = this.#clock.now()
    this.#task()
  }
}
