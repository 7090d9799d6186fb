// The cluster as this node sees it: its members, and the ring that follows from them.

import { NameClaims } from './name-claims.js'
import { HashRing } from '../ring/hash-ring.js'
import { hash32 } from '../ring/hash.js'
import { memberAddresses, parsePeerId, peerIdOf } from '../rpc/addresses.js'
import type { Member } from '../interface/member.js'
import type { MemberRecord } from '../membership/member-record.js'
import type { PeerId } from '@libp2p/interface'

export class View {
  readonly #self: string
  readonly #ring = new HashRing()
  readonly #claims = new NameClaims()
  /** By name: who is on the ring under it. */
  readonly #placed = new Map<string, string>()
  readonly #members = new Map<string, Member>()

  constructor (self: string) {
    this.#self = self
  }

  get members (): Member[] {
    return [...this.#members.values()]
  }

  get ids (): string[] {
    return [...this.#members.keys()]
  }

  get size (): number {
    return this.#members.size
  }

  get (id: string): Member | undefined {
    return this.#members.get(id)
  }

  /** Of anybody; those of members need not be parsed. @throws InvalidParametersError */
  peerId (id: string): PeerId {
    return this.#members.get(id)?.peerId ?? peerIdOf(id)
  }

  /**
   * Adds a member, or brings what is known of it up to date.
   *
   * @returns the member, and whether the ring is another one now; undefined when `record` is nobody's
   */
  put (record: MemberRecord): { member: Member, ringChanged: boolean } | undefined {
    const member = memberOf(record, this.#self)
    if (member === undefined) return undefined
    this.#members.set(record.id, member)
    return { member, ringChanged: this.#place(this.#claims.put(record)) }
  }

  /** @returns the member that was removed, in its last state, and whether the ring is another one now */
  remove (id: string, state: Member['state'] = 'left'): { member: Member, ringChanged: boolean } | undefined {
    const member = this.#members.get(id)
    if (member === undefined) return undefined
    this.#members.delete(id)
    return { member: { ...member, state }, ringChanged: this.#place(this.#claims.remove(id)) }
  }

  /** Puts on the ring who has these names. @returns whether it is another one now */
  #place (names: readonly string[]): boolean {
    let hasChanged = false
    for (const name of names) {
      const holder = this.#claims.holder(name)
      const before = this.#placed.get(name)
      if (before !== undefined && before !== holder?.id) hasChanged = this.#ring.removePeer(before) || hasChanged
      if (holder === undefined) {
        this.#placed.delete(name)
      } else {
        this.#placed.set(name, holder.id)
        hasChanged = this.#ring.addPeer(holder) || hasChanged
      }
    }
    return hasChanged
  }

  /** The member that is on the ring under a name. */
  holder (name: string): string | undefined {
    return this.#placed.get(name)
  }

  /** Forgets everybody but this node. */
  clear (): void {
    for (const id of [...this.#members.keys()]) {
      if (id !== this.#self) this.remove(id)
    }
  }

  /** The ring as it is now. */
  ring (): HashRing {
    return this.#ring.copy()
  }

  /** Which part of the keys each member owns, from 0 to 1. */
  shares (): Map<string, number> {
    return this.#ring.shares()
  }

  /** The owner of a key, and those who come after it. */
  owners (key: string, count: number): string[] {
    return this.#ring.owners(hash32(key), count)
  }

  owner (key: string): string | undefined {
    return this.#ring.owner(hash32(key))
  }
}

function memberOf (record: MemberRecord, self: string): Member | undefined {
  const peerId = parsePeerId(record.id)
  if (peerId === undefined) return undefined
  const { name, state, weight, incarnation } = record
  return Object.freeze({ peerId, name, self: record.id === self, state, weight, incarnation, multiaddrs: memberAddresses(record.addresses, record.id) })
}
