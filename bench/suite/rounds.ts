// Runs a scenario: its contestants take turns, so that a noisy minute of the machine meets all of them.

import { MissingError } from '../contestants/contestant.js'
import { OURS } from './scenarios.js'
import type { Contestant } from '../contestants/contestant.js'
import type { BenchOptions } from './options.js'
import type { Progress } from './progress.js'
import type { Row, Scenario } from './scenarios.js'

/** What each contestant did in each round, in calls a second; of those that are missing, why. */
export interface Outcome {
  readonly scenario: Pick<Scenario, 'part' | 'what' | 'size'>
  readonly row: Row
  readonly rates: ReadonlyMap<string, readonly number[]>
  readonly missing: ReadonlyMap<string, string>
}

export function missingLine (name: string, why: string): string {
  return `missing: ${name}: ${why}`
}

type Rounds = Pick<BenchOptions, 'rounds' | 'roundMs'>

/** All rounds of all contestants, those that warm up included. */
export function countRounds (scenarios: readonly Scenario[], { rounds }: Rounds): number {
  return scenarios.reduce((sum, { others, rows }) => sum + (1 + Object.keys(others).length) * rows.length * (rounds + 1), 0)
}

export async function runScenario (scenario: Scenario, options: Rounds, progress: Progress): Promise<Outcome[]> {
  const { what, rows } = scenario
  progress.say(`${what} · starting`)
  const { contestants, missing } = await start(scenario)
  for (const [name, why] of missing) progress.note(missingLine(name, why))
  try {
    progress.skip(missing.size * rows.length * (options.rounds + 1))
    const outcomes: Outcome[] = []
    for (const row of rows) {
      const rates = await takeTurns(contestants, `${what}, ${row.inFlight} in flight`, row.inFlight, options, progress)
      outcomes.push({ scenario, row, rates, missing })
    }
    return outcomes
  } finally {
    await closeAll(contestants)
  }
}

interface LineUp {
  readonly contestants: Map<string, Contestant>
  readonly missing: Map<string, string>
}

/** @throws what any contestant fails with, unless it is only missing */
async function start ({ ours: openOurs, others, size }: Scenario): Promise<LineUp> {
  const ours = await openOurs(size)
  const lineUp: LineUp = { contestants: new Map([[OURS, ours]]), missing: new Map() }
  const names = Object.keys(others)
  const failures: Error[] = []
  const results = await Promise.allSettled(Object.values(others).map(open => open(ours.work)))
  for (const [i, result] of results.entries()) {
    const name = names[i] as string
    if (result.status === 'fulfilled') lineUp.contestants.set(name, result.value)
    else if (result.reason instanceof MissingError) lineUp.missing.set(name, result.reason.message)
    else failures.push(new Error(`${name} could not start`, { cause: result.reason }))
  }
  if (failures[0] === undefined) return lineUp
  await closeAll(lineUp.contestants)
  throw failures[0]
}

async function closeAll (contestants: ReadonlyMap<string, Contestant>): Promise<void> {
  await Promise.all([...contestants.values()].map(contestant => contestant.close()))
}

async function takeTurns (contestants: ReadonlyMap<string, Contestant>, what: string, inFlight: number, { rounds, roundMs }: Rounds, progress: Progress): Promise<Map<string, number[]>> {
  const rates = new Map([...contestants.keys()].map(name => [name, [] as number[]]))
  for (let round = 0; round <= rounds; round++) {
    for (const [name, contestant] of contestants) {
      progress.round(`${what} · ${round === 0 ? 'warm-up' : `round ${round}/${rounds}`} · ${name}`)
      const rate = await contestant.rate(inFlight, roundMs).catch(cause => { throw new Error(`${what}: ${name} failed`, { cause }) })
      if (round > 0) rates.get(name)?.push(rate)
    }
  }
  return rates
}
