// What groups ask of the cluster: who is responsible for a key, a value from them, a removal everywhere.

import { MAX_ASKED } from '../constants.js'
import { ConnectionLostError, PeerUnreachableError } from '../errors.js'
import type { Lease } from '../cache/lease.js'
import type { Coherence } from '../coherence/coherence.js'
import type { FetchOptions, FormerOwner, Peers } from '../group/peers.js'
import type { Member } from '../interface/member.js'
import type { Ask, Value } from '../rpc/ask.js'
import type { Removal, Replacement } from '../rpc/removal.js'
import type { Rpc } from '../rpc/rpc.js'
import type { Receiver } from '../rpc/value-request.js'
import type { PastRings } from './past-rings.js'
import type { View } from './view.js'

export interface RingPeersInit {
  self: string
  view: View
  rpc: Rpc
  coherence: Coherence
  past: PastRings
}

export class RingPeers implements Peers {
  /** Set while the node takes part in the cluster. */
  isOpen = false
  readonly self: string
  readonly standing: { readonly until: number }
  readonly #view: View
  readonly #rpc: Rpc
  readonly #coherence: Coherence
  readonly #past: PastRings

  get members (): readonly string[] {
    return this.#view.ids
  }

  constructor ({ self, view, rpc, coherence, past }: RingPeersInit) {
    this.self = self
    this.standing = coherence.standing
    this.#view = view
    this.#rpc = rpc
    this.#coherence = coherence
    this.#past = past
  }

  regain (): Promise<void> {
    return this.#coherence.standing.regain()
  }

  owner (key: string): string | undefined {
    return this.#view.owner(key)
  }

  successor (key: string): string | undefined {
    return this.#view.owners(key, 2)[1]
  }

  after (key: string, member: string): string | undefined {
    const order = this.#view.owners(key, MAX_ASKED + 1)
    return order[order.indexOf(member) + 1]
  }

  isOwner (key: string): boolean {
    return this.#view.owner(key) === this.self
  }

  member (id: string): Member {
    const member = this.#view.get(id)
    if (member === undefined) throw notThere(id)
    return member
  }

  formerOwners (group: string, key: string): readonly FormerOwner[] {
    const former = this.#past.formerOwners(key)
    return former.length === 0 ? former : former.filter(({ since }) => !this.mayBeRemoved(group, key, [], since))
  }

  mayBeRemoved (group: string, key: string, tags: readonly string[], since: number): boolean {
    return this.#coherence.recent.mayHave(group, key, tags, since)
  }

  lease (id: string): Lease | undefined {
    return this.#rpc.lease(id)
  }

  ask (id: string, group: string, key: string, ask: Ask, receiver: Receiver): void {
    const member = this.#view.get(id)
    if (member === undefined) receiver.failed(notThere(id))
    else this.#rpc.ask(member.peerId, group, key, ask, receiver)
  }

  fetch (id: string, group: string, key: string, ask: Ask, options?: FetchOptions): Promise<Value | undefined> {
    const member = this.#view.get(id)
    if (member === undefined) return Promise.reject(notThere(id))
    return this.#rpc.get(member.peerId, group, key, ask, options)
  }

  async touch (id: string): Promise<Lease | 'dead' | 'lost'> {
    const known = this.#rpc.lease(id) ?? (this.#rpc.isGone(id) ? 'dead' : undefined)
    if (known !== undefined) return known
    const err = await this.#ping(id)
    // a stream breaks when a process dies, and only a new one finds that nobody is there
    if (err instanceof ConnectionLostError && !this.#rpc.isGone(id)) await this.#ping(id)
    return this.#rpc.lease(id) ?? (this.#rpc.isGone(id) ? 'dead' : 'lost')
  }

  /** @returns why it did not answer; undefined = it did */
  async #ping (id: string): Promise<unknown> {
    try {
      await this.#rpc.ping(this.member(id).peerId)
      return undefined
    } catch (err) {
      return err
    }
  }

  remove (removal: Removal, signal?: AbortSignal): Promise<void> {
    return this.#coherence.remove(removal, signal)
  }

  set (replacement: Replacement, signal?: AbortSignal): Promise<void> {
    return this.#coherence.set(replacement, signal)
  }
}

function notThere (id: string): PeerUnreachableError {
  return new PeerUnreachableError(id, 'it is no member any more')
}
