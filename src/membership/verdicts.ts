// What this node holds of each other member, and what changes its mind: the words of the member itself, those of others,
// and that nobody hears it.

import { Accusers, fromTable, isPlausible, maxAccusations } from './hearsay.js'
import { isPresent, supersedes } from './member-record.js'
import { Restless } from './restless.js'
import { Suspicions } from './suspicions.js'
import type { Clock } from '../clock.js'
import type { DeathNotices } from './death-notices.js'
import type { Detector } from './detector.js'
import type { Log } from './hearsay.js'
import type { MemberRecord } from './member-record.js'
import type { MemberTable } from './member-table.js'
import type { Strangers } from './strangers.js'
import type { Timing } from '../interface/timing.js'

export interface MemberChange {
  kind: 'join' | 'leave' | 'fail' | 'update'
  member: MemberRecord
}

export interface VerdictsInit {
  self: string
  clock: Clock
  table: MemberTable
  detector: Pick<Detector, 'probe' | 'order' | 'awake'>
  notices: DeathNotices
  strangers: Pick<Strangers, 'introduce' | 'settle' | 'clear'>
  timing: Timing
  publish: (news: MemberRecord) => void
  onChange: (change: MemberChange) => void
  /** What was not believed: once per member and while. */
  log: Log
}

/**
 * Who is alone has nobody to ask who else there is but the first member that it meets, its sponsor. What that one's tables say is taken on trust for
 * so many milliseconds: a newcomer would own far too many keys until it had met all the others, and many that start together have to meet only their seed.
 */
export const SPONSORED_FOR = 30_000
/** Members that are probed one last time in one period. */
const MAX_TRIALS = 16

export class Verdicts {
  readonly #init: VerdictsInit
  readonly #suspicions: Suspicions
  readonly #accusers: Accusers
  /** Deaths that were told of members which seemed well, and that this node is looking into. */
  readonly #reported = new Map<string, MemberRecord>()
  /** Members whose time is up, and that are probed one last time. */
  readonly #onTrial = new Set<string>()
  readonly #restless = new Restless()
  #sponsor: { readonly id: string, readonly until: number } | undefined

  constructor (init: VerdictsInit) {
    this.#init = init
    this.#suspicions = new Suspicions(init.timing)
    this.#accusers = new Accusers(init.clock, init.log)
  }

  clear (): void {
    this.#suspicions.clear()
    this.#accusers.clear()
    this.#reported.clear()
    this.#onTrial.clear()
    this.#restless.clear()
    this.#init.notices.clear()
    this.#init.detector.order.clear()
    this.#init.strangers.clear()
    this.#sponsor = undefined
  }

  /** Whose tables are taken on trust; undefined = nobody's. */
  get sponsor (): string | undefined {
    return this.#sponsor !== undefined && this.#init.clock.now() < this.#sponsor.until ? this.#sponsor.id : undefined
  }

  /** Takes a member's word for what it says of itself. @returns whether that member was not known */
  takeOwnWord (record: MemberRecord): boolean {
    return this.#take(record, true)
  }

  #take (record: MemberRecord, isOwnWord = false): boolean {
    const { table, clock, detector, notices, strangers, onChange } = this.#init
    // there is nobody but this node yet
    if (isOwnWord && isPresent(record) && table.presentCount <= 1) this.#sponsor = { id: record.id, until: clock.now() + SPONSORED_FOR }
    const known = table.get(record.id)
    if (known !== undefined && supersedes(record, known) && !this.#restless.mayChange(known, record, clock.now())) {
      this.refuse(record.id, record, 'it comes back, or changes its place on the ring, too often')
      return false
    }
    const merged = table.merge(record, clock.now(), isOwnWord)
    if (merged === 'old') return false
    const was = merged.before !== undefined && isPresent(merged.before)
    const is = isPresent(record)
    if (record.state !== 'suspect') this.#settle(record.id)
    strangers.settle(record.id)
    if (is && !was) {
      detector.order.add(record.id)
      notices.withdraw(record.id)
      onChange({ kind: 'join', member: record })
    } else if (was && !is) {
      detector.order.delete(record.id)
      this.#accusers.forget(record.id)
      onChange({ kind: record.state === 'left' ? 'leave' : 'fail', member: record })
    } else if (is) {
      onChange({ kind: 'update', member: record })
    }
    return is && merged.before === undefined
  }

  /** A record of another member, from the table of `from`. @returns whether that member was not known */
  takeSecondHand (from: string, told: MemberRecord): boolean {
    const { table, detector } = this.#init
    const known = table.get(told.id)
    const record = fromTable(told, known)
    if (known !== undefined && !supersedes(record, known)) return false
    if (!this.#isPlausible(from, told)) return false
    if (known !== undefined && record.state === 'suspect' && !this.#mayAccuse(from, told)) return false
    if (!this.#isTrusted(from, known)) {
      // of a death that nobody here has heard of there is nothing to remember
      if (isPresent(record)) this.#init.strangers.introduce(from, record)
      return false
    }
    const isNew = this.#take(record)
    // whoever passes a suspicion on is no further accuser
    if (record.state === 'suspect' && table.get(record.id) === record) this.#suspicions.begin(record.id, detector.awake.now())
    return isNew
  }

  /** An accusation in the news, of a member other than this one. Of what nothing is known, nobody is accused. */
  hearAccusation (accuser: string, news: MemberRecord): void {
    const { table, detector, notices, strangers } = this.#init
    const known = table.get(news.id)
    if (known === undefined || !this.#isPlausible(accuser, news) || !this.#mayAccuse(accuser, news)) return
    if (news.state === 'dead' && known.state === 'dead' && news.incarnation >= known.incarnation) notices.withdraw(news.id)
    if (news.state === 'dead' && isPresent(known)) {
      // whoever says so may be wrong, even of one that is suspected, and a look costs little
      if (!supersedes(news, known)) return
      this.#reported.set(news.id, news)
      void detector.probe(news.id)
      return
    }
    if (isPresent(news) && !this.#isTrusted(accuser, known)) {
      // it is back, somebody thinks
      if (supersedes(news, known)) strangers.introduce(accuser, news)
      return
    }
    this.#take(news)
    if (news.state === 'suspect' && table.get(news.id)?.state === 'suspect') this.#suspicions.accuse(news.id, accuser, detector.awake.now())
  }

  /** Whether a member may speak ill of others once more. Strangers may not. */
  #mayAccuse (accuser: string, news: MemberRecord): boolean {
    const { presentCount } = this.#init.table
    if (!this.#isMember(accuser)) this.refuse(accuser, news, 'it is no member')
    else if (this.#accusers.mayAccuse(accuser, presentCount)) return true
    else this.refuse(accuser, news, `more than ${maxAccusations(presentCount)} accusations`)
    return false
  }

  /** Something that was said is not believed: for the log. */
  refuse (by: string, { id, state, incarnation }: MemberRecord, why: string): void {
    this.#accusers.refuse(by, this.#isMember(by), id, `${state} at incarnation ${incarnation}: ${why}`)
  }

  /** A member has answered. @returns whether it is in doubt all the same, and had better contradict */
  answered (id: string): boolean {
    this.#init.table.meet(id)
    this.#onTrial.delete(id)
    const isSuspected = this.#suspicions.heard(id, this.#init.detector.awake.now())
    return this.#reported.delete(id) || isSuspected
  }

  /** Nobody hears a member. */
  silent (id: string): void {
    const { self, table, detector, publish } = this.#init
    const record = table.get(id)
    if (record === undefined || !isPresent(record)) return
    const reported = this.#reported.get(id)
    this.#reported.delete(id)
    // there may be later news of it than that report
    if (reported !== undefined && supersedes(reported, record)) {
      this.#take(reported)
      return
    }
    if (this.#onTrial.has(id)) {
      this.dead(id)
      return
    }
    const news: MemberRecord = { ...record, state: 'suspect' }
    this.#take(news)
    if (this.#suspicions.accuse(id, self, detector.awake.now())) publish(news)
  }

  /** There is no doubt that a member is gone. */
  dead (id: string): void {
    const { table, notices } = this.#init
    const record = table.get(id)
    if (record === undefined || !isPresent(record)) return
    const news: MemberRecord = { ...record, state: 'dead' }
    this.#take(news)
    notices.post(news, table.presentCount)
  }

  /** Once a period: who had its time to contradict is given up, unless a last probe finds it well. */
  tryTheSilent (): void {
    const { table, detector } = this.#init
    for (const id of this.#suspicions.due(detector.awake.now(), table.presentCount).slice(0, MAX_TRIALS)) {
      this.#onTrial.add(id)
      void detector.probe(id)
    }
  }

  /** Whether hearsay is enough, of one of whom this is known: that somebody is a member is not for others to say. */
  #isTrusted (by: string, known: MemberRecord | undefined): boolean {
    return by === this.sponsor || (known !== undefined && isPresent(known))
  }

  #isMember (id: string): boolean {
    const record = this.#init.table.get(id)
    return record !== undefined && isPresent(record)
  }

  #isPlausible (from: string, record: MemberRecord): boolean {
    const isPossible = isPlausible(record, this.#init.table.saidOf(record.id))
    if (!isPossible) this.refuse(from, record, 'no member raises its own so far')
    return isPossible
  }

  #settle (id: string): void {
    this.#suspicions.end(id)
    this.#reported.delete(id)
    this.#onTrial.delete(id)
  }
}
