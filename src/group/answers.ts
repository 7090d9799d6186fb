// What other members are answered.

import { reasonOf } from '../flight/abortable.js'
import { further, isMoved, toKeep } from '../rpc/ask.js'
import { placeAnswer } from './locate.js'
import type { Entry } from '../cache/entry.js'
import type { GroupMemory } from '../cache/group-memory.js'
import type { Clock } from '../clock.js'
import type { Abortable } from '../flight/abortable.js'
import type { GroupStats } from '../interface/group.js'
import type { Ask, MovedAsk, ServedValue, Value } from '../rpc/ask.js'
import type { FormerOwners } from './former-owners.js'
import type { Place } from './locate.js'
import type { OwnLoads } from './own-loads.js'
import type { Peers } from './peers.js'

export interface AnswersInit<V> {
  name: string
  cache: GroupMemory<V>
  loads: OwnLoads<V>
  former: FormerOwners
  peers: Peers
  clock: Clock
  counts: Pick<GroupStats, 'peerGets' | 'peerErrors'>
  /** Throws when the failure of another member is the answer. */
  mayGoOn: (failure: unknown) => void
}

export class Answers<V> {
  readonly #init: AnswersInit<V>

  constructor (init: AnswersInit<V>) {
    this.#init = init
  }

  /** What is in memory is answered at once, without a promise. */
  answer (key: string, ask: Ask, caller: Abortable): ServedValue {
    const { peers, clock } = this.#init
    const now = clock.now()
    if (now >= peers.standing.until) return peers.regain().then(() => toKeep(this.#answer(key, ask, caller, clock.now())))
    return this.#answer(key, ask, caller, now)
  }

  #answer (key: string, ask: Ask, caller: Abortable, now: number): ServedValue {
    if (ask === 'look') return this.#look(key, now)
    if (isMoved(ask)) return this.#moved(key, ask, now, caller)
    const { cache, loads } = this.#init
    const owned = cache.owned(key, now)
    if (owned !== undefined) return asOwner(owned, owned.view, now)
    const old = cache.stale(key, now)
    if (old !== undefined) {
      loads.refresh(key)
      return asOwner(old, old.view, now)
    }
    const copy = cache.copy(key, now)
    return copy === undefined ? this.#fetchOrLoad(key, ask, caller) : passedOn(copy, copy.view, now)
  }

  /** Where this member has it. */
  place (key: string, now: number): Place | undefined {
    const { cache } = this.#init
    if (cache.owned(key, now) !== undefined) return 'main'
    if (cache.stale(key, now) !== undefined) return 'stale'
    return cache.copy(key, now) === undefined ? undefined : 'hot'
  }

  #look (key: string, now: number): Value | undefined {
    const place = this.place(key, now)
    return place === undefined ? undefined : placeAnswer(place)
  }

  async #fetchOrLoad (key: string, ask: Ask, caller: Abortable): Promise<Value | undefined> {
    const { name, peers, loads, clock, counts, mayGoOn } = this.#init
    // for who does not wait nothing begins
    const left = reasonOf(caller)
    if (left !== undefined) throw left
    const owner = peers.owner(key)
    if (ask === 'get' && owner !== undefined && owner !== peers.self) {
      // the asker's ring is another one than ours: ask our owner, once
      counts.peerGets++
      try {
        const value = await peers.fetch(owner, name, key, 'forwarded', { caller })
        return value === undefined ? undefined : { ...value, mayKeep: false }
      } catch (err) {
        counts.peerErrors++
        mayGoOn(err)
      }
    }
    const entry = await loads.load(key, caller)
    return peers.isOwner(key) ? asOwner(entry, entry.bytes, clock.now()) : passedOn(entry, entry.bytes, clock.now())
  }

  /** The new owner may know of the change before this member does, which then still holds the key for its own. */
  #moved (key: string, ask: MovedAsk, now: number, caller: Abortable): ServedValue {
    const { cache, former } = this.#init
    const entry = cache.moved.get(key, now) ?? cache.owned(key, now)
    if (entry !== undefined) return passedOn(entry, entry.view, now)
    // 1. we took the key over from B; 2. the asker took it over from us; 3. B still has the value
    const next = further(ask)
    return next === undefined ? undefined : former.fetch(key, next, caller)?.then(value => value === undefined ? undefined : { ...value, mayKeep: false })
  }
}

function asOwner (entry: Entry<unknown>, bytes: Uint8Array, now: number): Value {
  return { bytes, ttl: entry.ttl(now), tags: entry.tags, mayKeep: true, isPopular: entry.asked(now) }
}

/** A value of another member's, which will not tell the asker when it is removed: not to be kept. */
function passedOn (entry: Entry<unknown>, bytes: Uint8Array, now: number): Value {
  return { bytes, ttl: entry.ttl(now), tags: entry.tags, mayKeep: false, isPopular: false }
}
