// How a member goes: it says that it owns nothing any more, hands over what it has while it goes on answering, and then says goodbye.

import { within } from '../clock.js'
import { LEAVE_TIMEOUT } from '../constants.js'
import type { Clock } from '../clock.js'
import type { Membership } from '../membership/membership.js'
import type { HandOver, HandOverLimits } from './hand-over.js'

export interface Departing {
  membership: Pick<Membership, 'announceWithdrawal' | 'withdraw' | 'leave'>
  handOver: HandOver
  clock: Clock
}

/** Resolves when the others know, or the time is up. Gets are answered all the while. */
export async function depart ({ membership, handOver, clock }: Departing, limits: HandOverLimits): Promise<void> {
  if (limits.timeout > 0 && handOver.hasSomething) {
    await within(clock, LEAVE_TIMEOUT, membership.announceWithdrawal(), () => {})
    membership.withdraw()
    await handOver.finish(limits)
  }
  await within(clock, LEAVE_TIMEOUT, membership.leave(), () => {})
}
