// What groups ask of the cluster: who is responsible for a key, and a value from them.

import { PeerUnreachableError } from '../errors.js'
import type { Peers } from '../group/peers.js'
import type { Member } from '../interface/member.js'
import type { Ask, Value } from '../rpc/ask.js'
import type { Rpc } from '../rpc/rpc.js'
import type { TakeOver } from './take-over.js'
import type { View } from './view.js'

export interface RingPeersInit {
  self: string
  view: View
  rpc: Rpc
  takeOver: TakeOver
}

export class RingPeers implements Peers {
  /** Set while the node takes part in the cluster. */
  isOpen = false
  readonly self: string
  readonly #view: View
  readonly #rpc: Rpc
  readonly #takeOver: TakeOver

  constructor ({ self, view, rpc, takeOver }: RingPeersInit) {
    this.self = self
    this.#view = view
    this.#rpc = rpc
    this.#takeOver = takeOver
  }

  owner (key: string): string | undefined {
    return this.#view.owner(key)
  }

  successor (key: string): string | undefined {
    return this.#view.owners(key, 2)[1]
  }

  isOwner (key: string): boolean {
    return this.#view.owner(key) === this.self
  }

  member (id: string): Member {
    const member = this.#view.get(id)
    if (member === undefined) throw notThere(id)
    return member
  }

  /**
   * The successor, for a while after this node has joined: without this node the ring gives it the
   * key, so it had it before. A member that left took its values with it.
   */
  previousOwner (key: string): string | undefined {
    return this.#takeOver.isOpen ? this.successor(key) : undefined
  }

  fetch (id: string, group: string, key: string, ask: Ask, options?: { timeout?: number }): Promise<Value | undefined> {
    const member = this.#view.get(id)
    if (member === undefined) return Promise.reject(notThere(id))
    return this.#rpc.get(member.peerId, group, key, ask, options?.timeout)
  }

  async removeAt (id: string, group: string, key: string): Promise<void> {
    await this.#rpc.remove(this.member(id).peerId, group, key)
  }
}

function notThere (id: string): PeerUnreachableError {
  return new PeerUnreachableError(id, 'it is no member any more')
}
