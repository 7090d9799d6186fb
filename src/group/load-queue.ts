// How many loads run at a time. The others wait, first come, first served, and not without end.

import { MAX_QUEUED_LOADS } from '../constants.js'
import { OverloadedError } from '../errors.js'
import { Cancellation } from '../flight/abortable.js'
import type { Abortable } from '../flight/abortable.js'

/** @param callers - aborts when none of those wants the result any more that the work is done for */
export type Work<T> = (callers: Abortable) => Promise<T>

export class LoadQueue<T> {
  readonly #limit: number
  #running = 0
  /** By key, in the order they came. Those that were given up are taken out. */
  readonly #waiting = new Map<string, Waiting<T>>()
  #callers = 0

  constructor (limit: number) {
    this.#limit = limit
  }

  /**
   * Runs `work` when it is its turn. Who is aborted before that never runs. Loads of one key that wait are
   * one load: it has not begun, so it is new enough for whoever comes. Otherwise each removal of a key that
   * many want would put one more in the queue.
   *
   * @throws OverloadedError when too many wait already
   */
  run (key: string, caller: Abortable, work: Work<T>): Promise<T> {
    if (this.#running >= this.#limit) return this.#wait(key, caller, work)
    this.#running++
    return this.#work(work, caller)
  }

  async #work (work: Work<T>, callers: Abortable): Promise<T> {
    try {
      return await work(callers)
    } finally {
      this.#running--
      this.#next()
    }
  }

  #wait (key: string, caller: Abortable, work: Work<T>): Promise<T> {
    if (this.#callers >= MAX_QUEUED_LOADS) {
      return Promise.reject(new OverloadedError(`${this.#running} loads are running and ${this.#callers} wait`))
    }
    let waiting = this.#waiting.get(key)
    if (waiting === undefined) this.#waiting.set(key, waiting = new Waiting(work))
    this.#callers++
    const joined = waiting
    return joined.join(caller, () => {
      if (this.#waiting.get(key) !== joined) return
      this.#callers--
      if (joined.callers === 0) this.#waiting.delete(key)
    })
  }

  /** Gives the place of a load that has ended to the next one. */
  #next (): void {
    const [first] = this.#waiting
    if (first === undefined) return
    const [key, waiting] = first
    this.#waiting.delete(key)
    this.#callers -= waiting.callers
    this.#running++
    waiting.begin(this.#work(waiting.work, waiting.cancellation))
  }
}

/** A load that waits for its turn, and those who wait for it. */
class Waiting<T> {
  readonly work: Work<T>
  readonly cancellation = new Cancellation()
  callers = 0
  readonly #result = Promise.withResolvers<T>()

  constructor (work: Work<T>) {
    this.work = work
  }

  /** @param onLeave - the caller was aborted before the load ended */
  join (caller: Abortable, onLeave: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.callers++
      this.#result.promise.then(resolve, reject)
      caller.whenAborted(reason => {
        this.callers--
        onLeave()
        reject(reason)
        if (this.callers === 0) this.cancellation.abort(reason)
      })
    })
  }

  begin (result: Promise<T>): void {
    this.#result.resolve(result)
  }
}
