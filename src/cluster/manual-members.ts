// Membership by hand: the members are this node and those it was told of.

import type { MemberRecord } from '../membership/member-record.js'
import type { MemberChange } from '../membership/verdicts.js'

export class ManualMembers {
  readonly #onChange: (change: MemberChange) => void
  readonly #members = new Map<string, MemberRecord>()
  #self: MemberRecord

  constructor (self: MemberRecord, onChange: (change: MemberChange) => void) {
    this.#self = self
    this.#onChange = onChange
  }

  get self (): MemberRecord {
    return this.#self
  }

  start (addresses: readonly string[]): void {
    this.#self = { ...this.#self, addresses, state: 'alive' }
  }

  readdress (addresses: readonly string[]): void {
    this.#self = { ...this.#self, addresses }
    this.#onChange({ kind: 'update', member: this.#self })
  }

  records (): MemberRecord[] {
    return [this.#self]
  }

  get (id: string): MemberRecord | undefined {
    return this.#members.get(id)
  }

  add (record: MemberRecord): void {
    const kind = this.#members.has(record.id) ? 'update' : 'join'
    this.#members.set(record.id, record)
    this.#onChange({ kind, member: record })
  }

  remove (id: string): void {
    const record = this.#members.get(id)
    if (record === undefined) return
    this.#members.delete(id)
    this.#onChange({ kind: 'leave', member: { ...record, state: 'left' } })
  }
}
