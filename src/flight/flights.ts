// Single-flight: the flights of one group, at most one per key that can be joined.

import { Flight } from './flight.js'
import type { Clock } from '../clock.js'

export class Flights<T> {
  readonly #clock: Clock
  readonly #joinable = new Map<string, Flight<T>>()
  /** All that have not settled, the detached ones included. */
  readonly #flying = new Set<Flight<T>>()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** Flights that have not settled. */
  get size (): number {
    return this.#flying.size
  }

  /** The flight for `key` that may still be joined. */
  get (key: string): Flight<T> | undefined {
    return this.#joinable.get(key)
  }

  /** The keys that have a flight which may be joined, as they are now. */
  keys (): string[] {
    return [...this.#joinable.keys()]
  }

  /** Starts a flight. It cannot be joined any more once it has settled, was detached, or all its waiters have left. */
  start (key: string, run: (flight: Flight<T>) => Promise<T>): Flight<T> {
    const forget = (): void => {
      this.#flying.delete(flight)
      if (this.#joinable.get(key) === flight) this.#joinable.delete(key)
    }
    const flight = new Flight<T>(this.#clock, forget)
    this.#joinable.set(key, flight)
    this.#flying.add(flight)
    flight.launch(run)
    return flight
  }

  /** Takes the flight off `key`: its waiters get their answer, nobody joins it, its result is not kept. */
  detach (key: string): void {
    const flight = this.#joinable.get(key)
    if (flight === undefined) return
    flight.detached = true
    this.#joinable.delete(key)
  }

  /** Ends all flights: their waiters are rejected with `reason`, the signals of their loads abort. */
  abort (reason: Error): void {
    for (const flight of [...this.#flying]) flight.abort(reason)
  }
}
