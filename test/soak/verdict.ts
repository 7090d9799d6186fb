// What a long run proves: which quantities of which process grow, if any.

import { seeded } from '../support/seeds.js'
import { binned, median, trendOf } from './trend.js'
import type { Pick, Trend } from './trend.js'
import type { Sample } from './soak-cluster.js'
import type { Vitals } from './vitals.js'

interface Watched {
  quantity: keyof Vitals
  name: string
  unit: 'MiB' | ''
  /** The least of each stretch is what is left after a garbage collection, or when nothing is under way. */
  pick: Pick
  /** It goes up and down with the members, and is judged while all are there that usually are. */
  isOfMembers: boolean
  /** A growth that is smaller than this is none, though it were certain: per hour, as a part of the level. */
  share: number
  /** The same, in all. */
  least: number
}

/** Two percent an hour would double a process in a day and a half; what fragmentation costs a young process is below that. */
const MEMORY = { unit: 'MiB', share: 0.02, least: 0, isOfMembers: false } as const
/** A handle more may be a request that is under way at the end. */
const COUNT = { unit: '', pick: 'min', share: 0, least: 3, isOfMembers: true } as const

export const WATCHED: readonly Watched[] = [
  { quantity: 'rss', name: 'resident set', pick: 'median', ...MEMORY },
  { quantity: 'heap', name: 'heap used, least', pick: 'min', ...MEMORY },
  { quantity: 'data', name: 'heap but for code, least', pick: 'min', ...MEMORY },
  { quantity: 'external', name: 'external, least', pick: 'min', ...MEMORY },
  { quantity: 'handles', name: 'handles', ...COUNT },
  { quantity: 'timers', name: 'timers', ...COUNT },
  { quantity: 'listeners', name: 'listeners', ...COUNT },
  { quantity: 'streams', name: 'streams', ...COUNT }
]

/** Stretches that what was measured is put into. */
const BINS = 60

export interface Finding extends Watched {
  process: string
  trend: Trend
  grows: boolean
}

/** @param warmUp - seconds from the start that are left out @param seed - of the bootstrap */
export function findings (samples: readonly Sample[], warmUp: number, seed: number): Finding[] {
  const processes = [...new Set(samples.map(({ name }) => name))].sort()
  const measured = samples.filter(({ seconds }) => seconds >= warmUp)
  const usual = median(measured.map(({ members }) => members))
  return processes.flatMap(process => WATCHED.map(watched => {
    const points = measured
      .filter(({ name, members }) => name === process && (!watched.isOfMembers || members === usual))
      .map(sample => ({ at: sample.seconds / 3_600, value: sample[watched.quantity] }))
    const trend = trendOf(binned(points, BINS, watched.pick), seeded(seed))
    return { ...watched, process, trend, grows: isGrowth(trend, watched) }
  }))
}

/**
 * Standard errors that the slope has to be away from none. Eight quantities of two processes are judged in one run, and the
 * errors come out too small; of 200 hours of noise alone 3 in 100 are beyond 2.5 of them, and 1 beyond 3.5.
 */
const CERTAIN = 4

/** Growth is what the noise does not explain, and what is of any size. */
export function isGrowth ({ theilSen, error, level, hours }: Trend, { share, least }: { share: number, least: number }): boolean {
  return theilSen > CERTAIN * error && theilSen > share * level && theilSen * hours >= least
}

/**
 * Twenty minutes, in which caches, compiled code and the heap find their size, and tables fill that have one: under this load
 * the log of removals is full after 18. Of shorter runs a third: what they find may be such a table. In seconds.
 */
export function warmUpOf (seconds: number): number {
  return Math.min(1_200, seconds / 3)
}
