// The network, as the membership rules see it.

import type { MemberRecord } from './member-record.js'

/** What the rules need of the network. Members are named by peer id. */
export interface MembershipTransport {
  /** Tells all members, best effort. */
  publish (news: MemberRecord): void
  /** Swaps whole tables with a member, and hands what comes back to Membership.learn. Rejects when that fails, and logs why. */
  exchange (id: string): Promise<void>
  /** Connects, unless connected; 'refused' = its host answers that nothing listens there, or that it is somebody else. */
  connect (id: string): Promise<'connected' | 'refused' | 'failed'>
  isConnected (id: string): boolean
  /** Whether a member answers within `timeout` milliseconds. Never rejects. */
  ping (id: string, timeout: number): Promise<boolean>
  /** Has the member `via` ping another one within `timeout` milliseconds. 'unheard' = `via` itself did not answer. Never rejects. */
  pingBy (via: string, id: string, timeout: number): Promise<'answers' | 'silent' | 'unheard'>
}
