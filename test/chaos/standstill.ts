// For how long processes could not run, whatever kept them: a fault, or a machine that is too busy.

import { now } from '../support/history.js'
import type { LifeRecord } from './life.js'
import type { Incident } from './player.js'
import type { Interval } from './views.js'

/** Milliseconds between two looks at the clock, and how late one is when something stood still. */
const TICK = 50
const PAUSE = 100

/** Tells of each time for which this process could not run: the origin, and the network, stand still with it. Ends with the process. */
export function watchOwnPauses (): Interval[] {
  const pauses: Interval[] = []
  let last = now()
  setInterval(() => {
    const at = now()
    if (at - last > (TICK + PAUSE) * 1e6) pauses.push({ from: last, to: at })
    last = at
  }, TICK).unref()
  return pauses
}

/**
 * Nanoseconds between `begin` and `end` for which that process, or the network, could not run.
 *
 * @param network - the times of {@link watchOwnPauses}
 */
export function standstill (life: LifeRecord | undefined, { begin, end }: { begin: number, end: number }, incidents: readonly Incident[], network: readonly Interval[]): number {
  const own = life === undefined ? [] : [...life.pauses, ...incidents.filter(incident => incident.life === life)]
  return covered([...own, ...network], begin, end)
}

/** Nanoseconds between `from` and `to` for which one of these processes, or the network, could not run, as far as they have told. */
export function standstillOfAny (lives: readonly LifeRecord[], network: readonly Interval[], from: number, to: number): number {
  return covered([...lives.flatMap(({ pauses }) => pauses), ...network], from, to)
}

/** How much of a time is covered by these. */
export function covered (times: readonly Interval[], begin: number, end: number): number {
  let sum = 0
  let until = begin
  for (const { from, to } of [...times].sort((a, b) => a.from - b.from)) {
    sum += Math.max(0, Math.min(to, end) - Math.max(from, until))
    until = Math.max(until, Math.min(to, end))
  }
  return sum
}
