// Gets of many keys, waited for together: one promise for all of them, and in one tick, so that the keys of one owner
// travel together.

import { checkKey } from '../validation.js'
import type { Entry } from '../cache/entry.js'
import type { Flight, Listener } from '../flight/flight.js'
import type { CacheGroup } from './cache-group.js'

export class Batch<V> implements Listener<Entry<V>> {
  /** Resolves when all have an outcome; rejects with the first failure, if one ends it. */
  readonly settled: Promise<void>
  readonly #group: CacheGroup<V>
  readonly #keys: readonly unknown[]
  readonly #endsAtFailure: boolean
  readonly #values: V[]
  readonly #failures = new Map<number, unknown>()
  /** Keys that are there a second time: their places, and the first one's. */
  readonly #repeated: Array<readonly [number, number]> = []
  /** By index: those that are waited for. */
  readonly #flights: Array<Flight<Entry<V>> | undefined> = []
  readonly #resolve: () => void
  readonly #reject: (err: unknown) => void
  #left: number

  /** @param endsAtFailure - one failure is the failure of all */
  constructor (group: CacheGroup<V>, keys: readonly unknown[], endsAtFailure: boolean) {
    this.#group = group
    this.#keys = keys
    this.#endsAtFailure = endsAtFailure
    this.#left = keys.length
    this.#values = new Array<V>(keys.length)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.settled = promise
    this.#resolve = resolve
    this.#reject = reject
  }

  /** To be called once. A bad key fails alone. */
  begin (): void {
    if (this.#left === 0) this.#resolve()
    const firsts = new Map<unknown, number>()
    // not forEach(): what is missing in an array is no key, and is not to be passed over
    for (let i = 0; i < this.#keys.length; i++) {
      const key = this.#keys[i]
      const first = firsts.get(key)
      if (first === undefined) firsts.set(key, i)
      else this.#repeated.push([i, first])
    }
    this.#left = firsts.size
    for (const [key, i] of firsts) {
      try {
        checkKey(key)
        this.#get(i, key)
      } catch (err) {
        this.#fail(i, err)
      }
    }
  }

  #get (index: number, key: string): void {
    const group = this.#group
    const now = group.begin()
    const entry = group.inMemory(key, now)
    if (entry !== undefined) {
      this.#land(index, entry)
      return
    }
    const flight = group.flightFor(key, now)
    this.#flights[index] = flight
    flight.tell(this, index)
  }

  /** For flights: those that the batch has left tell it as well. */
  landed (index: number, entry: Entry<V>): void {
    if (this.#flights[index] !== undefined) this.#land(index, entry)
  }

  /** As {@link landed}. */
  failed (index: number, err: unknown): void {
    if (this.#flights[index] !== undefined) this.#fail(index, err)
  }

  /** Those that have no outcome yet fail; nobody waits for them any more. */
  abort (reason: Error): void {
    for (const [index, flight] of this.#flights.entries()) {
      if (flight === undefined) continue
      this.#fail(index, reason)
      flight.leave()
    }
  }

  #land (index: number, entry: Entry<V>): void {
    let value: V
    try {
      value = this.#group.decode(this.#keys[index] as string, entry)
    } catch (err) {
      this.#fail(index, err)
      return
    }
    this.#values[index] = value
    this.#settle(index)
  }

  #fail (index: number, err: unknown): void {
    this.#failures.set(index, err)
    if (this.#endsAtFailure) this.#reject(err)
    this.#settle(index)
  }

  #settle (index: number): void {
    this.#flights[index] = undefined
    if (--this.#left > 0) return
    for (const [again, first] of this.#repeated) {
      this.#values[again] = this.#values[first] as V
      if (this.#failures.has(first)) this.#failures.set(again, this.#failures.get(first))
    }
    this.#resolve()
  }

  get values (): V[] {
    return this.#values
  }

  get outcomes (): Array<PromiseSettledResult<V>> {
    return Array.from(this.#values, (value, i) => this.#failures.has(i) ? { status: 'rejected', reason: this.#failures.get(i) } : { status: 'fulfilled', value })
  }
}
