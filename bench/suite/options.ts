// What the command line says.

import { parseArgs } from 'node:util'
import { PARTS, REMOTE_IN_FLIGHT } from './scenarios.js'
import type { Part } from './scenarios.js'

export const HELP = `How fast is groupcache, beside what else one could take? Ratios of medians within one run.

  npm run bench -- [options]

  --quick              fewer and shorter rounds: less than a minute in all
  --only PARTS         some of ${PARTS.join(',')}; default: all
  --in-flight COUNTS   of the remote hits of 100 bytes; default: ${REMOTE_IN_FLIGHT.join(',')}
  --rounds COUNT       of each contestant and row, after one that warms up; default: 7, quick: 3
  --round-ms MS        how long each takes; default: 1000, quick: 120
  --json FILE          writes the figures of all rounds there as well
  --help               this

ioredis needs redis-server, Go groupcache needs Go and its package; on Debian:
  apt-get install redis-server golang-go golang-github-golang-groupcache-dev
Who is missing is named, and the others run.
`

export interface BenchOptions {
  readonly quick: boolean
  readonly only: readonly Part[]
  readonly inFlight: readonly number[]
  readonly rounds: number
  /** Milliseconds. */
  readonly roundMs: number
  readonly json: string | undefined
}

/** @throws TypeError or RangeError, naming what was expected and what came */
export function readOptions (args: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: PARTS.join(',') },
      'in-flight': { type: 'string', default: REMOTE_IN_FLIGHT.join(',') },
      rounds: { type: 'string' },
      'round-ms': { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return 'help'
  if (values.json === '') throw new RangeError('--json: expected the name of a file, got ""')
  const { quick } = values
  return {
    quick,
    only: values.only.split(',').map(part),
    inFlight: values['in-flight'].split(',').map(text => wholeNumber('--in-flight', text, MAX_IN_FLIGHT)),
    rounds: wholeNumber('--rounds', values.rounds ?? (quick ? '3' : '7'), MAX_ROUNDS),
    roundMs: wholeNumber('--round-ms', values['round-ms'] ?? (quick ? '120' : '1000'), MAX_ROUND_MS),
    json: values.json
  }
}

/** As many keys there are: no key is asked for twice at a time. */
const MAX_IN_FLIGHT = 10_000
const MAX_ROUNDS = 1_000
const MAX_ROUND_MS = 600_000

function wholeNumber (flag: string, text: string, max: number): number {
  if (!/^[1-9]\d*$/.test(text) || Number(text) > max) throw new RangeError(`${flag}: expected whole numbers from 1 to ${max}, got ${JSON.stringify(text)}`)
  return Number(text)
}

function part (text: string): Part {
  const found = PARTS.find(name => name === text)
  if (found === undefined) throw new RangeError(`--only: expected some of ${PARTS.join(',')}, got ${JSON.stringify(text)}`)
  return found
}
