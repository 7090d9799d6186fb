// How members that know little of each other get to know the rest: who learns of somebody new asks on, and tells of itself.

import type { Timers } from './timers.js'

/**
 * A node that learns of new members asks on, of one random member each time, until it learns nothing
 * new: that spreads a mass join in a few rounds, even while everybody is connected to one seed only.
 */
const ASK_ON_AFTER = 200
/** Then it tells the others of itself: who is new to us may not know us. Gossip links take a moment to form. */
const ANNOUNCE_AFTER = 1_000

export interface AcquaintanceInit {
  timers: Timers
  random: () => number
  /** Asks a random member whom it knows. */
  ask: () => void
  /** Tells everybody of this node. */
  tell: () => void
}

export class Acquaintance {
  readonly #init: AcquaintanceInit
  #isAskingOn = false
  #isAnnouncing = false

  constructor (init: AcquaintanceInit) {
    this.#init = init
  }

  /** Somebody new was heard of. */
  spread (): void {
    this.#askOn()
    this.announce()
  }

  announce (): void {
    const { timers, tell, ask } = this.#init
    if (this.#isAnnouncing) return
    this.#isAnnouncing = true
    timers.after(ANNOUNCE_AFTER, () => {
      this.#isAnnouncing = false
      tell()
      ask()
    })
  }

  /** The timers were cleared. */
  stop (): void {
    this.#isAskingOn = this.#isAnnouncing = false
  }

  #askOn (): void {
    const { timers, random, ask } = this.#init
    if (this.#isAskingOn) return
    this.#isAskingOn = true
    timers.after(ASK_ON_AFTER * (0.5 + random()), () => {
      this.#isAskingOn = false
      ask()
    })
  }
}
