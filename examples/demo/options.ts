// The command line: what can be set, what it may be, and what it is when it is not set.

import { parseArgs } from 'node:util'

export interface Options {
  nodes: number
  /** How long the workload runs. */
  seconds: number
  /** Gets per second, all nodes together. */
  rate: number
  kill: boolean
  seed: number
}

export const usage = `Usage: npm run demo -- [options]

Several Node.js processes share one cache in front of a Postgres that holds every city of the world.

  --nodes N     processes to start, 2 to 16                     (default 5)
  --seconds N   how long the workload runs, 4 to 600            (default 25)
  --rate N      gets per second, all together, 10 to 10000      (default 1000)
  --no-kill     do not kill a node half way
  --seed N      repeat the workload of an earlier run, 0 to 4294967295
  --help        show this

  DATABASE_URL  environment variable: use this Postgres instead of the embedded one. The demo makes
                a schema of its own there and drops it at the end.
`

/** What the command line asks for, or 'help'. @throws Error that names the option, what it must be and what it was */
export function parseOptions (args: string[]): Options | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      nodes: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '25' },
      rate: { type: 'string', default: '1000' },
      'no-kill': { type: 'boolean', default: false },
      seed: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false }
    }
  })
  if (values.help) return 'help'
  return {
    nodes: integer('--nodes', values.nodes, 2, 16),
    seconds: integer('--seconds', values.seconds, 4, 600),
    rate: integer('--rate', values.rate, 10, 10_000),
    kill: !values['no-kill'],
    seed: values.seed === undefined
      ? Math.floor(Math.random() * 2 ** 32)
      : integer('--seed', values.seed, 0, 2 ** 32 - 1)
  }
}

function integer (option: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new Error(`${option} must be a whole number from ${min} to ${max}, got '${text}'`)
}
