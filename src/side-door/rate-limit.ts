// How many requests a client may make: at once as many as in a second.

import { LRUCache } from 'lru-cache'
import { isIPv6 } from 'node:net'
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

/** Whom a limit is for: an address, and of IPv6 the /64, because one client has as many as it wants within it. */
export function clientOf (address: string | undefined): string {
  const plain = (address ?? '').replace(/^::ffff:(?=\d+\.)/, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = tail === undefined ? front : [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back]
  return groups.slice(0, 4).map(group => parseInt(group, 16).toString(16)).join(':')
}
