// What other members are answered.

import type { Entry } from '../cache/entry.js'
import type { GroupCache } from '../cache/group-cache.js'
import type { Clock } from '../clock.js'
import type { Ask, Value } from '../rpc/ask.js'
import type { Peers } from './peers.js'

export interface AnswersInit<V> {
  name: string
  cache: GroupCache<V>
  peers: Peers
  clock: Clock
  /** Loads in this process, without asking anybody. */
  load: (key: string) => Promise<Entry<V>>
  /** Throws when the failure of another member is the answer. */
  mayGoOn: (failure: unknown) => void
}

export class Answers<V> {
  readonly #init: AnswersInit<V>

  constructor (init: AnswersInit<V>) {
    this.#init = init
  }

  /** What is in memory is answered at once, without a promise. */
  answer (key: string, ask: Ask): Value | undefined | Promise<Value | undefined> {
    const { cache } = this.#init
    // the new owner may know of the change before this member does, which then still holds the key for its own
    if (ask === 'moved') return this.#asValue(cache.takeMoved(key) ?? cache.owned(key))
    return this.#asValue(cache.owned(key) ?? cache.copy(key)) ?? this.#fetchOrLoad(key, ask)
  }

  async #fetchOrLoad (key: string, ask: Ask): Promise<Value | undefined> {
    const { name, peers, load, mayGoOn } = this.#init
    const owner = peers.owner(key)
    if (ask === 'get' && owner !== undefined && owner !== peers.self) {
      // the asker's ring is another one than ours: ask our owner, once
      try {
        return await peers.fetch(owner, name, key, 'forwarded')
      } catch (err) {
        mayGoOn(err)
      }
    }
    return this.#asValue(await load(key))
  }

  #asValue (entry: Entry<V> | undefined): Value | undefined {
    return entry === undefined ? undefined : { bytes: entry.bytes, ttl: entry.ttl(this.#init.clock.now()) }
  }
}
