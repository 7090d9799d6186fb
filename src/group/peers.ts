// What a group needs of the cluster. Small, so that a test's stand-in is a few lines.

import type { Member } from '../interface/member.js'
import type { Ask, Value } from '../rpc/ask.js'

export interface Peers {
  /** The node is started: gets are answered. */
  readonly isOpen: boolean
  readonly self: string
  /** The member that is responsible for a key; undefined when there is none, not even this one. */
  owner (key: string): string | undefined
  /** The next one on the ring, who is asked when the owner cannot be. */
  successor (key: string): string | undefined
  isOwner (key: string): boolean
  member (id: string): Member
  /** Who owned a key of ours until a moment ago and may still have its value. */
  previousOwner (key: string): string | undefined
  /**
   * Asks a member for a value, whose bytes may be a view of a larger buffer; undefined when it was
   * asked for a moved one and has none.
   *
   * Rejects with LoadError, CodecError or ValueTooLargeError when the member could not produce it,
   * OverloadedError when too much waits, else with the reason why the member could not be asked.
   */
  fetch (id: string, group: string, key: string, ask: Ask, options?: { timeout?: number }): Promise<Value | undefined>
  /** Has a member forget a key. */
  removeAt (id: string, group: string, key: string): Promise<void>
}

/** What the cluster needs of a group: answers for other members. */
export interface GroupServer {
  serve (key: string, ask: Ask): Value | undefined | Promise<Value | undefined>
  serveRemove (key: string): void | Promise<void>
  /** The ring is another one now. */
  onRingChange (): void
  /** No member has a claim on moved values any more. */
  onTakeOverEnd (): void
  /** The node stops: nothing is kept. */
  close (): void
}
