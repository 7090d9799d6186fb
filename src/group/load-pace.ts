// How long who comes now would wait for a turn, by how long the last loads took.

/** Of the average, what one more load changes: some twenty loads later an old pace is forgotten. */
const WEIGHT = 1 / 8

export class LoadPace {
  readonly #limit: number
  /** Milliseconds that a load takes; undefined = none has ended yet. */
  #average: number | undefined

  /** @param limit - loads that run at a time */
  constructor (limit: number) {
    this.#limit = limit
  }

  /** A load has ended, however it did: it has had its turn for so many milliseconds. */
  ended (ms: number): void {
    this.#average = this.#average === undefined ? ms : this.#average + (ms - this.#average) * WEIGHT
  }

  /** Milliseconds until the one at this place in the queue has its turn, the first one being 1: place × average ⁄ limit. */
  wait (place: number): number {
    return place * (this.#average ?? 0) / this.#limit
  }

  /** How many of those that wait will have had their turn within so many milliseconds. */
  within (ms: number): number {
    return this.#average === undefined || this.#average === 0 ? Infinity : Math.floor(ms * this.#limit / this.#average)
  }
}
