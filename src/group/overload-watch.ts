// Tells a queue that is long because a burst came, or because as many wait all the time, from one that more comes to than
// can be done: that one grows on and on, or refuses on and on.

import { OVERLOAD_PATIENCE } from '../constants.js'

/** Of its length, what a queue has to grow by in a span of OVERLOAD_PATIENCE: what only comes and goes is less. */
const GROWTH = 0.1
/** Spans in a row; a burst makes for one. */
const SPANS = 2

export class OverloadWatch {
  #isOverloaded = false
  /** The present span: when it began, and how many waited then. */
  #spanAt: number | undefined
  #sizeThen = 0
  #grown = 0
  /** When the first and the last one were refused, since it was well. */
  #refusesSince: number | undefined
  #refusedAt = -Infinity

  get isOverloaded (): boolean {
    return this.#isOverloaded
  }

  /**
   * Somebody came who has to wait.
   *
   * @param size - how many wait
   * @param isLong - they wait for longer than one would like
   */
  came (now: number, size: number, isLong: boolean): void {
    this.#spanAt ??= now
    if (now - this.#spanAt < OVERLOAD_PATIENCE) return
    this.#grown = isLong && size >= this.#sizeThen * (1 + GROWTH) ? this.#grown + 1 : 0
    this.#spanAt = now
    this.#sizeThen = size
    if (this.#grown >= SPANS) this.#isOverloaded = true
  }

  /** Somebody was turned away. */
  refused (now: number): void {
    this.#refusesSince ??= now
    this.#refusedAt = now
    if (now - this.#refusesSince >= OVERLOAD_PATIENCE) this.#isOverloaded = true
  }

  /** Somebody comes while nobody waits. It is over when nobody was turned away for a while: a short queue is empty between any two lots. */
  foundEmpty (now: number): void {
    if (now - this.#refusedAt < OVERLOAD_PATIENCE) return
    this.#isOverloaded = false
    this.#spanAt = undefined
    this.#sizeThen = 0
    this.#grown = 0
    this.#refusesSince = undefined
  }
}
