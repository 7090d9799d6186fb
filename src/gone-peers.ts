// What the libp2p node of a member remembers of peers that have gone. It looks at what is too old only when the same peer is asked for
// again, so processes that come and go with new ids would fill it for as long as the node runs, with 8 KiB each: the few bytes of a
// record keep the slab of memory that they were cut from.

import type { Clock, Timer } from './clock.js'
import type { ComponentLogger, PeerId, PeerStore } from '@libp2p/interface'

/** Milliseconds between two looks. */
export const SWEEP_INTERVAL = 60_000

export interface GonePeersInit {
  peerStore: Pick<PeerStore, 'all' | 'delete'>
  /** Whether a peer is this node, a member, or connected. */
  isPresent: (peer: PeerId) => boolean
  clock: Clock
  logger: ComponentLogger
}

export class GonePeers {
  readonly #init: GonePeersInit
  #timer: Timer | undefined

  constructor (init: GonePeersInit) {
    this.#init = init
  }

  start (): void {
    this.stop()
    this.#timer = this.#init.clock.setTimeout(() => { void this.#sweep() }, SWEEP_INTERVAL)
  }

  stop (): void {
    if (this.#timer !== undefined) this.#init.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #sweep (): Promise<void> {
    const { peerStore, isPresent, logger } = this.#init
    const timer = this.#timer
    try {
      for (const { id } of await peerStore.all()) if (!isPresent(id)) await peerStore.delete(id)
    } catch (err) {
      // it is tried again; what is left is only memory
      logger.forComponent('groupcache').error('what is known of peers that have gone could not be forgotten - %e', err)
    }
    // not stopped meanwhile
    if (this.#timer === timer) this.start()
  }
}
