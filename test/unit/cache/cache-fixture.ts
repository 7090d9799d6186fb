// A cache with a clock that stands still, for the specs beside this file.

import { Entry } from '../../../src/cache/entry.js'
import { GroupMemory } from '../../../src/cache/group-memory.js'
import { Lease } from '../../../src/cache/lease.js'
import { messagePack } from '../../../src/codec/message-pack.js'
import { FakeClock } from '../../support/fake-clock.js'
import type { Content } from '../../../src/cache/content.js'
import type { Ring } from '../../../src/cache/moved-values.js'
import type { Codec } from '../../../src/interface/group.js'

/** Of copies. */
export const HOT_TTL = 100
export const KEEP = { keep: true }

export interface Options {
  maxBytes?: number
  hot?: false | { maxItems?: number }
  codec?: Codec<unknown>
  staleWhileRevalidate?: number
  staleIfError?: number
}

export interface Fixture {
  cache: GroupMemory<unknown>
  clock: FakeClock
  /** Reads at the clock's time. */
  owned: (key: string) => Entry<unknown> | undefined
  copy: (key: string) => Entry<unknown> | undefined
  /** As its new owner asks for it. */
  movedTo: (key: string) => Entry<unknown> | undefined
}

export function start ({ maxBytes = 1e6, hot, codec = messagePack(), staleWhileRevalidate = 0, staleIfError = 0 }: Options = {}): Fixture {
  const clock = new FakeClock()
  const cache = new GroupMemory({ clock, maxBytes, codec, staleWhileRevalidate, staleIfError, hot: hot === false ? false : { maxItems: 1_000, ttl: HOT_TTL, ...hot } })
  return {
    cache,
    clock,
    owned: key => cache.owned(key, clock.now()),
    copy: key => cache.copy(key, clock.now()),
    movedTo: key => cache.moved.get(key, clock.now())
  }
}

export function content (size = 10, rest: Partial<Content> = {}): Content {
  return { bytes: Uint8Array.from({ length: size }, (_, i) => i * 7 + size), ttl: Infinity, tags: [], ...rest }
}

/** A ring on which this member is `self`. */
export function ring (owner: (key: string) => string | undefined, lease: (id: string) => Lease | undefined = () => undefined): Ring {
  return { self: 'self', owner, lease }
}

export function cost (key: string, size: number): number {
  return new Entry(content(size).bytes).cost(key)
}

/** Under a lease of a member that holds as long as nobody ends it. */
export function underLease (peer = 'owner', until = Infinity): { keep: true, lease: Lease } {
  return { keep: true, lease: new Lease(peer, until) }
}

/** Uses of `bytes` are compared by what is in them: what is stored may lie elsewhere. */
export function hex (entry: Entry<unknown> | undefined): string | undefined {
  return entry === undefined ? undefined : Buffer.from(entry.bytes).toString('hex')
}
