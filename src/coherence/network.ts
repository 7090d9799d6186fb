// What keeping copies coherent needs of the cluster. Members are named by peer id. Small, so that a
// test's stand-in is a few lines.

import type { Lease } from '../cache/lease.js'
import type { Announced, Hop, Removal, Replacement, Ticket } from '../rpc/removal.js'
import type { PeerId } from '@libp2p/interface'

export interface CoherenceNetwork {
  readonly self: string
  peerId (id: string): PeerId
  /** The other members on this node's ring. */
  members (): string[]
  owner (key: string): string | undefined
  successor (key: string): string | undefined
  /** Peers that may have a lease of this node's, or have just asked what they missed: until when they count on being told. */
  holders (): ReadonlyMap<string, number>
  /** Contact of this node with a peer, while it lasts. */
  lease (id: string): Lease | undefined
  /** When a peer was last heard; undefined = never. */
  lastContact (id: string): number | undefined
  /** Its host says that nothing listens there any more: what the process held is gone with it. */
  isGone (id: string): boolean
  /** Ends all contact: nothing is answered any more on the streams there are, so no lease is renewed. */
  cut (id: string, reason: Error): void
  /** Ends the streams to those who are not told of a removal: a peer that has one of ours counts on being told. */
  partWithUntold (told: Told): void
  /** Ends every lease of this node's. */
  revoke (reason: Error): void
  /** A peer that was given up is tried again when it is next asked. */
  retry (id: string): void
  /** Has a member see to a removal. @returns the digest of those who confirmed; see {@link digestOf} */
  remove (id: string, ticket: Ticket, removal: Removal, hop: Hop): Promise<number>
  set (id: string, ticket: Ticket, replacement: Replacement, hop: Hop): Promise<number>
  /** Has a member forget, and see to it that whom it would ask forgets. */
  forget (id: string, ticket: Ticket, removal: Removal): Promise<void>
  /** Resolves when it answers. */
  ping (id: string): Promise<void>
  /** What this node may have missed, having been out of touch for so many milliseconds. */
  catchUp (id: string, elapsed: number): Promise<Announced[] | 'all'>
}

export type Told = 'members' | 'members and holders'

/** What a group does when it is told of a removal. */
export interface Forgetful {
  forget (removal: Removal): void
  /** Stores a value in place of what was removed. `bytes` may be a view of a larger buffer. */
  store (replacement: Replacement): void
  /** Nobody joins what is on its way. */
  detachAll (): void
}
