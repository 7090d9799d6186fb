// Which member has a name, where several claim it: a name is a place on the ring, and there is one of it.

import type { MemberRecord } from '../membership/member-record.js'

export class NameClaims {
  /** By name, then by id. */
  readonly #claims = new Map<string, Map<string, MemberRecord>>()
  readonly #names = new Map<string, string>()

  /**
   * Takes in what a member claims. One of weight 0 claims nothing: it is about to leave.
   *
   * @returns the names that this concerns
   */
  put (record: MemberRecord): string[] {
    const { id, name, weight } = record
    const before = this.remove(id)
    if (weight === 0) return before
    const claims = this.#claims.get(name)
    if (claims === undefined) this.#claims.set(name, new Map([[id, record]]))
    else claims.set(id, record)
    this.#names.set(id, name)
    return before.includes(name) ? before : [...before, name]
  }

  /** @returns the names that this concerns */
  remove (id: string): string[] {
    const name = this.#names.get(id)
    if (name === undefined) return []
    this.#names.delete(id)
    const claims = this.#claims.get(name)
    claims?.delete(id)
    if (claims?.size === 0) this.#claims.delete(name)
    return [name]
  }

  /** Of all who claim a name the one that has done so for the longest; undefined = nobody does. The same for all who know the same members. */
  holder (name: string): MemberRecord | undefined {
    let holder: MemberRecord | undefined
    for (const record of this.#claims.get(name)?.values() ?? []) {
      if (holder === undefined || isBefore(record, holder)) holder = record
    }
    return holder
  }
}

function isBefore (a: MemberRecord, b: MemberRecord): boolean {
  return a.since < b.since || (a.since === b.since && a.id < b.id)
}
