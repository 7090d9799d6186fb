// How far one member is listened to when its table names others that nobody here has met. Honest members name who is there: what turns
// out so costs them nothing. Only what was named in vain counts, and is forgotten with time.

import { LeakyCount } from '../leaky-count.js'

/** Strangers that may wait to be looked up on one member's word. What is beyond is named again in its next table. */
export const MAX_WAITING = 256
/** Of these, how many are looked up at a time: addresses from which nothing comes take seconds each, and others are not to wait for them. */
const MAX_LOOKING = 2
/** So many named in vain, and nothing that the member names is looked up before half of them are forgotten. */
export const MAX_IN_VAIN = 32
const FORGOTTEN_PER_SECOND = 1

export class Informant {
  /** Strangers that wait on its word. */
  waiting = 0
  /** Of these, those that are being looked up. */
  looking = 0
  readonly #inVain = new LeakyCount(FORGOTTEN_PER_SECOND)
  /** Of those in vain, where the host said that nobody is there; as of the last time that nothing was in vain. */
  #refused = 0
  #isIgnored = false

  /** Whether one more may wait on its word. @param now - {@link Clock.now} */
  mayName (now: number): boolean {
    return this.waiting < MAX_WAITING && this.#isHeard(now)
  }

  mayLookUp (now: number): boolean {
    return this.looking < MAX_LOOKING && this.#isHeard(now)
  }

  /**
   * Somebody that it named was not found.
   *
   * @param isRefused - its host says that nobody is there; false = it cannot be reached, at least from here
   * @returns 'ignored' = nothing that it names is looked up for a while; 'lying' = and most of that cannot be but made up
   */
  namedInVain (isRefused: boolean, now: number): 'heard' | 'ignored' | 'lying' {
    if (this.#inVain.left(now) === 0) this.#refused = 0
    this.#inVain.add(1, now)
    if (isRefused) this.#refused++
    if (this.#inVain.left(now) < MAX_IN_VAIN || this.#isIgnored) return 'heard'
    this.#isIgnored = true
    const isLying = this.#refused > MAX_IN_VAIN / 2
    this.#refused = 0
    return isLying ? 'lying' : 'ignored'
  }

  /** Whether nothing is held against it, and nobody waits: as if nothing was known of it. */
  isIdle (now: number): boolean {
    return this.waiting === 0 && this.#inVain.left(now) === 0
  }

  #isHeard (now: number): boolean {
    if (this.#inVain.left(now) <= MAX_IN_VAIN / 2) this.#isIgnored = false
    return !this.#isIgnored
  }
}
