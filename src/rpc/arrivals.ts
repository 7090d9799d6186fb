// The large values that a node puts together at a time, on all its streams. Where there is no room for one more, those make
// way that come too slowly: otherwise a peer that announces values and never sends them would keep out everybody else's.

import { ARRIVAL_PATIENCE, MAX_ALL_INCOMING_BYTES, SLOWEST_ARRIVAL } from '../constants.js'
import { Room } from './room.js'
import type { Clock } from '../clock.js'

/** A value that was admitted. */
export class Arrival {
  readonly #clock: Clock
  /** When it is too slow, unless more has come by then. */
  #lateAt: number
  /** Gives its room back. */
  readonly end: () => void
  /** Another one gets its room. */
  readonly makeWay: () => void

  constructor (clock: Clock, end: () => void, makeWay: () => void) {
    this.#clock = clock
    this.end = end
    this.makeWay = makeWay
    this.#lateAt = clock.now() + ARRIVAL_PATIENCE
  }

  get isLate (): boolean {
    return this.#clock.now() > this.#lateAt
  }

  /** What came quickly does not count for later: a value that stops just before its end is late, too. */
  came (bytes: number): void {
    this.#lateAt = Math.min(this.#lateAt + bytes / SLOWEST_ARRIVAL * 1_000, this.#clock.now() + ARRIVAL_PATIENCE)
  }
}

export class Arrivals {
  readonly #clock: Clock
  readonly #room: Room
  /** The oldest first. */
  readonly #underWay = new Set<Arrival>()

  /** @param most - bytes */
  constructor (clock: Clock, most = MAX_ALL_INCOMING_BYTES) {
    this.#clock = clock
    this.#room = new Room(most)
  }

  /** Bytes. */
  get taken (): number {
    return this.#room.taken
  }

  /**
   * @param bytes - as announced
   * @param onMakeWay - it has no room any more
   * @returns undefined = there is no room
   */
  admit (bytes: number, onMakeWay: () => void): Arrival | undefined {
    for (const arrival of this.#underWay) {
      if (this.#room.has(bytes)) break
      if (arrival.isLate) arrival.makeWay()
    }
    if (!this.#room.has(bytes)) return undefined
    this.#room.take(bytes)
    const end = (): void => { if (this.#underWay.delete(arrival)) this.#room.give(bytes) }
    const arrival: Arrival = new Arrival(this.#clock, end, () => {
      end()
      onMakeWay()
    })
    this.#underWay.add(arrival)
    return arrival
  }
}
