// How many loads run at a time. The others wait, first come, first served, and not without end.

import { MAX_QUEUED_LOADS } from '../constants.js'
import { OverloadedError } from '../errors.js'
import type { Abortable } from '../flight/abortable.js'

export class LoadQueue {
  readonly #limit: number
  #running = 0
  /** In the order they came. Those that were given up are taken out. */
  readonly #waiting = new Set<() => void>()

  constructor (limit: number) {
    this.#limit = limit
  }

  /**
   * Runs `work` when it is its turn. Who is aborted before that never runs.
   *
   * @throws OverloadedError when too many wait already
   */
  async run<T> (caller: Abortable, work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit) await this.#turn(caller)
    else this.#running++
    try {
      return await work()
    } finally {
      this.#next()
    }
  }

  #turn (caller: Abortable): Promise<void> {
    if (this.#waiting.size >= MAX_QUEUED_LOADS) {
      return Promise.reject(new OverloadedError(`${this.#running} loads are running and ${this.#waiting.size} wait`))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve)
      caller.whenAborted(reason => { if (this.#waiting.delete(resolve)) reject(reason) })
    })
  }

  /** Passes the place of a load that has ended to the next one, which makes for as many running as before. */
  #next (): void {
    const [start] = this.#waiting
    if (start === undefined) {
      this.#running--
      return
    }
    this.#waiting.delete(start)
    start()
  }
}
