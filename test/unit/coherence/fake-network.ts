// A cluster as the rules of coherence see it, whose answers a test gives.

import { peerIdFromString } from '@libp2p/peer-id'
import type { Lease } from '../../../src/cache/lease.js'
import { digestOf } from '../../../src/coherence/announcer.js'
import type { CoherenceNetwork, Forgetful, Told } from '../../../src/coherence/network.js'
import type { Announced, Hop, Removal, Replacement, Ticket } from '../../../src/rpc/removal.js'
import type { PeerId } from '@libp2p/interface'

export const PEER_ID = peerIdFromString('12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg')

export class FakeNetwork implements CoherenceNetwork {
  readonly self = 'me'
  /** Owner first, then its successor. This node may be among them. */
  ring: string[]
  readonly held = new Map<string, number>()
  readonly leases = new Map<string, Lease>()
  readonly contacts = new Map<string, number>()
  readonly gone = new Set<string>()
  /** Who is no member, but has a stream. */
  readonly strangers = new Set<string>()
  /** What happened, as 'forget b 7', 'cut b'. */
  readonly done: string[] = []
  /** What members do when they are told of a removal, or asked to see to one. */
  onForget: (id: string) => Promise<void> = async () => {}
  onRemove: (id: string) => Promise<number> = async () => digestOf(this.ring)
  onSet: (id: string) => Promise<number> = async () => digestOf(this.ring)
  /** An owner has seen to it, and tells this node as one of its members. */
  onTold: (from: string, ticket: Ticket, removal: Removal) => Promise<void> = async () => {}
  onCatchUp: (id: string) => Promise<Announced[] | 'all'> = async () => []

  constructor (...ring: string[]) {
    this.ring = ring
  }

  peerId (): PeerId { return PEER_ID }
  members (): string[] { return this.ring.filter(id => id !== this.self) }
  owner (_key: string): string | undefined { return this.ring[0] }
  successor (_key: string): string | undefined { return this.ring[1] }
  holders (): ReadonlyMap<string, number> { return this.held }
  lease (id: string): Lease | undefined { return this.leases.get(id) }
  lastContact (id: string): number | undefined { return this.contacts.get(id) }
  isGone (id: string): boolean { return this.gone.has(id) }
  cut (id: string): void { this.done.push(`cut ${id}`) }
  partWithUntold (told: Told): void {
    for (const id of this.strangers) {
      if (told === 'members and holders' && this.held.has(id)) continue
      this.done.push(`part with ${id}`)
      this.strangers.delete(id)
    }
  }

  revoke (): void { this.done.push('revoke') }
  retry (id: string): void { this.done.push(`retry ${id}`) }

  async remove (id: string, ticket: Ticket, removal: Removal, hop: Hop): Promise<number> {
    this.done.push(`remove ${id} ${hop} ${textOf(removal)}`)
    const digest = await this.onRemove(id)
    await this.onTold(id, ticket, removal)
    return digest
  }

  async set (id: string, ticket: Ticket, { key }: Replacement, hop: Hop): Promise<number> {
    this.done.push(`set ${id} ${hop} ${key}`)
    const digest = await this.onSet(id)
    await this.onTold(id, ticket, keys(key))
    return digest
  }

  forget (id: string, ticket: Ticket): Promise<void> {
    this.done.push(`forget ${id} ${ticket}`)
    return this.onForget(id)
  }

  async ping (id: string): Promise<void> { this.done.push(`ping ${id}`) }

  catchUp (id: string, elapsed: number): Promise<Announced[] | 'all'> {
    this.done.push(`catch-up ${id} ${elapsed}`)
    return this.onCatchUp(id)
  }
}

export function textOf (removal: Removal): string {
  return removal.kind === 'keys' ? removal.keys.join() : removal.kind === 'tag' ? `tag ${removal.tag}` : 'all'
}

let tickets = 0

/** Under a ticket that no other one has. */
export const announced = (removal: Removal): Announced => ({ ticket: ++tickets, removal })

export const keys = (...keys: string[]): Removal => ({ kind: 'keys', group: 'g', keys })

/** A group that only remembers what it was told. */
export class FakeGroup implements Forgetful {
  readonly done: string[] = []

  forget (removal: Removal): void { this.done.push(`forget ${textOf(removal)}`) }
  store ({ key }: Replacement): void { this.done.push(`store ${key}`) }
  detachAll (): void { this.done.push('detach all') }
}

/** Whether a promise has settled by now. */
export function watch (promise: Promise<unknown>): { isOver: boolean } {
  const watched = { isOver: false }
  const over = (): void => { watched.isOver = true }
  promise.then(over, over)
  return watched
}
