// Gives the rules of coherence their network: removals travel as requests, and the ring says who is there.

import { INVALIDATION_TIMEOUT } from '../constants.js'
import { ConnectionLostError } from '../errors.js'
import type { Lease } from '../cache/lease.js'
import type { CoherenceNetwork, Told } from '../coherence/network.js'
import type { Announced, Hop, Removal, Replacement, Ticket } from '../rpc/removal.js'
import type { Rpc } from '../rpc/rpc.js'
import type { View } from './view.js'
import type { PeerId } from '@libp2p/interface'

export class RpcNetwork implements CoherenceNetwork {
  readonly self: string
  readonly #view: View
  readonly #rpc: Rpc

  constructor (self: string, view: View, rpc: Rpc) {
    this.self = self
    this.#view = view
    this.#rpc = rpc
  }

  peerId (id: string): PeerId {
    return this.#view.peerId(id)
  }

  members (): string[] {
    return this.#view.ids.filter(id => id !== this.self)
  }

  owner (key: string): string | undefined {
    return this.#view.owner(key)
  }

  successor (key: string): string | undefined {
    return this.#view.owners(key, 2)[1]
  }

  holders (): ReadonlyMap<string, number> {
    return this.#rpc.holders()
  }

  lease (id: string): Lease | undefined {
    return this.#rpc.lease(id)
  }

  lastContact (id: string): number | undefined {
    return this.#rpc.lastContact(id)
  }

  isGone (id: string): boolean {
    return this.#rpc.isGone(id)
  }

  cut (id: string, reason: Error): void {
    // without a stream there is no contact to end, and perhaps a connection that has just been made again
    if (this.#rpc.hasStream(id)) this.#rpc.cut(this.peerId(id), reason)
  }

  partWithUntold (told: Told): void {
    const strangers = this.#rpc.asked().filter(id => this.#view.get(id) === undefined)
    if (strangers.length === 0) return
    const holders = told === 'members' ? undefined : this.#rpc.holders()
    for (const id of strangers) {
      if (holders?.has(id) !== true) this.#rpc.part(this.peerId(id), new ConnectionLostError('a removal was not told to a peer that is no member'))
    }
  }

  revoke (reason: Error): void {
    this.#rpc.revoke(reason)
  }

  retry (id: string): void {
    this.#rpc.reconnected(this.peerId(id))
  }

  remove (id: string, ticket: Ticket, removal: Removal, hop: Hop): Promise<number> {
    return this.#rpc.remove(this.peerId(id), ticket, removal, hop, { timeout: INVALIDATION_TIMEOUT })
  }

  set (id: string, ticket: Ticket, replacement: Replacement, hop: Hop): Promise<number> {
    return this.#rpc.set(this.peerId(id), ticket, replacement, hop, { timeout: INVALIDATION_TIMEOUT })
  }

  forget (id: string, ticket: Ticket, removal: Removal): Promise<void> {
    return this.#rpc.forget(this.peerId(id), ticket, removal)
  }

  ping (id: string): Promise<void> {
    return this.#rpc.ping(this.peerId(id))
  }

  catchUp (id: string, elapsed: number): Promise<Announced[] | 'all'> {
    return this.#rpc.catchUp(this.peerId(id), elapsed)
  }
}
