// What a cluster is made of: the node it is in, and what was chosen for it.

import type { GroupcacheComponents } from '../interface/groupcache.js'
import type { Timing } from '../interface/timing.js'
import type { RingCoreInit } from './ring-core.js'
import type { RosterInit } from './roster.js'
import type { Logger } from '@libp2p/interface'

export interface ClusterInit extends Omit<RosterInit, 'self'>, Pick<RingCoreInit, 'onHandOver' | 'onNameChecked' | 'observer'> {
  components: GroupcacheComponents
  cluster: string
  name: string
  weight: number
  /** When this process took its name; see {@link MemberRecord}. */
  since: number
  membership: 'manual' | Timing
  rpcTimeout: number
  random: () => number
  log: Logger
}
