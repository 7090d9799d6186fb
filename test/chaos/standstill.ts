// For how long processes could not run, whatever kept them: a fault, or a machine that is too busy.

import { now } from '../support/history.js'
import type { Life } from './life.js'
import type { Incident } from './player.js'
import type { Interval } from './views.js'

/** Nanoseconds between `begin` and `end` for which that process could not run. */
export function standstill (life: Life | undefined, { begin, end }: { begin: number, end: number }, incidents: readonly Incident[]): number {
  if (life === undefined) return 0
  return covered([...life.pauses, ...incidents.filter(incident => incident.life === life)], begin, end)
}

/** Nanoseconds since `from` for which one of these processes could not run, as far as they have told. */
export function standstillOfAny (lives: readonly Life[], from: number): number {
  return covered(lives.flatMap(({ pauses }) => pauses), from, now())
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
