// What the membership rules are given: all that is not a rule.

import type { Clock } from '../clock.js'
import type { Timing } from '../interface/timing.js'
import type { Log } from './hearsay.js'
import type { MemberRecord } from './member-record.js'
import type { MembershipTransport } from './membership-transport.js'
import type { MemberChange } from './verdicts.js'

export interface MembershipInit {
  self: MemberRecord
  clock: Clock
  /** From 0 to 1, as Math.random. */
  random: () => number
  transport: MembershipTransport
  timing: Timing
  onChange: (change: MemberChange) => void
  /** Told what others say that is not believed, rarely; default: nobody is told. */
  log?: Log
  /** Told of a member whose word is worth nothing, rarely; default: nobody is told. */
  onLie?: (id: string, what: string) => void
  /** Somebody had given this node up, which is about to be contradicted; default: nobody is told. */
  onGivenUp?: () => void
}
