// All attacks, in the order in which they are made: those that change who the members are come last.

import { announcedSlowly } from './announced-slowly.js'
import { badOwners } from './bad-owners.js'
import { connectionFloods } from './connections.js'
import { endlessGets } from './endless-gets.js'
import { ghosts, gossipFlood, tableFlood } from './ghosts.js'
import { muxerPings } from './muxer-pings.js'
import { neverReads } from './never-reads.js'
import { offers } from './offers.js'
import { openRequestFloods } from './open-requests.js'
import { removalFloods } from './removals.js'
import { storms } from './storms.js'
import { streamFloods } from './streams.js'
import { trickle } from './trickle.js'
import { unfinishedParts } from './unfinished-parts.js'
import { violations } from './violations.js'
import type { Attack } from '../attack.js'

export const attacks: readonly Attack[] = [
  endlessGets, ...violations, announcedSlowly, ...openRequestFloods, neverReads, trickle, ...streamFloods, ...connectionFloods, unfinishedParts,
  ...removalFloods, ...storms, muxerPings, offers, ...badOwners, tableFlood, gossipFlood, ghosts
]
