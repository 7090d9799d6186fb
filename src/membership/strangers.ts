// Those who are known by hearsay alone. A table may name anybody, thousands who do not exist among them; on the ring each of these would own
// keys that nobody answers for. So who is named is looked up first, and is a member here when it has spoken for itself.

import { MAX_MEMBERS } from '../constants.js'
import { Informant } from './informant.js'
import { supersedes } from './member-record.js'
import type { Clock } from '../clock.js'
import type { MemberRecord } from './member-record.js'
import type { MembershipTransport } from './membership-transport.js'
import type { Timers } from './timers.js'

/**
 * Who is named alone is looked up at once; many are over this long for each that waits. Members that start together tell of themselves by news
 * meanwhile, and need no looking up.
 */
const SPREAD_PER_STRANGER = 50
const MAX_SPREAD = 3_000
/** Of two that hear of each other the one with the lower id dials, and the other one if that has not happened so much later. */
const DIAL_PATIENCE = 300
/** Strangers that are looked up at a time. */
const MAX_LOOKING = 8
/** Who has connected speaks for itself by then, or is asked to. */
const WORD_PATIENCE = 500
/** So many informants are not worth a look for those of whom nothing is to be remembered. */
const FEW_INFORMANTS = 64

export interface StrangersInit {
  self: string
  transport: Pick<MembershipTransport, 'connect' | 'exchange'>
  clock: Clock
  timers: Timers
  random: () => number
  /** A member has named others that are not there, far more than any honest one would. */
  onLie: (informant: string, what: string) => void
}

interface Stranger {
  /** What is said of it, by who says so. */
  readonly words: Map<string, MemberRecord>
  isDue: boolean
  /** On whose word it is being looked up; empty = it is not yet. */
  lookedUpFor: string[]
}

export class Strangers {
  readonly #init: StrangersInit
  readonly #waiting = new Map<string, Stranger>()
  readonly #informants = new Map<string, Informant>()
  #looking = 0

  constructor (init: StrangersInit) {
    this.#init = init
  }

  get size (): number {
    return this.#waiting.size
  }

  /** Where one may be, as far as anybody says, what most say first: a lie about one who is there does not hide it. */
  addressesOf (id: string): readonly string[] {
    const said = new Map<string, number>()
    for (const { addresses } of this.#waiting.get(id)?.words.values() ?? []) {
      for (const address of new Set(addresses)) said.set(address, (said.get(address) ?? 0) + 1)
    }
    return [...said].sort(([, one], [, other]) => other - one).map(([address]) => address)
  }

  /** Somebody's table names a member that is not known here. */
  introduce (by: string, record: MemberRecord): void {
    const { id } = record
    const stranger = this.#waiting.get(id)
    const known = stranger?.words.get(by)
    if (stranger !== undefined && known !== undefined) {
      if (supersedes(record, known)) stranger.words.set(by, record)
      return
    }
    const informant = this.#informant(by)
    if (!informant.mayName(this.#init.clock.now())) return
    if (stranger === undefined && this.#waiting.size >= MAX_MEMBERS) return
    informant.waiting++
    if (stranger !== undefined) stranger.words.set(by, record)
    else this.#await(id, { words: new Map([[by, record]]), isDue: false, lookedUpFor: [] })
  }

  /** It is no stranger any more: it has spoken for itself, or is known to have gone. */
  settle (id: string): void {
    const stranger = this.#waiting.get(id)
    if (stranger === undefined) return
    this.#remove(id, stranger)
    this.#next()
  }

  /** The timers were cleared. */
  clear (): void {
    this.#waiting.clear()
    this.#informants.clear()
    this.#looking = 0
  }

  #await (id: string, stranger: Stranger): void {
    const { self, timers, random } = this.#init
    this.#waiting.set(id, stranger)
    const spread = Math.min(MAX_SPREAD, SPREAD_PER_STRANGER * this.#waiting.size)
    timers.after(random() * spread + (self < id ? 0 : spread + DIAL_PATIENCE), () => {
      stranger.isDue = true
      this.#next()
    })
  }

  #next (): void {
    const now = this.#init.clock.now()
    for (const [id, stranger] of this.#waiting) {
      if (this.#looking >= MAX_LOOKING) return
      if (!stranger.isDue || stranger.lookedUpFor.length > 0) continue
      const informants = [...stranger.words.keys()]
      if (informants.some(by => this.#informant(by).mayLookUp(now))) void this.#lookUp(id, stranger, informants)
    }
  }

  async #lookUp (id: string, stranger: Stranger, informants: string[]): Promise<void> {
    const { transport, timers } = this.#init
    stranger.lookedUpFor = informants
    for (const by of informants) this.#informant(by).looking++
    this.#looking++
    const isWaiting = (): boolean => this.#waiting.get(id) === stranger
    const outcome = await transport.connect(id)
    if (outcome === 'connected' && isWaiting()) {
      await timers.pause(WORD_PATIENCE)
      if (isWaiting()) await transport.exchange(id).catch(() => {})
    }
    if (!isWaiting()) return
    this.#remove(id, stranger)
    for (const by of informants) this.#namedInVain(by, outcome === 'refused')
    this.#next()
  }

  #namedInVain (by: string, isRefused: boolean): void {
    const verdict = this.#informant(by).namedInVain(isRefused, this.#init.clock.now())
    if (verdict === 'heard') return
    for (const [id, stranger] of this.#waiting) if (stranger.words.has(by)) this.#forgetWord(id, stranger, by)
    if (verdict === 'lying') this.#init.onLie(by, 'its table names members that are not there')
  }

  /** Whoever is being looked up is so to the end. */
  #forgetWord (id: string, stranger: Stranger, by: string): void {
    if (stranger.lookedUpFor.includes(by)) return
    stranger.words.delete(by)
    this.#informant(by).waiting--
    if (stranger.words.size === 0) this.#waiting.delete(id)
  }

  #remove (id: string, stranger: Stranger): void {
    this.#waiting.delete(id)
    for (const by of stranger.words.keys()) this.#informant(by).waiting--
    for (const by of stranger.lookedUpFor) this.#informant(by).looking--
    if (stranger.lookedUpFor.length > 0) this.#looking--
  }

  #informant (id: string): Informant {
    let informant = this.#informants.get(id)
    if (informant === undefined) {
      if (this.#informants.size >= FEW_INFORMANTS) this.#prune()
      this.#informants.set(id, informant = new Informant())
    }
    return informant
  }

  #prune (): void {
    const now = this.#init.clock.now()
    for (const [id, informant] of this.#informants) if (informant.isIdle(now)) this.#informants.delete(id)
  }
}
