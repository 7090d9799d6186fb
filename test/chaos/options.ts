// The command line of `npm run chaos`.

import { parseArgs } from 'node:util'

export const HELP = `npm run chaos -- [options]

A cluster of real processes under load, and a schedule of faults thrown at it: kills, freezes, stalls, restarts, joins, leaves, a slow and a
failing loader, and a network that resets, cuts, delays, corrupts and swallows. Every answer is checked. The same seed gives the same schedule.

  --seed n        one schedule, with its table and its log (default: 0)
  --replay n      the same
  --seconds n     how long a schedule is, with its load and its quiet (default: 60)
  --from n        many schedules, from this seed on
  --count n       how many (default: 20)
  --parallel n    how many at a time, each a process of its own (default: 1)
  --keep folder   where the logs of the failed ones are put (default: chaos-failed)
  --table         prints the table, and plays nothing
  --help

Schedules in network namespaces need root; without it they are left out, and said to be.
CHAOS_MUTATION=name breaks something on purpose: see test/chaos/worker-mutations.ts.
`

export interface Options {
  isHelp: boolean
  isTable: boolean
  seed: number
  seconds: number
  /** Undefined = one schedule. */
  many: { from: number, count: number, parallel: number, keep: string } | undefined
}

/** @throws TypeError naming what is wrong */
export function optionsOf (args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      replay: { type: 'string' },
      seconds: { type: 'string', default: '60' },
      from: { type: 'string' },
      count: { type: 'string' },
      parallel: { type: 'string', default: '1' },
      keep: { type: 'string', default: 'chaos-failed' },
      table: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false }
    }
  })
  const isMany = values.from !== undefined || values.count !== undefined
  return {
    isHelp: values.help,
    isTable: values.table,
    seed: whole('seed', values.replay ?? values.seed ?? '0', 0),
    seconds: whole('seconds', values.seconds, 8),
    many: isMany ? { from: whole('from', values.from ?? '0', 0), count: whole('count', values.count ?? '20', 1), parallel: whole('parallel', values.parallel, 1), keep: values.keep } : undefined
  }
}

function whole (name: string, text: string, least: number): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least) throw new TypeError(`--${name}: expected a whole number of at least ${least}, got ${JSON.stringify(text)}`)
  return value
}
