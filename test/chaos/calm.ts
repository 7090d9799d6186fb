// When a cluster was as good as new: nothing was done to it, and all saw each other.

import type { LifeRecord } from './life.js'
import type { Incident } from './player.js'
import type { Interval, Views } from './views.js'

const SECOND = 1e9
/** What was loaded in place of an owner is kept for five seconds (STAND_IN_TTL); one more until a load that began before has ended. */
const CALM_AFTER = 6 * SECOND
/** A process that could not run for so long, whatever kept it, may have lost its standing (MAX_STANDSTILL, less the half second between two looks at it). */
const STANDSTILL = SECOND

export function calmTimes (views: Views, incidents: readonly Incident[], lives: readonly LifeRecord[], network: readonly Interval[]): Interval[] {
  const pauses = [...lives.flatMap(({ pauses }) => pauses), ...network].filter(({ from, to }) => to - from > STANDSTILL)
  const disturbances = [...incidents, ...pauses].map(({ from, to }) => ({ from, to: Math.max(from, to) })).sort((a, b) => a.from - b.from)
  const calm: Interval[] = []
  for (const agreement of views.agreements) {
    let from = agreement.from
    for (const disturbance of disturbances) {
      if (disturbance.to <= from || disturbance.from >= agreement.to) continue
      if (disturbance.from > from) calm.push({ from, to: disturbance.from })
      from = Math.max(from, disturbance.to)
    }
    if (from < agreement.to) calm.push({ from, to: agreement.to })
  }
  return calm.map(({ from, to }) => ({ from: from + CALM_AFTER, to })).filter(({ from, to }) => from < to)
}
