// Who did what no honest peer does. Once may be a mistake, or a bug, and costs the stream; who goes on is refused, for
// longer each time. The rule alone: what refusing somebody means is handed in.

import { LRUCache } from 'lru-cache'
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

/** What is remembered of one peer. */
interface Offender {
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

const CUT_OFF = 'cutting off %s: %s'

export class Offences {
  readonly #init: OffencesInit
  /** The one with the least `since` first. At most MAX_OFFENDERS. */
  readonly #offenders = new Map<string, Offender>()
  /** When something was last said of peers that may not be at fault. */
  readonly #remarkedAt = new LRUCache<string, number>({ max: MAX_OFFENDERS })

  constructor (init: OffencesInit) {
    this.#init = init
  }

  isRefused (id: string): boolean {
    return this.#offenders.get(id)?.timer !== undefined
  }

  /** @param what - it did, for the log */
  note (id: string, what: string): void {
    const now = this.#init.clock.now()
    const offender = this.#of(id, now)
    // what it sent before it was refused may still be on its way
    if (offender.timer !== undefined) return
    offender.offences = [...offender.offences.filter(at => now - at < OFFENCE_WINDOW), now]
    if (offender.offences.length > MAX_FORGIVEN_OFFENCES) this.#refuse(id, offender, what)
    else this.#sayNowAndThen(offender, id, what, now)
  }

  /** It is cut off for what may not be its fault: nothing is held against it, and what was before is forgotten no later. */
  remark (id: string, what: string): void {
    const now = this.#init.clock.now()
    if (this.isRefused(id) || now - (this.#remarkedAt.get(id) ?? -Infinity) < OFFENCE_WINDOW) return
    this.#remarkedAt.set(id, now)
    this.#init.log(CUT_OFF, id, what)
  }

  /** Forgets everybody. Nobody is readmitted: the node stops. */
  clear (): void {
    for (const { timer } of this.#offenders.values()) if (timer !== undefined) this.#init.clock.clearTimeout(timer)
    this.#offenders.clear()
    this.#remarkedAt.clear()
  }

  #refuse (id: string, offender: Offender, what: string): void {
    const { clock, onRefused } = this.#init
    const term = Math.min(MAX_REFUSAL, MIN_REFUSAL * 2 ** offender.terms)
    const count = offender.offences.length
    offender.terms++
    offender.offences = []
    offender.timer = clock.setTimeout(() => { this.#readmit(id, offender) }, term)
    this.#say(offender, 'refusing %s for %d ms, after %d offences: %s', id, term, count, what)
    onRefused(id)
  }

  #readmit (id: string, offender: Offender): void {
    offender.timer = undefined
    offender.since = this.#init.clock.now()
    this.#offenders.delete(id)
    this.#offenders.set(id, offender)
    this.#init.onReadmitted(id)
  }

  #sayNowAndThen (offender: Offender, id: string, what: string, now: number): void {
    if (now - offender.loggedAt >= OFFENCE_WINDOW) this.#say(offender, CUT_OFF, id, what)
  }

  #say (offender: Offender, format: string, ...args: unknown[]): void {
    offender.loggedAt = this.#init.clock.now()
    this.#init.log(format, ...args)
  }

  #of (id: string, now: number): Offender {
    const known = this.#offenders.get(id)
    this.#offenders.delete(id)
    const isClean = known !== undefined && known.timer === undefined && now - known.since >= OFFENCES_KEPT_FOR
    const offender = known === undefined || isClean ? { offences: [], terms: 0, since: now, loggedAt: -Infinity, timer: undefined } : known
    offender.since = now
    this.#offenders.set(id, offender)
    if (this.#offenders.size > MAX_OFFENDERS) this.#forgetOldest()
    return offender
  }

  /** So many offenders are one that takes other names. Whoever is still refused is let in earlier. */
  #forgetOldest (): void {
    const [oldest] = this.#offenders
    if (oldest === undefined) return
    const [id, { timer }] = oldest
    this.#offenders.delete(id)
    if (timer === undefined) return
    this.#init.clock.clearTimeout(timer)
    this.#init.onReadmitted(id)
  }
}
