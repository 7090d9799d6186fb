// What is remembered of peers when the streams to and from them have ended.

import { LEASE, MAX_MEMBERS } from '../constants.js'
import { putLast } from '../tables/put-last.js'
import type { Clock } from '../clock.js'

export class Contacts {
  readonly #clock: Clock
  /** When each was last heard; the one noted last is last. At most MAX_MEMBERS. */
  readonly #heardAt = new Map<string, number>()
  /** When each was last active, or caught up, on an inbound stream that has ended: it counts on being told of removals. None is older than LEASE for long. */
  readonly #countedAt = new Map<string, number>()
  /** When its host refused a connection, unless it was reached after that. At most MAX_MEMBERS. */
  readonly #refusedAt = new Map<string, number>()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  heard (id: string, at: number): void {
    putLast(this.#heardAt, id, Math.max(at, this.heardAt(id)), MAX_MEMBERS)
  }

  /** −Infinity = never, or forgotten. */
  heardAt (id: string): number {
    return this.#heardAt.get(id) ?? -Infinity
  }

  /** An inbound stream has ended: the peer may hold a lease that was renewed on it, and counts on being told of removals. */
  inboundEnded (id: string, { activeAt, caughtUpAt }: { activeAt: number, caughtUpAt: number }): void {
    this.#prune()
    if (activeAt !== -Infinity) this.heard(id, activeAt)
    const at = Math.max(activeAt, caughtUpAt)
    if (at !== -Infinity) this.#countedAt.set(id, Math.max(at, this.#countedAt.get(id) ?? -Infinity))
  }

  /** For each peer that may hold a lease that was renewed on a stream which has ended: when that lease ends. */
  leaseEnds (): Map<string, number> {
    this.#prune()
    return new Map([...this.#countedAt].map(([id, at]) => [id, at + LEASE]))
  }

  refused (id: string): void {
    putLast(this.#refusedAt, id, this.#clock.now(), MAX_MEMBERS)
  }

  reached (id: string): void {
    this.#refusedAt.delete(id)
  }

  /** When its host last refused a connection; undefined = it did not, or was reached after that. */
  refusedAt (id: string): number | undefined {
    return this.#refusedAt.get(id)
  }

  #prune (): void {
    const now = this.#clock.now()
    for (const [id, at] of this.#countedAt) {
      if (at + LEASE <= now) this.#countedAt.delete(id)
    }
  }
}
