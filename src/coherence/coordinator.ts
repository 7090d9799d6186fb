// A member's part in removals: as the owner it tells the others, as one of the others it forgets.
//
//   remover ── REMOVE ──► owner: 1. forgets   2. FORGET ──► everybody else   3. all confirmed ──► DONE
//
// The owner forgets first: from then on it answers with values whose load began after the removal, so
// whoever forgets after it cannot get the old one back. It does not matter who owns the key in whose
// view: each who is told makes sure that whom it would itself ask is told as well, before it confirms.

import { digestOf } from './announcer.js'
import { concerns } from '../rpc/removal.js'
import { Tickets } from './tickets.js'
import type { Clock } from '../clock.js'
import type { Announced, Hop, Removal, Replacement, Ticket } from '../rpc/removal.js'
import type { Announcer } from './announcer.js'
import type { CoherenceNetwork, Forgetful, Told } from './network.js'
import type { RecentRemovals } from './recent-removals.js'
import type { RemovalLog } from './removal-log.js'
import type { Part } from './tickets.js'

export interface CoordinatorInit {
  network: CoherenceNetwork
  announcer: Announcer
  removals: RemovalLog
  recent: RecentRemovals
  groups: ReadonlyMap<string, Forgetful>
  clock: Clock
  /** @throws GroupNotFoundError */
  group: (name: string) => Forgetful
}

export class Coordinator {
  readonly #init: CoordinatorInit
  readonly #tickets: Tickets

  constructor (init: CoordinatorInit) {
    this.#init = init
    this.#tickets = new Tickets(init.clock)
  }

  /** Whether this node has heard of the removal. */
  knows (ticket: Ticket): boolean {
    return this.#tickets.has(ticket)
  }

  /** On behalf of a remover, as the owner. @returns the digest of the members that have confirmed; 0 = cannot say */
  remove (ticket: Ticket, removal: Removal, hop: Hop): Promise<number> {
    // the remover asks again when the stream broke before it had its answer
    const underWay = this.#tickets.workOn(ticket)
    if (underWay !== undefined) return underWay
    return this.#once(ticket, this.#remove(ticket, removal, hop))
  }

  set (ticket: Ticket, replacement: Replacement, hop: Hop): Promise<number> {
    const underWay = this.#tickets.part(ticket) === 'replacement' ? this.#tickets.workOn(ticket) : undefined
    if (underWay !== undefined) return underWay
    const { network, group } = this.#init
    const { group: name, key } = replacement
    const removal: Removal = { kind: 'keys', group: name, keys: [key] }
    if (this.#isOverdue(ticket, replacement)) return this.remove(ticket, removal, hop)
    const owner = network.owner(key)
    if (hop === 'owner' && owner !== undefined && owner !== network.self) {
      return network.set(owner, ticket, replacement, 'forwarded').then(() => 0)
    }
    const holder = group(name)
    return this.#once(ticket, this.#coordinate(ticket, removal, () => { holder.store(replacement) }), 'replacement')
  }

  /** On behalf of whoever coordinates the removal. Resolves when it may count on this member. */
  async forget (from: string, ticket: Ticket, removal: Removal): Promise<void> {
    const { announcer } = this.#init
    const others = this.#answerers(removal, from)
    if (this.#tickets.part(ticket) !== 'replacement') this.#forgetHere(ticket, removal, others === undefined ? 'members and holders' : 'members')
    // who coordinates waits for us, and we may be waiting for it: a second time nobody is waited for
    if (this.#tickets.has(ticket)) return
    const work = this.#noting(removal, () => others === undefined ? this.#tellAll(ticket, removal, from) : announcer.tell(others, ticket, removal).then(() => 0))
    this.#tickets.add(ticket, work)
    await work
  }

  /**
   * Removals that this member hears of late. Those who took copies from it meanwhile, as the owner, are told:
   * 1. A has caught up; 2. it asks this member, which has not, and keeps a copy; 3. this one catches up.
   */
  learn (missed: readonly Announced[]): void {
    const { network, announcer } = this.#init
    for (const { ticket, removal } of missed) {
      if (this.#tickets.has(ticket)) continue
      const isOwner = removal.kind !== 'keys' || removal.keys.some(key => network.owner(key) === network.self)
      this.#forgetHere(ticket, removal, isOwner ? 'members and holders' : 'members')
      const work = isOwner ? announcer.tell(network.holders().keys(), ticket, removal).then(() => 0) : undefined
      this.#tickets.add(ticket, work, 'missed')
    }
  }

  /**
   * 1. The value lies on its way to us, or we are frozen; 2. another owner stores it, and everybody forgets the old one;
   * 3. it is removed; 4. it comes to us. But if it has not been removed since we heard of it, that owner may have died.
   */
  #isOverdue (ticket: Ticket, { group, key, tags }: Replacement): boolean {
    const part = this.#tickets.part(ticket)
    if (part === undefined) return false
    // heard of late, what came after it may have been heard of before
    return part === 'missed' || this.#init.removals.hasSince(ticket, removal => removal.group === group && concerns(removal, key, tags))
  }

  #once (ticket: Ticket, work: Promise<number>, as?: Part): Promise<number> {
    this.#tickets.add(ticket, work, as)
    return work
  }

  async #remove (ticket: Ticket, removal: Removal, hop: Hop): Promise<number> {
    const { network } = this.#init
    if (removal.kind !== 'keys' || hop === 'forwarded') return this.#coordinate(ticket, removal)
    // the remover's ring is another one than ours: our owners are told, once, and it had better tell its members itself
    const elsewhere = groupByOwner(removal.keys, key => network.owner(key))
    elsewhere.delete(network.self)
    const [digest] = await Promise.all([
      this.#coordinate(ticket, removal),
      ...[...elsewhere.keys()].map(owner => network.remove(owner, ticket, removal, 'forwarded'))
    ])
    return elsewhere.size === 0 ? digest : 0
  }

  #coordinate (ticket: Ticket, removal: Removal, then: () => void = () => {}): Promise<number> {
    return this.#noting(removal, () => {
      this.#forgetHere(ticket, removal, 'members and holders')
      then()
      return this.#tellAll(ticket, removal)
    })
  }

  /** 1. we forget; 2. the ring changes, and a get here fetches the old value from a former owner; 3. that one forgets. So it is noted once more. */
  async #noting (removal: Removal, work: () => Promise<number>): Promise<number> {
    try {
      return await work()
    } finally {
      this.#init.recent.note(removal, this.#init.clock.now())
    }
  }

  async #tellAll (ticket: Ticket, removal: Removal, except?: string): Promise<number> {
    const { network, announcer } = this.#init
    const confirmed = new Set(await announcer.tell(announcer.audience(except), ticket, removal))
    return digestOf([network.self, ...network.members().filter(id => id === except || confirmed.has(id))])
  }

  /** @param told - who is told of it, by us or by whoever coordinates it */
  #forgetHere (ticket: Ticket, removal: Removal, told: Told): void {
    const { network, groups, removals, recent, clock } = this.#init
    recent.note(removal, clock.now())
    if (!this.#tickets.has(ticket)) {
      removals.add({ ticket, removal })
      // 1. B takes us for a member, we do not; 2. a key is removed: B is not told; 3. B is on our ring, and counts on having been
      network.partWithUntold(told)
    }
    groups.get(removal.group)?.forget(removal)
  }

  /**
   * Whom this member has to tell in its turn, being told by `from`.
   *
   * @returns the owners in its own view, whom it would ask for the values; undefined = all: it is one
   * itself, or was until a moment ago, so the others may have copies from it
   */
  #answerers (removal: Removal, from: string): string[] | undefined {
    const { network, announcer } = this.#init
    if (removal.kind !== 'keys' || announcer.wasOwnerLately) return undefined
    const owners = new Set(removal.keys.map(key => network.owner(key)))
    if (owners.has(network.self)) return undefined
    owners.delete(from)
    return [...owners].filter(owner => owner !== undefined)
  }
}

/** Keys nobody owns are left out. */
export function groupByOwner (keys: readonly string[], ownerOf: (key: string) => string | undefined): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const key of keys) {
    const owner = ownerOf(key)
    if (owner === undefined) continue
    const group = groups.get(owner)
    if (group === undefined) groups.set(owner, [key])
    else group.push(key)
  }
  return groups
}
