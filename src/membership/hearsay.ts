// What is believed of what members say about each other. Any member may be mistaken, or lie.

import { isPresent } from './member-record.js'
import type { Clock } from '../clock.js'
import type { MemberRecord } from './member-record.js'

/**
 * A member raises its incarnation by one at a time, and only to contradict what is said of it. Who claims to have seen
 * a much higher one of somebody else would make that one's own word old news for ever.
 */
const MAX_LEAP = 1_000
/** Of a member that nothing is known of. Far from the highest there is, so that it can contradict. */
const MAX_FIRST_INCARNATION = 2 ** 40

/** What one member may say against others in a while: against each once, and some more. */
const ACCUSATION_WINDOW = 10_000
const MIN_ACCUSATIONS = 32

/** Whether a second-hand record may be of a member that is `known` like that. */
export function isPlausible ({ incarnation }: MemberRecord, known: MemberRecord | undefined): boolean {
  return incarnation <= (known === undefined ? MAX_FIRST_INCARNATION : known.incarnation + MAX_LEAP)
}

/**
 * What somebody's table says, as this node takes it: that a member is dead which is present here is a suspicion,
 * for it may just have been out of that one's sight. If it is alive it will say so.
 */
export function fromTable (record: MemberRecord, known: MemberRecord | undefined): MemberRecord {
  return isPresent(record) || known === undefined || !isPresent(known) ? record : { ...record, state: 'suspect' }
}

/** Bounds how often each member is listened to when it speaks ill of others. */
export class Accusers {
  readonly #clock: Clock
  readonly #windows = new Map<string, { since: number, count: number }>()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** Counts an accusation. @param size - members there are @returns whether it is to be heard */
  mayAccuse (accuser: string, size: number): boolean {
    const now = this.#clock.now()
    let window = this.#windows.get(accuser)
    if (window === undefined || now - window.since >= ACCUSATION_WINDOW) {
      window = { since: now, count: 0 }
      this.#windows.set(accuser, window)
    }
    return ++window.count <= MIN_ACCUSATIONS + 2 * size
  }

  /** It is no member any more. */
  forget (accuser: string): void {
    this.#windows.delete(accuser)
  }

  clear (): void {
    this.#windows.clear()
  }
}
