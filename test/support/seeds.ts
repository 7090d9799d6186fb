// Randomness that can be had again: a test that fails names its seed.

/** mulberry32: numbers from 0 to 1 that depend on the seed alone. */
export function seeded (seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Three seeds that every run has, and one that only this one has; the names of the tests show them. */
export const SEEDS: readonly number[] = [1, 2, 3, Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9))]
