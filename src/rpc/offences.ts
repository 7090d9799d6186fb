// Who did what no honest peer does. Once may be a mistake, or a bug, and costs the stream; who goes on is refused, for
// longer each time. The rule alone: what refusing somebody means is handed in.

import { MAX_FORGIVEN_OFFENCES, MAX_OFFENDERS, MAX_REFUSAL, MIN_REFUSAL, OFFENCES_KEPT_FOR, OFFENCE_WINDOW } from '../constants.js'
import type { Clock, Timer } from '../clock.js'

export interface OffencesInit {
  clock: Clock
  /** As libp2p's loggers are called. Told of an offender once in OFFENCE_WINDOW, and each time that it is refused. */
  log: (format: string, ...args: unknown[]) => void
  /** From now on a peer is refused. */
  onRefused: (id: string) => void
  /** Its time is over. */
  onReadmitted: (id: string) => void
}

interface Conduct {
  /** When its offences were that are not forgotten, at most MAX_FORGIVEN_OFFENCES of them. */
  offences: number[]
  /** How often it was refused. */
  terms: number
  /** When it last offended, or was let in again. */
  since: number
  /** When it was last in the log. */
  loggedAt: number
  /** Set while it is refused. */
  timer: Timer | undefined
}

export class Offences {
  readonly #init: OffencesInit
  /** The one with the least `since` first. At most MAX_OFFENDERS. */
  readonly #conduct = new Map<string, Conduct>()

  constructor (init: OffencesInit) {
    this.#init = init
  }

  isRefused (id: string): boolean {
    return this.#conduct.get(id)?.timer !== undefined
  }

  /** @param what - it did, for the log */
  note (id: string, what: string): void {
    const now = this.#init.clock.now()
    const conduct = this.#of(id, now)
    // what it sent before it was refused may still be on its way
    if (conduct.timer !== undefined) return
    conduct.offences = [...conduct.offences.filter(at => now - at < OFFENCE_WINDOW), now]
    if (conduct.offences.length > MAX_FORGIVEN_OFFENCES) this.#refuse(id, conduct, what)
    else if (now - conduct.loggedAt >= OFFENCE_WINDOW) this.#say(conduct, 'cutting off %s: %s', id, what)
  }

  /** Forgets everybody. Nobody is readmitted: the node stops. */
  clear (): void {
    for (const { timer } of this.#conduct.values()) if (timer !== undefined) this.#init.clock.clearTimeout(timer)
    this.#conduct.clear()
  }

  #refuse (id: string, conduct: Conduct, what: string): void {
    const { clock, onRefused } = this.#init
    const term = Math.min(MAX_REFUSAL, MIN_REFUSAL * 2 ** conduct.terms)
    const count = conduct.offences.length
    conduct.terms++
    conduct.offences = []
    conduct.timer = clock.setTimeout(() => { this.#readmit(id, conduct) }, term)
    this.#say(conduct, 'refusing %s for %d ms, after %d offences: %s', id, term, count, what)
    onRefused(id)
  }

  #readmit (id: string, conduct: Conduct): void {
    conduct.timer = undefined
    conduct.since = this.#init.clock.now()
    this.#conduct.delete(id)
    this.#conduct.set(id, conduct)
    this.#init.onReadmitted(id)
  }

  #say (conduct: Conduct, format: string, ...args: unknown[]): void {
    conduct.loggedAt = this.#init.clock.now()
    this.#init.log(format, ...args)
  }

  #of (id: string, now: number): Conduct {
    const known = this.#conduct.get(id)
    this.#conduct.delete(id)
    const isClean = known !== undefined && known.timer === undefined && now - known.since >= OFFENCES_KEPT_FOR
    const conduct = known === undefined || isClean ? { offences: [], terms: 0, since: now, loggedAt: -Infinity, timer: undefined } : known
    conduct.since = now
    this.#conduct.set(id, conduct)
    if (this.#conduct.size > MAX_OFFENDERS) this.#forgetOldest()
    return conduct
  }

  /** So many offenders are one that takes other names. Whoever is still refused is let in earlier. */
  #forgetOldest (): void {
    const [oldest] = this.#conduct
    if (oldest === undefined) return
    const [id, { timer }] = oldest
    this.#conduct.delete(id)
    if (timer === undefined) return
    this.#init.clock.clearTimeout(timer)
    this.#init.onReadmitted(id)
  }
}
