// Whom discovery need not look after.

import type { Whose } from '../discovery/address-list.js'
import type { Admission } from './admission.js'
import type { Roster } from './roster.js'
import type { View } from './view.js'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface KnownPeersInit {
  view: View
  roster: Pick<Roster, 'isExcluded'>
  admission: Pick<Admission, 'idOf'>
  isManual: boolean
  isConnected: (peer: PeerId) => boolean
}

export class KnownPeers {
  readonly #init: KnownPeersInit

  constructor (init: KnownPeersInit) {
    this.#init = init
  }

  /**
   * There is nothing to be done about a peer that is a member, or that the user removed. With gossip the membership
   * connects to members, at leisure; fifty nodes that each dialled all others at once would drown in handshakes.
   */
  isSettled (peer: PeerId): boolean {
    const { view, roster, isManual, isConnected } = this.#init
    const id = peer.toString()
    if (roster.isExcluded(id)) return true
    return isManual ? isConnected(peer) : view.get(id) !== undefined
  }

  /** Whose an address is: this node's, or of a member, connected or soon to be, or of one that the user removed; undefined = nobody knows. */
  whose (address: Multiaddr): Whose | undefined {
    const { view, roster, admission } = this.#init
    const id = admission.idOf(address)
    const member = id === undefined ? undefined : view.get(id)
    if (member?.self === true) return 'own'
    return member !== undefined || (id !== undefined && roster.isExcluded(id)) ? 'known' : undefined
  }
}
