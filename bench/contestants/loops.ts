// How answers are counted: the same way for all contestants that run in this process.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Contestant, Work } from './contestant.js'

/** Calls between two looks at the clock, where a call takes less than the look. */
const CHUNK = 1_000
/** Milliseconds between two turns of the event loop, where calls need none. */
const TURN_EVERY = 10

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
 * would cost as much as what is measured. The event loop turns now and then, as in any service: without that, a node that
 * stands still for two seconds asks the others what it missed before it serves from memory again.
 *
 * @param run - makes `count` calls, for items from the `first`-th on
 */
export function inChunks (run: (first: number, count: number) => void | Promise<void>): Contestant['rate'] {
  let next = 0
  return async (_inFlight, ms) => {
    let made = 0
    const started = performance.now()
    let turned = started
    for (let now = started; now - started < ms; now = performance.now()) {
      if (now - turned >= TURN_EVERY) {
        await nextTurn()
        turned = now
      }
      await run(next, CHUNK)
      next += CHUNK
      made += CHUNK
    }
    return made / (performance.now() - started) * 1_000
  }
}

/** What is under way at a time while things are put in place. */
const MAX_UNDER_WAY = 256
const MAX_BYTES_UNDER_WAY = 4 * 1024 * 1024

/** Asks for each key of `work` once, so that what is stored or loaded by that is there. */
export async function askOnce ({ keys, size }: Work, ask: (key: string) => Promise<void>): Promise<void> {
  const step = Math.min(MAX_UNDER_WAY, Math.ceil(MAX_BYTES_UNDER_WAY / size))
  for (let i = 0; i < keys.length; i += step) await Promise.all(keys.slice(i, i + step).map(ask))
}
