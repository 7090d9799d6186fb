// What this node holds of each other member, and what changes its mind: the words of the member itself, those of others,
// and that nobody hears it.

import { Accusers, fromTable, isPlausible } from './hearsay.js'
import { isPresent } from './member-record.js'
import { Suspicions } from './suspicions.js'
import type { Clock } from '../clock.js'
import type { DeathNotices } from './death-notices.js'
import type { Detector } from './detector.js'
import type { MemberRecord } from './member-record.js'
import type { MemberTable } from './member-table.js'
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
  timing: Timing
  publish: (news: MemberRecord) => void
  onChange: (change: MemberChange) => void
}

export class Verdicts {
  readonly #init: VerdictsInit
  readonly #suspicions: Suspicions
  readonly #accusers: Accusers
  /** Deaths that were told of members which seemed well, and that this node is looking into. */
  readonly #reported = new Map<string, MemberRecord>()
  /** Members whose time is up, and that are probed one last time. */
  readonly #onTrial = new Set<string>()

  constructor (init: VerdictsInit) {
    this.#init = init
    this.#suspicions = new Suspicions(init.timing)
    this.#accusers = new Accusers(init.clock)
  }

  clear (): void {
    this.#suspicions.clear()
    this.#accusers.clear()
    this.#reported.clear()
    this.#onTrial.clear()
    this.#init.detector.order.clear()
  }

  /** Takes a word for what it says. @returns whether a member came in that was not known */
  take (record: MemberRecord): boolean {
    const { table, clock, detector, notices, onChange } = this.#init
    const merged = table.merge(record, clock.now())
    if (merged === 'old') return false
    const was = merged.before !== undefined && isPresent(merged.before)
    const is = isPresent(record)
    if (record.state !== 'suspect') this.#settle(record.id)
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

  /** A record of another member, from somebody's table. @returns whether that member was not known */
  takeSecondHand (told: MemberRecord): boolean {
    const { table, detector } = this.#init
    const known = table.get(told.id)
    if (!isPlausible(told, known)) return false
    const record = fromTable(told, known)
    const isNew = this.take(record)
    // whoever passes a suspicion on is no further accuser
    if (record.state === 'suspect' && table.get(record.id) === record) this.#suspicions.begin(record.id, detector.awake.now())
    return isNew
  }

  /** An accusation in the news, of a member other than this one. Of what nothing is known, nobody is accused. */
  hearAccusation (accuser: string, news: MemberRecord): void {
    const { table, detector } = this.#init
    const known = table.get(news.id)
    if (known === undefined || !isPlausible(news, known) || !this.mayAccuse(accuser)) return
    const seemsWell = known.state === 'alive' || this.#suspicions.isHeard(news.id)
    if (news.state === 'dead' && seemsWell && isPresent(known) && news.incarnation >= known.incarnation) {
      // whoever says so may be wrong, or hears nothing itself; a look costs little
      this.#reported.set(news.id, news)
      void detector.probe(news.id)
      return
    }
    this.take(news)
    if (news.state === 'suspect' && table.get(news.id)?.state === 'suspect') this.#suspicions.accuse(news.id, accuser, detector.awake.now())
  }

  /** Whether a member may speak ill of others once more. Strangers may not. */
  mayAccuse (accuser: string): boolean {
    const { table } = this.#init
    const by = table.get(accuser)
    return by !== undefined && isPresent(by) && this.#accusers.mayAccuse(accuser, table.presentCount)
  }

  /** A member has answered. @returns whether it is in doubt all the same, and had better contradict */
  answered (id: string): boolean {
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
    if (reported !== undefined) {
      this.take(reported)
      return
    }
    if (this.#onTrial.has(id)) {
      this.dead(id)
      return
    }
    const news: MemberRecord = { ...record, state: 'suspect' }
    this.take(news)
    if (this.#suspicions.accuse(id, self, detector.awake.now())) publish(news)
  }

  /** There is no doubt that a member is gone. */
  dead (id: string): void {
    const { table, notices } = this.#init
    const record = table.get(id)
    if (record === undefined || !isPresent(record)) return
    const news: MemberRecord = { ...record, state: 'dead' }
    this.take(news)
    notices.post(news, table.presentCount)
  }

  /** Once a period: who had its time to contradict is given up, unless a last probe finds it well. */
  tryTheSilent (): void {
    const { table, detector } = this.#init
    for (const id of this.#suspicions.due(detector.awake.now(), table.presentCount)) {
      this.#onTrial.add(id)
      void detector.probe(id)
    }
  }

  #settle (id: string): void {
    this.#suspicions.end(id)
    this.#reported.delete(id)
    this.#onTrial.delete(id)
  }
}
