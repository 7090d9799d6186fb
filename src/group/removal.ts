// Removing a key: at its owner, here, and where the owner would fetch it from.

import { GroupNotFoundError, OwnerUnreachableError } from '../errors.js'
import type { Entry } from '../cache/entry.js'
import type { GroupCache } from '../cache/group-cache.js'
import type { Flights } from '../flight/flights.js'
import type { OwnLoads } from './own-loads.js'
import type { Peers } from './peers.js'
import type { Logger } from '@libp2p/interface'

export interface RemovalInit<V> {
  name: string
  cache: GroupCache<V>
  gets: Flights<Entry<V>>
  loads: OwnLoads<V>
  peers: Peers
  log: Logger
}

export class Removal<V> {
  readonly #init: RemovalInit<V>

  constructor (init: RemovalInit<V>) {
    this.#init = init
  }

  /** On behalf of a caller of this process. @throws OwnerUnreachableError */
  async remove (key: string): Promise<void> {
    const { name, peers } = this.#init
    const owner = peers.owner(key)
    if (owner === undefined || owner === peers.self) return this.serve(key)
    const { peerId } = peers.member(owner)
    this.#forget(key)
    try {
      await peers.removeAt(owner, name, key)
    } catch (cause) {
      // an owner without the group has nothing of it
      if (cause instanceof GroupNotFoundError) return
      throw new OwnerUnreachableError({ group: name, key, peerId, cause })
    } finally {
      // 1. our copy was dropped; 2. a get fetched the old value from the owner; 3. it was removed there
      this.#forget(key)
    }
  }

  /** On behalf of a member that holds this one for the owner. */
  async serve (key: string): Promise<void> {
    const { name, peers, loads, log } = this.#init
    this.#forget(key)
    // 1. this member took the key over; 2. a get fetches the old value from its previous owner. So it goes there, too.
    const previous = peers.isOwner(key) ? peers.previousOwner(key) : undefined
    if (previous === undefined) return
    try {
      await peers.removeAt(previous, name, key)
    } catch (err) {
      // what it still has may be old now, so it is not asked for anything any more
      loads.distrustMoved()
      log('previous owner %s could not be told of a removal - %e', previous, err)
    }
    this.#forget(key)
  }

  /** Drops what this process has of a key, and keeps what is on its way from being stored. */
  #forget (key: string): void {
    const { cache, gets, loads } = this.#init
    gets.detach(key)
    loads.detach(key)
    cache.remove(key)
  }
}
