// Whose turn it is: what one peer has sent is not worked through before what others have sent is looked at.
//
// A pass is one round of the event loop. In each, a peer that asks for little is answered as it asks. Who has sent more than one
// turn takes waits with the rest of it, and of those who wait one has a turn in each pass: so what many have piled up holds up the
// others for no longer than what one has.

import type { Clock } from '../clock.js'

/** Milliseconds of a turn at the least, and of one while nobody else asks: then it only has to leave time for the rest of the process. */
export const TURN = 0.3
export const TURN_ALONE = 2
/**
 * A round that takes long, for whatever reason, has a turn of this part of it, up to so many milliseconds: else a process that is busy
 * with its own affairs would answer next to nobody. With 5 ms an overload of loads took seconds to end, with 20 a second at the most. What a turn
 * asks for may cost more than this part later, where loaders are at work in this very process; then rounds grow until turns are that long.
 */
export const TURN_PART = 0.15
export const LONGEST_TURN = 20
/** Nobody else asks when nobody has for so many milliseconds. */
export const ALONE_AFTER = 10
/** Milliseconds that a value costs that is not in memory, beyond the moment that it is asked for in; the loader's own work not counted. */
export const LOAD_CHARGE = 0.05
/** Frames between two looks at the clock, which takes a tenth of what the shortest of them does. */
const FRAMES_PER_LOOK = 4

/** Has something waiting. Runs in a turn of its peer's; @returns whether something is left */
export type Backlog = () => boolean

/** What one peer has used of the pass that is under way, on all its streams, and what of it waits. */
export class Share {
  pass = -1
  /** Milliseconds. */
  used = 0
  /** One of each of its streams that has something waiting. */
  readonly backlogs: Backlog[] = []
}

export class FairTurns {
  readonly #clock: Clock
  /** Runs a task in the next round of the event loop. */
  readonly #nextRound: (task: () => void) => void
  /** Those who wait, in the order of their turns. */
  readonly #waiting = new Set<Share>()
  #pass = 0
  /** Milliseconds of a turn in it. */
  #length = TURN
  #isPassing = false
  /** Who asked last, when, and when somebody else did last before. */
  #last: Share | undefined
  #lastAt = -Infinity
  #othersAt = -Infinity
  /** Of the turn that is under way: when it began, and when it is over. */
  #begin = 0
  #end = 0
  #isAlone = false
  #looks = 0

  constructor (clock: Clock, nextRound: (task: () => void) => void = setImmediate) {
    this.#clock = clock
    this.#nextRound = nextRound
  }

  /** How many peers wait. */
  get waiting (): number {
    return this.#waiting.size
  }

  /** What a peer has sent is worked on, as far as its turn goes: `work` asks {@link isOver} after each frame. */
  take (share: Share, work: () => void): void {
    this.#beginTurn(share)
    try {
      work()
    } finally {
      share.used += this.#clock.now() - this.#begin
    }
  }

  /** Whether the turn that is under way is over. */
  get isOver (): boolean {
    if (++this.#looks < FRAMES_PER_LOOK) return false
    this.#looks = 0
    return this.#clock.now() >= this.#end
  }

  /** What was asked for costs so many milliseconds more, later. While nobody else asks, that is nobody's loss. */
  charge (ms: number): void {
    if (this.#isAlone) return
    this.#end -= ms
    this.#begin -= ms
    this.#looks = FRAMES_PER_LOOK
  }

  /** The rest waits for its turn. */
  wait (share: Share, backlog: Backlog): void {
    share.backlogs.push(backlog)
    this.#waiting.add(share)
    this.#passLater()
  }

  #beginTurn (share: Share): void {
    const now = this.#clock.now()
    if (this.#last !== share) {
      this.#othersAt = this.#lastAt
      this.#last = share
    }
    this.#lastAt = now
    if (share.pass !== this.#pass) {
      share.pass = this.#pass
      share.used = 0
      this.#passLater()
    }
    this.#isAlone = now - this.#othersAt >= ALONE_AFTER
    this.#begin = now
    this.#end = now + (this.#isAlone ? Math.max(TURN_ALONE, this.#length) : this.#length) - share.used
    this.#looks = 0
  }

  #passLater (): void {
    if (this.#isPassing) return
    this.#isPassing = true
    const begin = this.#clock.now()
    this.#nextRound(() => {
      this.#isPassing = false
      this.#pass++
      this.#length = Math.min(LONGEST_TURN, Math.max(TURN, (this.#clock.now() - begin) * TURN_PART))
      const [next] = this.#waiting
      if (next === undefined) return
      this.#waiting.delete(next)
      this.#workOff(next)
      // however many streams it has, it stands in the queue once
      if (next.backlogs.length > 0) this.#waiting.add(next)
      if (this.#waiting.size > 0) this.#passLater()
    })
  }

  /** One of its streams has the turn, the next one its next. */
  #workOff (share: Share): void {
    const backlog = share.backlogs.shift()
    if (backlog === undefined) return
    let isLeft = false
    this.take(share, () => { isLeft = backlog() })
    if (isLeft) share.backlogs.push(backlog)
  }
}
