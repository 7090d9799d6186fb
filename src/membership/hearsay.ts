// What is believed of what members say about each other. Any member may be mistaken, or lie.

import { isPresent } from './member-record.js'
import type { Clock } from '../clock.js'
import type { MemberRecord } from './member-record.js'

/** As libp2p's loggers are called. */
export type Log = (format: string, ...args: unknown[]) => void

/**
 * A member raises its incarnation by one at a time, and only to contradict what is said of it. Who claims to have seen
 * a much higher one of somebody else would make that one's own word old news for ever.
 */
const MAX_LEAP = 1_000
/** Of a member that nothing is known of. Far from the highest there is, so that it can contradict. */
const MAX_FIRST_INCARNATION = 2 ** 40

/** What one member may say against others in a while: against each once, and some more. */
export const ACCUSATION_WINDOW = 10_000
const MIN_ACCUSATIONS = 32

/** Accusations of one member that are heard in a window. @param size - members there are */
export function maxAccusations (size: number): number {
  return MIN_ACCUSATIONS + 2 * size
}

/**
 * Whether a second-hand record may be of a member of which `said` is the incarnation that it has claimed itself, or was first
 * known with. Counted from there, and not from what others have claimed since, many small lies come no further than one.
 */
export function isPlausible ({ incarnation }: MemberRecord, said: number | undefined): boolean {
  return incarnation <= (said === undefined ? MAX_FIRST_INCARNATION : said + MAX_LEAP)
}

/**
 * Whether others may hold this of the member that it is about, which is at `incarnation` itself: then it contradicts. More than
 * they believe of each other is nothing to contradict, and would lead to an incarnation that cannot be raised any more.
 */
export function isRefutable (record: MemberRecord, incarnation: number): boolean {
  return isPlausible(record, Math.max(incarnation, MAX_FIRST_INCARNATION))
}

/**
 * What somebody's table says, as this node takes it: that a member is dead which is present here is a suspicion,
 * for it may just have been out of that one's sight. If it is alive it will say so.
 */
export function fromTable (record: MemberRecord, known: MemberRecord | undefined): MemberRecord {
  return isPresent(record) || known === undefined || !isPresent(known) ? record : { ...record, state: 'suspect' }
}

interface Window {
  since: number
  accusations: number
  isLogged: boolean
}

/** All who are no members, as one: there may be any number of them. */
const STRANGERS = ''

/** Bounds how often each member is listened to when it speaks ill of others, and how often the log says that it was not. */
export class Accusers {
  readonly #clock: Clock
  readonly #log: Log
  readonly #windows = new Map<string, Window>()

  constructor (clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  /** Counts an accusation by a member. @param size - members there are @returns whether it is to be heard */
  mayAccuse (accuser: string, size: number): boolean {
    return ++this.#window(accuser, true).accusations <= maxAccusations(size)
  }

  /** Something was not believed. */
  refuse (by: string, isMember: boolean, about: string, why: string): void {
    const window = this.#window(by, isMember)
    if (!window.isLogged) this.#log('ignoring what %s says of %s, and what else is wrong in the next %d ms: %s', by, about, ACCUSATION_WINDOW, why)
    window.isLogged = true
  }

  /** It is no member any more. */
  forget (accuser: string): void {
    this.#windows.delete(accuser)
  }

  clear (): void {
    this.#windows.clear()
  }

  #window (by: string, isMember: boolean): Window {
    const now = this.#clock.now()
    const id = isMember ? by : STRANGERS
    let window = this.#windows.get(id)
    if (window === undefined || now - window.since >= ACCUSATION_WINDOW) {
      window = { since: now, accusations: 0, isLogged: false }
      this.#windows.set(id, window)
    }
    return window
  }
}
