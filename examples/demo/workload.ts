// Which keys are asked for: a Zipf distribution, as real traffic has it. The city in place k of the
// list is asked for in proportion to 1 / k^exponent: a few are asked for all the time, most hardly ever.

const exponent = 1.1

/** Same seed, same sequence of numbers from 0 to below 1 (mulberry32). */
export function seededRandom (seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6D2B79F5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Picks places from 0 to `count` - 1 at random, the first ones most often. */
export class Zipf {
  /** At k, the sum of the weights of the places 0 to k. */
  readonly #cumulative: Float64Array
  readonly #random: () => number

  constructor (count: number, random: () => number) {
    this.#random = random
    this.#cumulative = new Float64Array(count)
    let sum = 0
    for (let place = 0; place < count; place++) {
      sum += 1 / (place + 1) ** exponent
      this.#cumulative[place] = sum
    }
  }

  /** The first place whose cumulative weight exceeds a random part of the whole. */
  next (): number {
    const total = this.#cumulative.at(-1) ?? 0
    const target = this.#random() * total
    let low = 0
    let high = this.#cumulative.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#cumulative[middle] ?? 0) <= target) low = middle + 1
      else high = middle
    }
    return low
  }
}
