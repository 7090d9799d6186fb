// Single-flight: the flights of one group, at most one per key that can be joined.

import { Flight } from './flight.js'
import { KeyColumn } from '../tables/key-column.js'
import { KeyIndex } from '../tables/key-index.js'
import { Places } from '../tables/places.js'
import type { Clock } from '../clock.js'
import type { Run, Waiters } from './flight.js'

export class Flights<T> implements Waiters {
  /** Those who wait for any of them. */
  waiting = 0
  readonly #clock: Clock
  /** All that have not settled, the detached ones included. */
  readonly #flying = new Places<Flight<T>>()
  /** Their places, by key. */
  readonly #joinable = new KeyIndex(new KeyColumn())
  /** Taken off their keys because a tag was removed which their results may have. Kept if they have not, and nobody asked anew. */
  readonly #aside = new Map<string, Set<Flight<T>>>()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** Flights that have not settled. */
  get size (): number {
    return this.#flying.size
  }

  /** The flight for `key` that may still be joined. */
  get (key: string): Flight<T> | undefined {
    const place = this.#joinable.find(key)
    return place === undefined ? undefined : this.#flying.at(place)
  }

  /** The keys that have a flight whose result may be kept, as they are now. */
  keys (): string[] {
    return [...this.#joinable.keys(), ...this.#aside.keys()]
  }

  /** Starts a flight. It cannot be joined any more once it has settled, was detached, or all its waiters have left. */
  start (key: string, run: Run<T>): Flight<T> {
    const flight = new Flight<T>(key, this.#clock, this, this.#onEnd)
    const place = flight.place = this.#flying.take(flight)
    // a value that was asked for later is not to be replaced by one that was asked for before
    this.#detachAside(key)
    this.#ground(key)
    this.#joinable.add(key, place)
    flight.launch(run)
    return flight
  }

  /** Takes the flight off `key`: its waiters get their answer, nobody joins it, its result is not kept. */
  detach (key: string): void {
    const flight = this.get(key)
    if (flight !== undefined) {
      flight.detached = true
      this.#ground(key)
    }
    this.#detachAside(key)
  }

  detachAll (): void {
    for (const key of this.keys()) this.detach(key)
  }

  /** As {@link detach} for each flight whose result turns out to have the tag; nobody joins any, for nobody knows yet. */
  detachTagged (tag: string): void {
    for (const key of this.#joinable.keys()) {
      const flight = this.get(key)
      if (flight === undefined) continue
      const aside = this.#aside.get(key) ?? new Set()
      this.#aside.set(key, aside.add(flight))
      this.#ground(key)
    }
    for (const flights of this.#aside.values()) {
      for (const flight of flights) flight.removeTag(tag)
    }
  }

  /** Ends all flights: their waiters are rejected with `reason`, the signals of their loads abort. */
  abort (reason: Error): void {
    for (const flight of this.#flying.all()) flight.abort(reason)
  }

  readonly #onEnd = (flight: Flight<T>): void => {
    const { place, key } = flight
    this.#flying.leave(place)
    if (this.#joinable.has(place)) this.#joinable.delete(place)
    if (this.#aside.size > 0) this.#leaveAside(key, flight)
  }

  /** Takes the flight off its key. */
  #ground (key: string): void {
    const place = this.#joinable.find(key)
    if (place !== undefined) this.#joinable.delete(place)
  }

  #detachAside (key: string): void {
    if (this.#aside.size === 0) return
    for (const flight of this.#aside.get(key) ?? []) flight.detached = true
    this.#aside.delete(key)
  }

  #leaveAside (key: string, flight: Flight<T>): void {
    const aside = this.#aside.get(key)
    if (aside?.delete(flight) === true && aside.size === 0) this.#aside.delete(key)
  }
}
