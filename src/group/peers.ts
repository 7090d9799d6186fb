// What a group needs of the cluster. Small, so that a test's stand-in is a few lines.

import type { Lease } from '../cache/lease.js'
import type { Forgetful } from '../coherence/network.js'
import type { Abortable } from '../flight/abortable.js'
import type { Member } from '../interface/member.js'
import type { Ask, ServedValue, Value } from '../rpc/ask.js'
import type { Removal, Replacement } from '../rpc/removal.js'
import type { Receiver } from '../rpc/value-request.js'

export interface FetchOptions {
  /** Milliseconds. */
  timeout?: number
  /** On whose behalf: when it is aborted, the member is told that nobody wants the value any more. */
  caller?: Abortable
}

/** A member that owned a key up to `since`, by {@link Clock.now}. */
export interface FormerOwner { readonly id: string, readonly since: number }

export interface Peers {
  /** The node is started: gets are answered. */
  readonly isOpen: boolean
  readonly self: string
  /** The ids of all members, this node included. */
  readonly members: readonly string[]
  /** Memory may be answered from while {@link Clock.now} is before `until`; see {@link regain}. */
  readonly standing: { readonly until: number }
  /** Resolves when memory may be answered from again: this process was frozen, and has to ask what it missed. */
  regain (): Promise<void>
  /** The member that is responsible for a key; undefined when there is none, not even this one. */
  owner (key: string): string | undefined
  /** The next one on the ring, who is asked when the owner cannot be. */
  successor (key: string): string | undefined
  /** Who comes after a member in the order of a key; its owner, when that member is not on the ring. undefined = nobody. */
  after (key: string, member: string): string | undefined
  isOwner (key: string): boolean
  member (id: string): Member
  /**
   * Who owned a key until a moment ago, and may still have its value, the latest first. None whose value may have been removed since.
   */
  formerOwners (group: string, key: string): readonly FormerOwner[]
  /** Whether the value that a key had at `since` may have been removed by now. */
  mayBeRemoved (group: string, key: string, tags: readonly string[], since: number): boolean
  /** Contact of this node with a member, while it lasts. */
  lease (id: string): Lease | undefined
  /** As {@link fetch}, for the many: without a promise. `receiver` may be told in this very call. */
  ask (id: string, group: string, key: string, ask: Ask, receiver: Receiver): void
  /**
   * Asks a member for a value, whose bytes may be a view of a larger buffer; undefined when it was
   * asked for a moved one and has none.
   *
   * Rejects with LoadError, CodecError or ValueTooLargeError when the member could not produce it,
   * OverloadedError when too much waits, else with the reason why the member could not be asked.
   */
  fetch (id: string, group: string, key: string, ask: Ask, options?: FetchOptions): Promise<Value | undefined>
  /**
   * Under what a value may be kept that was loaded in place of a member: the lease that contact with
   * it gives, nothing when it is certainly dead. 'lost' = it can neither be reached nor is it dead for
   * certain, so it might remove the value without our knowing.
   */
  touch (id: string): Promise<Lease | 'dead' | 'lost'>
  /** Resolves when no member can answer with what was removed any more. @throws InvalidationIncompleteError */
  remove (removal: Removal, signal?: AbortSignal): Promise<void>
  /** As {@link remove}, with a new value at the owner. @throws OwnerUnreachableError */
  set (replacement: Replacement, signal?: AbortSignal): Promise<void>
}

/** What the cluster needs of a group: answers for other members. */
export interface GroupServer extends Forgetful {
  serve (key: string, ask: Ask, caller: Abortable): ServedValue
  /** The ring is another one now. */
  onRingChange (): void
  /** No member has a claim on moved values any more. */
  onTakeOverEnd (): void
  /** Whether it has no value of its own. */
  readonly isEmpty: boolean
  /** Keys whose values wait for their new owners, the one used last first. `bytes` counts all that it takes. */
  moved (): Iterable<{ key: string, bytes: number }>
  /** A new owner has the value of a key. */
  forgetMovedKey (key: string): void
  /** Takes over keys of which a former owner says that it has them. @returns whether this node has each of them now */
  adopt (keys: readonly string[]): Promise<boolean[]>
  /** The node stops: nothing is kept. */
  close (): void
}
