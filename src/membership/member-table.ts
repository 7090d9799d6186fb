// All members a node knows of, by peer id. Merging is idempotent and the order does not matter.

import { MAX_MEMBERS, TOMBSTONE_TTL } from '../constants.js'
import { isPresent, supersedes } from './member-record.js'
import type { MemberRecord } from './member-record.js'

interface Row {
  record: MemberRecord
  /** See {@link MemberTable.saidOf}. */
  said: number
  /** Whether it has spoken to this node itself, over a connection of theirs. */
  isMet: boolean
  /** {@link Clock.now} of the last news; only for forgetting the dead. Not the record's own `since`. */
  changedAt: number
}

export class MemberTable {
  readonly #rows = new Map<string, Row>()
  #presentCount = 0

  get (id: string): MemberRecord | undefined {
    return this.#rows.get(id)?.record
  }

  /** The incarnation that a member has claimed itself, or else was first known with. */
  saidOf (id: string): number | undefined {
    return this.#rows.get(id)?.said
  }

  /** All records, the dead included. */
  all (): MemberRecord[] {
    return [...this.#rows.values()].map(row => row.record)
  }

  /** It has spoken to this node itself. */
  meet (id: string): void {
    const row = this.#rows.get(id)
    if (row !== undefined) row.isMet = true
  }

  /** Those who have spoken to this node, the dead included: of others it knows no more than it was told. */
  met (): MemberRecord[] {
    return [...this.#rows.values()].flatMap(({ record, isMet }) => isMet ? record : [])
  }

  /** How many are alive or suspect. */
  get presentCount (): number {
    return this.#presentCount
  }

  present (): MemberRecord[] {
    return this.all().filter(isPresent)
  }

  /**
   * Takes in a record if it is news.
   *
   * @param isOwnWord - whether it comes from the member that it is about
   * @returns what was known before (undefined = nothing), or 'old' when it is no news or there is no room
   */
  merge (record: MemberRecord, now: number, isOwnWord = false): { before: MemberRecord | undefined } | 'old' {
    const row = this.#rows.get(record.id)
    if (row !== undefined && !supersedes(record, row.record)) return 'old'
    // the death of a stranger is kept as well: older news that it is alive may still come
    if (row === undefined && this.#rows.size >= MAX_MEMBERS && !(isPresent(record) && this.#forgetOne())) return 'old'
    this.#rows.set(record.id, { record, said: isOwnWord || row === undefined ? record.incarnation : row.said, isMet: row?.isMet ?? false, changedAt: now })
    this.#presentCount += Number(isPresent(record)) - Number(row !== undefined && isPresent(row.record))
    return { before: row?.record }
  }

  /** Forgets those who are dead or gone for so long that no late news of them can come any more. */
  forgetDead (now: number): void {
    for (const [id, { record, changedAt }] of this.#rows) {
      if (!isPresent(record) && now - changedAt >= TOMBSTONE_TTL) this.#rows.delete(id)
    }
  }

  clear (): void {
    this.#rows.clear()
    this.#presentCount = 0
  }

  /** Makes room by forgetting the one who is dead or gone the longest. */
  #forgetOne (): boolean {
    let oldest: [string, number] | undefined
    for (const [id, { record, changedAt }] of this.#rows) {
      if (!isPresent(record) && (oldest === undefined || changedAt < oldest[1])) oldest = [id, changedAt]
    }
    return oldest !== undefined && this.#rows.delete(oldest[0])
  }
}
