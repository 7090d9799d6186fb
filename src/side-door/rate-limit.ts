// How many requests a client may make: at once as many as in a second.

import { LRUCache } from 'lru-cache'
import { LeakyCount } from '../leaky-count.js'

/** Clients that are told apart at a time. Who was forgotten begins anew. */
const MAX_CLIENTS = 10_000

export class RateLimit {
  readonly #perSecond: number
  readonly #made = new LRUCache<string, LeakyCount>({ max: MAX_CLIENTS })

  constructor (perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Takes one request. @param now - milliseconds that never go backwards @returns whether it may be made */
  take (client: string, now: number): boolean {
    if (!this.allows(client, now)) return false
    let made = this.#made.get(client)
    if (made === undefined) this.#made.set(client, made = new LeakyCount(this.#perSecond))
    return made.add(1, now)
  }

  /** Whether {@link take} would say yes; takes nothing. */
  allows (client: string, now: number): boolean {
    return (this.#made.get(client)?.left(now) ?? 0) <= this.#perSecond - 1
  }
}
