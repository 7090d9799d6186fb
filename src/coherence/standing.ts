// Whether this process may answer from memory. One that was frozen may not: meanwhile the others may
// have given it up, put another owner in its place, and removed what it still has.

import { CATCH_UP_TIMEOUT, MAX_STANDSTILL } from '../constants.js'
import type { Clock, Timer } from '../clock.js'

export interface StandingInit {
  clock: Clock
  /** Asks the others what was missed in so many milliseconds. Never rejects: who cannot be asked has to be reckoned with. */
  catchUp: (elapsed: number) => Promise<void>
  /** It may not answer any more, and nobody may join what is on its way. */
  onLapse: () => void
}

export class Standing {
  /** {@link Clock.now} up to which memory may be answered from: the one number that the read path compares. */
  until = -Infinity
  readonly #init: StandingInit
  #timer: Timer | undefined
  #regaining: Promise<void> | undefined
  /** Works that memory waits for. */
  #pending = 0
  #isRunning = false

  constructor (init: StandingInit) {
    this.#init = init
  }

  start (): void {
    this.#isRunning = true
    this.until = this.#init.clock.now() + MAX_STANDSTILL
    this.#tick()
  }

  stop (): void {
    this.#isRunning = false
    this.until = -Infinity
    if (this.#timer !== undefined) this.#init.clock.clearTimeout(this.#timer)
  }

  /** Resolves when memory may be answered from again. */
  regain (): Promise<void> {
    if (this.#regaining !== undefined) return this.#regaining
    const elapsed = this.#init.clock.now() - (this.until - MAX_STANDSTILL)
    return this.suspendFor(() => this.#init.catchUp(elapsed))
  }

  /** Memory is not answered from until `work` is done, which never rejects. */
  suspendFor (work: () => Promise<void>): Promise<void> {
    this.until = -Infinity
    this.#init.onLapse()
    this.#pending++
    const regaining = Promise.all([this.#regaining, this.#finish(work)]).then(() => {})
    this.#regaining = regaining
    return regaining
  }

  async #finish (work: () => Promise<void>): Promise<void> {
    const { clock } = this.#init
    let since = clock.now()
    await work()
    // frozen once more meanwhile: what was heard before is no news any more
    while (clock.now() - since > 2 * CATCH_UP_TIMEOUT) {
      const elapsed = clock.now() - since
      since = clock.now()
      await this.#init.catchUp(elapsed)
    }
    if (--this.#pending > 0) return
    this.#regaining = undefined
    if (this.#isRunning) this.until = clock.now() + MAX_STANDSTILL
  }

  readonly #tick = (): void => {
    const { clock } = this.#init
    const now = clock.now()
    if (now < this.until) this.until = now + MAX_STANDSTILL
    else void this.regain()
    this.#timer = clock.setTimeout(this.#tick, MAX_STANDSTILL / 4)
  }
}
