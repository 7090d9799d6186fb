// What answers the requests of other members.

import type { Abortable } from '../flight/abortable.js'
import type { Carrier } from '../tracing.js'
import type { Ask, ServedValue } from './ask.js'
import type { Announced, Hop, Removal, Replacement, Ticket } from './removal.js'

/** `peer` is the id of the one that asks. May throw or reject with anything. */
export interface RequestHandler {
  /**
   * @param caller - aborts when the peer does not want the value any more
   * @param carrier - the trace that the peer's request belongs to, as it says
   */
  get (peer: string, group: string, key: string, ask: Ask, caller: Abortable, carrier?: Carrier): ServedValue
  /** @returns the digest of those who have confirmed */
  remove (peer: string, ticket: Ticket, removal: Removal, hop: Hop): Promise<number>
  forget (peer: string, ticket: Ticket, removal: Removal): void | Promise<void>
  /**
   * @param replacement - its bytes are a view of a buffer that is used on: valid until this returns, which
   * is before its promise settles, and to be copied if they are kept
   * @returns the digest of those who have confirmed
   */
  set (peer: string, ticket: Ticket, replacement: Replacement, hop: Hop): Promise<number>
  /** Whether another member answers this one. */
  probe (peer: string, member: string): Promise<boolean>
  /** What a peer may have missed that was out of touch for `elapsed` milliseconds. */
  catchUp (peer: string, elapsed: number): Announced[] | 'all'
}
