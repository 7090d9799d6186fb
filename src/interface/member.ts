// The public type of a member.

import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export type MemberState = 'alive' | 'suspect' | 'dead' | 'left'

/** One node of the cluster, as this node sees it. */
export interface Member {
  readonly peerId: PeerId
  readonly name: string
  /** This node itself. */
  readonly self: boolean
  readonly state: MemberState
  /** Its share of the ring, relative to the others'. 0 = it owns nothing: it is about to leave, and hands over what it has. */
  readonly weight: number
  /** How often the member has had to speak up for itself; higher news replaces lower. */
  readonly incarnation: number
  readonly multiaddrs: readonly Multiaddr[]
}
