// How answers are counted: the same way for all contestants that run in this process.

import type { Contestant } from './contestant.js'

/** Calls between two looks at the clock, where a call takes less than the look. */
const CHUNK = 1_000

/** Loops that take the next of `items` each, ask for it, and wait for the answer. */
export function inLoops<T> (items: readonly T[], ask: (item: T) => Promise<void>): Contestant['rate'] {
  // one count for all loops and rounds, so that no item is asked for twice at a time
  let next = 0
  return async (inFlight, ms) => {
    let made = 0
    const started = performance.now()
    const loop = async (): Promise<void> => {
      while (performance.now() - started < ms) {
        await ask(items[next++ % items.length] as T)
        made++
      }
    }
    await Promise.all(Array.from({ length: inFlight }, loop))
    return made / (performance.now() - started) * 1_000
  }
}

/**
 * One loop of calls that take less than a microsecond. It is written out by each contestant: a function in between
 * would cost as much as what is measured.
 *
 * @param run - makes `count` calls, for items from the `first`-th on
 */
export function inChunks (run: (first: number, count: number) => void | Promise<void>): Contestant['rate'] {
  let next = 0
  return async (_inFlight, ms) => {
    let made = 0
    const started = performance.now()
    while (performance.now() - started < ms) {
      await run(next, CHUNK)
      next += CHUNK
      made += CHUNK
    }
    return made / (performance.now() - started) * 1_000
  }
}

/** Asks for each item once, so that what is loaded at the first get is there. */
export async function askOnce<T> (items: readonly T[], ask: (item: T) => Promise<void>): Promise<void> {
  const IN_FLIGHT = 16
  for (let i = 0; i < items.length; i += IN_FLIGHT) await Promise.all(items.slice(i, i + IN_FLIGHT).map(ask))
}
