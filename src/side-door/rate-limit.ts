// How many requests a client may make: a token bucket for each, which holds as many as fit into a second.

import { LRUCache } from 'lru-cache'
import { isIPv6 } from 'node:net'

/** Clients that are told apart at a time. Who was forgotten begins anew with a full bucket. */
const MAX_CLIENTS = 10_000

export class RateLimit {
  readonly #perSecond: number
  readonly #buckets = new LRUCache<string, { tokens: number, at: number }>({ max: MAX_CLIENTS })

  constructor (perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Takes one request. @param now - milliseconds that never go backwards @returns whether it may be made */
  take (client: string, now: number): boolean {
    const bucket = this.#bucket(client, now)
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }

  /** Whether {@link take} would say yes; takes nothing. */
  allows (client: string, now: number): boolean {
    return this.#bucket(client, now).tokens >= 1
  }

  #bucket (client: string, now: number): { tokens: number, at: number } {
    const bucket = this.#buckets.get(client) ?? { tokens: this.#perSecond, at: now }
    bucket.tokens = Math.min(this.#perSecond, bucket.tokens + (now - bucket.at) / 1000 * this.#perSecond)
    bucket.at = now
    this.#buckets.set(client, bucket)
    return bucket
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
