// The network, as the membership rules see it.

import type { MemberRecord } from './member-record.js'

/** What the rules need of the network. Members are named by peer id. */
export interface MembershipTransport {
  /** Tells all members, best effort. */
  publish (news: MemberRecord): void
  /** Swaps whole tables with a connected member, and hands what comes back to Membership.learn. */
  exchange (id: string): Promise<void>
  /** Connects, unless connected; 'refused' = its host answers that nothing listens there. */
  connect (id: string): Promise<'connected' | 'refused' | 'failed'>
  /** Whether a connected member answers right now. */
  probe (id: string): Promise<boolean>
  isConnected (id: string): boolean
}
