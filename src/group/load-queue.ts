// How many loads run at a time. The others wait, first come, first served, and neither without end nor for ever.
//
// A burst, of a batch for example, may wait for as long as MAX_LOAD_WAIT: it comes to its end. When more come than the
// loader can do (overload-watch.ts), a long queue is of no use: all would wait for long, and go on to for long after it is
// over. Then it is kept as short as OVERLOADED_WAIT: who is let in has an answer soon, and who is not learns it at once.

import { MAX_LOAD_WAIT, MAX_QUEUED_LOADS, OVERLOADED_WAIT } from '../constants.js'
import { OverloadedError } from '../errors.js'
import { Cancellation } from '../flight/abortable.js'
import { LoadPace } from './load-pace.js'
import { OverloadWatch } from './overload-watch.js'
import type { Clock, Timer } from '../clock.js'
import type { Abortable } from '../flight/abortable.js'

/** @param callers - aborts when none of those wants the result any more that the work is done for */
export type Work<T> = (callers: Abortable) => Promise<T>

export class LoadQueue<T> {
  readonly #limit: number
  readonly #clock: Clock
  readonly #pace: LoadPace
  #running = 0
  /** By key, in the order they came. Those that were given up are taken out. */
  readonly #waiting = new Map<string, Waiting<T>>()
  #callers = 0
  /** Set while anybody waits: looks after the first one. */
  #timer: Timer | undefined
  readonly #watch = new OverloadWatch()
  /** It is kept short. */
  #isShort = false

  constructor (limit: number, clock: Clock) {
    this.#limit = limit
    this.#clock = clock
    this.#pace = new LoadPace(limit)
  }

  /**
   * Runs `work` when it is its turn. Who is aborted before that never runs. Loads of one key that wait are
   * one load: it has not begun, so it is new enough for whoever comes. Otherwise each removal of a key that
   * many want would put one more in the queue.
   *
   * @throws OverloadedError when too many wait already, or when its turn would come too late, or has not come in time
   */
  run (key: string, caller: Abortable, work: Work<T>): Promise<T> {
    if (this.#running >= this.#limit) return this.#wait(key, caller, work)
    this.#running++
    return this.#work(work, caller)
  }

  async #work (work: Work<T>, callers: Abortable): Promise<T> {
    const began = this.#clock.now()
    try {
      return await work(callers)
    } finally {
      this.#pace.ended(this.#clock.now() - began)
      this.#running--
      this.#next()
    }
  }

  #wait (key: string, caller: Abortable, work: Work<T>): Promise<T> {
    const now = this.#clock.now()
    if (this.#waiting.size === 0) this.#startAnew(now)
    let waiting = this.#waiting.get(key)
    if (!this.#hasRoom(waiting === undefined)) {
      this.#watch.refused(now)
      const err = this.#error()
      this.#keepShort()
      return Promise.reject(err)
    }
    if (waiting === undefined) this.#waiting.set(key, waiting = new Waiting(work, now))
    this.#callers++
    this.#timer ??= this.#clock.setTimeout(this.#look, MAX_LOAD_WAIT)
    const joined = waiting
    const result = joined.join(caller, () => {
      if (this.#waiting.get(key) !== joined) return
      this.#callers--
      if (joined.callers === 0) this.#takeOut(key)
    })
    this.#watch.came(now, this.#waiting.size, this.#pace.wait(this.#waiting.size) > 2 * OVERLOADED_WAIT)
    this.#keepShort()
    return result
  }

  #startAnew (now: number): void {
    this.#watch.foundEmpty(now)
    this.#isShort = this.#watch.isOverloaded
  }

  /** @param isNew - it does not join one that waits already */
  #hasRoom (isNew: boolean): boolean {
    if (this.#callers >= MAX_QUEUED_LOADS) return false
    return !isNew || this.#waiting.size === 0 || this.#pace.wait(this.#waiting.size + 1) <= (this.#isShort ? OVERLOADED_WAIT : MAX_LOAD_WAIT)
  }

  /** When it is overloaded: those at the end are turned away. Those before them have waited for longer, and have their turn soon. */
  #keepShort (): void {
    if (this.#isShort || !this.#watch.isOverloaded) return
    this.#isShort = true
    const err = this.#error()
    const stay = Math.max(1, this.#pace.within(OVERLOADED_WAIT))
    for (const key of [...this.#waiting.keys()].slice(stay)) this.#takeOut(key)?.fail(err)
  }

  #error (): OverloadedError {
    return new OverloadedError(`${this.#running} loads are running and ${this.#callers} wait`)
  }

  /** Those whose turn has not come in time are turned away. */
  readonly #look = (): void => {
    this.#timer = undefined
    const now = this.#clock.now()
    for (const [key, { since }] of this.#waiting) {
      const left = since + MAX_LOAD_WAIT - now
      if (left > 0) {
        this.#timer = this.#clock.setTimeout(this.#look, left)
        return
      }
      this.#takeOut(key)?.fail(new OverloadedError(`a load did not have its turn within ${MAX_LOAD_WAIT} ms: ${this.#running} are running`))
    }
  }

  /** Gives the place of a load that has ended to the next one. */
  #next (): void {
    const [first] = this.#waiting
    if (first === undefined) return
    const [key, waiting] = first
    this.#takeOut(key)
    this.#running++
    waiting.begin(this.#work(waiting.work, waiting.cancellation))
  }

  #takeOut (key: string): Waiting<T> | undefined {
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) return undefined
    this.#waiting.delete(key)
    this.#callers -= waiting.callers
    if (this.#waiting.size === 0 && this.#timer !== undefined) {
      this.#clock.clearTimeout(this.#timer)
      this.#timer = undefined
    }
    return waiting
  }
}

/** A load that waits for its turn, and those who wait for it. */
class Waiting<T> {
  readonly work: Work<T>
  /** {@link Clock.now} when the first of them came. */
  readonly since: number
  readonly cancellation = new Cancellation()
  callers = 0
  readonly #result = Promise.withResolvers<T>()

  constructor (work: Work<T>, since: number) {
    this.work = work
    this.since = since
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

  /** Its turn never comes. */
  fail (err: Error): void {
    this.#result.reject(err)
  }
}
