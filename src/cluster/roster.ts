// Who is on this node's ring: what the membership says, less whom the user removed. A change of the
// ring is told to the groups and to the application.

import { MAX_MEMBERS } from '../constants.js'
import { PastRings } from './past-rings.js'
import { View } from './view.js'
import type { Clock } from '../clock.js'
import type { GroupServer } from '../group/peers.js'
import type { Member } from '../interface/member.js'
import type { MemberRecord } from '../membership/member-record.js'
import type { MemberChange } from '../membership/verdicts.js'

export interface RosterInit {
  self: MemberRecord
  clock: Clock
  groups: ReadonlyMap<string, GroupServer>
  onMember: (kind: 'join' | 'leave' | 'fail', member: Member) => void
  onRing: () => void
  /** Whether a peer may be a member at all. @default everybody */
  mayJoin?: ((id: string) => boolean) | undefined
}

/** More than anybody removes by hand. */
const MAX_EXCLUDED = 10 * MAX_MEMBERS

export class Roster {
  readonly view: View
  readonly past: PastRings
  readonly #init: RosterInit
  /** Members that the user removed, whatever the others say. */
  readonly #excluded = new Set<string>()
  #isRingChanging = false

  constructor (init: RosterInit) {
    this.#init = init
    this.view = new View(init.self.id)
    this.view.put(init.self)
    this.past = new PastRings({
      self: init.self.id,
      view: this.view,
      clock: init.clock,
      onQuiet: () => { for (const group of init.groups.values()) group.onTakeOverEnd() }
    })
  }

  isExcluded (id: string): boolean {
    // an `allow` list need not name the node that has it
    return id !== this.#init.self.id && (this.#excluded.has(id) || this.#init.mayJoin?.(id) === false)
  }

  exclude (id: string): void {
    this.#excluded.delete(id)
    this.#excluded.add(id)
    // a list of addresses that comes from elsewhere may go on naming others for as long as the process lives
    const [oldest] = this.#excluded
    if (this.#excluded.size > MAX_EXCLUDED && oldest !== undefined) this.#excluded.delete(oldest)
  }

  /** Only the user's word brings back whom the user removed. */
  include (id: string): void {
    this.#excluded.delete(id)
  }

  /** Takes in what the membership has found. */
  apply ({ kind, member: record }: MemberChange): void {
    if (kind === 'leave' || kind === 'fail') {
      this.drop(record.id, kind)
      return
    }
    if (this.isExcluded(record.id)) return
    const isNew = this.view.get(record.id) === undefined
    const put = this.view.put(record)
    if (put === undefined) return
    if (isNew) {
      if (this.view.size > 1) this.past.joined()
      this.#init.onMember('join', put.member)
    }
    if (put.ringChanged) this.#ringChanged()
  }

  drop (id: string, kind: 'leave' | 'fail'): void {
    const removed = this.view.remove(id, kind === 'leave' ? 'left' : 'dead')
    if (removed === undefined) return
    this.#init.onMember(kind, removed.member)
    // who says goodbye has owned nothing for a while
    if (removed.ringChanged) this.#ringChanged()
  }

  /** The groups look through all they hold, so once for all changes of a tick: a table may bring many. */
  #ringChanged (): void {
    if (this.#isRingChanging) return
    this.#isRingChanging = true
    queueMicrotask(() => {
      this.#isRingChanging = false
      const { groups, onRing } = this.#init
      this.past.changed()
      for (const group of groups.values()) group.onRingChange()
      onRing()
    })
  }
}
