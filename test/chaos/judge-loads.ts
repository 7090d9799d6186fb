// One load for each version of a key, while nothing is wrong. Elsewhere a version may be loaded more than once, as the documents say:
//
// - by the next in line, or by whoever asks, in place of an owner that cannot be reached: kept for five seconds there;
// - anew, when its owner has died, or could not hand it over, or did not find the former owner within a second;
// - anew, when a process dropped what it had, because it could not find out what it missed.
//
// calm.ts leaves out when any of that may be. In calm times a version is loaded again only if an update came between:
// one that removes it, or a removal by tag, which takes loads off keys whose tags are not known yet.

import { GROUPS } from './reports.js'
import type { Update } from '../support/history.js'
import type { LoadRecord } from './chaos-origin.js'
import type { LifeRecord } from './life.js'
import type { Verdict } from './judge-reads.js'
import type { Interval } from './views.js'

const MS = 1e6
/** A load asks former owners for so long before it reaches the origin. */
const BEFORE = 1_100 * MS
/** An update that has failed may still be made somewhere. */
const ECHO = 35_000 * MS

export function judgeLoads (loads: readonly LoadRecord[], lives: readonly LifeRecord[], calm: readonly Interval[], time: (at: number) => string): Verdict {
  const failures: string[] = []
  const updates = lives.flatMap(({ updates }) => updates)
  let judged = 0
  for (const { from, to } of calm) {
    const before = new Map<string, LoadRecord>()
    for (const load of loads) {
      if (load.begin < from || load.begin > to) continue
      judged++
      const earlier = before.get(load.key)
      before.set(load.key, load)
      if (earlier === undefined || earlier.version !== load.version || earlier.hasFailed) continue
      // what the tight group has loaded may have been evicted
      const isSecond = GROUPS[0]?.keys.includes(load.key) === true || load.begin < earlier.end
      if (isSecond && !updates.some(update => touches(update, load.key) && update.begin <= load.begin && endOf(update) >= earlier.begin - BEFORE)) {
        failures.push(`G1: ${load.reader} loads version ${load.version} of ${load.key} at ${time(load.begin)}, which ${earlier.reader} has loaded at ${time(earlier.begin)}..${time(earlier.end)}`)
      }
    }
  }
  return { failures, figures: { loads: loads.length, loadsJudged: judged } }
}

function endOf ({ end, error }: Update): number {
  return error === undefined ? end : end + ECHO
}

function touches ({ kind, keys }: Update, key: string): boolean {
  if (kind !== 'removeByTag') return keys.includes(key)
  return GROUPS.some(group => group.keys.includes(key) && group.keys.includes(keys[0] as string))
}
