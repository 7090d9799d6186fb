// For how long after its ttl a value is of use: what the group's options say of all, or of each.

import type { Codec, StaleFor } from '../interface/group.js'
import type { Entry } from './entry.js'

export interface StaleTimesInit<V> {
  codec: Codec<V>
  /** Milliseconds after its ttl for which an old value may be served while it is loaded anew. */
  staleWhileRevalidate: number | StaleFor<V>
  /** Milliseconds after its ttl for which an old value may be served when it could not be loaded anew. */
  staleIfError: number | StaleFor<V>
}

export class StaleTimes<V> {
  readonly #init: StaleTimesInit<V>
  /** Nothing is ever served that is old: no value needs to be looked into. */
  readonly isNone: boolean

  constructor (init: StaleTimesInit<V>) {
    this.#init = init
    this.isNone = init.staleWhileRevalidate === 0 && init.staleIfError === 0
  }

  whileRevalidate (entry: Entry<V>): number {
    return this.#of(this.#init.staleWhileRevalidate, entry)
  }

  ifError (entry: Entry<V>): number {
    return this.#of(this.#init.staleIfError, entry)
  }

  longest (entry: Entry<V>): number {
    return this.isNone ? 0 : Math.max(this.whileRevalidate(entry), this.ifError(entry))
  }

  /** A function that fails is no reason to hand out what is old. */
  #of (option: number | StaleFor<V>, entry: Entry<V>): number {
    if (typeof option === 'number') return option
    try {
      const ms = option(this.#init.codec.decode(entry.view))
      return ms > 0 ? ms : 0
    } catch {
      return 0
    }
  }
}
