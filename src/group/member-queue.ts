// How many gets of a group may wait for one member. A burst may: it comes to its end. When more are asked than the member answers,
// or than this process hears the answers to, a long queue is of no use: all wait in it for longer and longer, until contact is lost
// and everything is asked anew. Then it is kept as short as OVERLOADED_WAIT: who is let in has an answer soon, and who is not
// learns it at once.

import { OVERLOADED_WAIT, OVERLOAD_PATIENCE } from '../constants.js'
import { OverloadedError } from '../errors.js'

/** So many may always wait: for values that are slow to load, say, which do not wait for each other. */
export const ALWAYS_ROOM = 2_048
/** Spans of OVERLOAD_PATIENCE in a row in which they waited for longer than twice OVERLOADED_WAIT, and became no fewer. */
const LONG_SPANS = 2
/** A burst that is being worked off has less than this part of itself left a span later. */
const FEWER = 0.9

export class MemberQueue {
  readonly #member: string
  /** How many wait. */
  waiting = 0
  #isBehind = false
  /** The present span: when it began, how many waited then, and how many had an end since. */
  #spanAt = 0
  #waitedThen = 0
  #ended = 0
  /** Of those, in a millisecond of the span before. */
  #pace = 0
  #longSpans = 0
  /** When somebody last came who was one too many for {@link ALWAYS_ROOM}, and when somebody was turned away. */
  #crowdedAt = -Infinity
  #refusedAt = -Infinity

  /** @param member - its id, for the error */
  constructor (member: string) {
    this.#member = member
  }

  /** One more waits. @throws OverloadedError */
  enter (now: number): void {
    if (this.waiting >= ALWAYS_ROOM) this.#look(now)
    this.waiting++
  }

  /** One has an answer, or does not want it any more. */
  leave (): void {
    this.waiting--
    this.#ended++
  }

  #look (now: number): void {
    if (now - this.#crowdedAt >= OVERLOAD_PATIENCE) this.#startAnew(now)
    this.#crowdedAt = now
    if (now - this.#spanAt >= OVERLOAD_PATIENCE) this.#endSpan(now)
    if (!this.#isBehind || this.waiting < this.#pace * OVERLOADED_WAIT) return
    this.#refusedAt = now
    throw new OverloadedError(`${this.waiting} gets wait for ${this.#member}, which answers ${Math.round(this.#pace * 1_000)} a second`)
  }

  /** For a while there was room for all, or nobody came. */
  #startAnew (now: number): void {
    this.#isBehind = false
    this.#longSpans = 0
    this.#startSpan(now)
  }

  #startSpan (now: number): void {
    this.#spanAt = now
    this.#waitedThen = this.waiting
    this.#ended = 0
  }

  #endSpan (now: number): void {
    this.#pace = this.#ended / (now - this.#spanAt)
    // who answers nothing at all is not busy but silent, which is dealt with elsewhere
    const isLong = this.#ended > 0 && this.waiting > this.#pace * 2 * OVERLOADED_WAIT
    this.#longSpans = isLong && this.waiting >= this.#waitedThen * FEWER ? this.#longSpans + 1 : 0
    if (this.#longSpans >= LONG_SPANS) this.#isBehind = true
    else if (now - this.#refusedAt >= OVERLOAD_PATIENCE) this.#isBehind = false
    this.#startSpan(now)
  }
}
