// When a process is killed all the others notice at the same moment. Each knows by itself; that one of
// them tells those who could not see it is enough.

import type { MemberRecord } from './member-record.js'
import type { Timers } from './timers.js'

/** Milliseconds per member over which the survivors spread their notices, and at the most. */
const SPREAD_PER_MEMBER = 5
const MAX_SPREAD = 500

export interface DeathNoticesInit {
  timers: Timers
  random: () => number
  publish: (news: MemberRecord) => void
}

export class DeathNotices {
  readonly #init: DeathNoticesInit
  readonly #waiting = new Map<string, MemberRecord>()

  constructor (init: DeathNoticesInit) {
    this.#init = init
  }

  /** Tells of a death soon, unless somebody else does. @param size - members there are */
  post (news: MemberRecord, size: number): void {
    const { timers, random, publish } = this.#init
    this.#waiting.set(news.id, news)
    timers.after(random() * Math.min(MAX_SPREAD, SPREAD_PER_MEMBER * size), () => {
      if (this.#waiting.get(news.id) !== news) return
      this.#waiting.delete(news.id)
      publish(news)
    })
  }

  /** Nothing is told any more: the timers have ended. */
  clear (): void {
    this.#waiting.clear()
  }

  /** Somebody has told of it, or it lives. */
  withdraw (id: string): void {
    this.#waiting.delete(id)
  }
}
