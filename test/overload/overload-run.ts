// Three processes, and one scenario after the other: what they can do, ten times as much, and the time after it.

import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { Child } from '../support/child.js'
import { quantile } from './arrivals.js'
import type { Tally } from './arrivals.js'
import type { BystanderReport } from './bystander.js'
import type { OverloadCalls, ScenarioName } from './calls.js'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))
const MEMBERS = 3

export interface Plan {
  scenario: ScenarioName
  /** Loops at each member, for what it can do. */
  loops: number
  calm: number
  /** Milliseconds of overload. */
  ms: number
  /** Calls a second at all members; undefined = ten times what they can do. */
  perSecond?: number
  /** Milliseconds within which a get counts as answered after the overload. */
  within: number
  /** Whose gets these are; absent = the scenario's own. */
  recovers?: ScenarioName
}

export const PLANS: readonly Plan[] = [
  { scenario: 'gets', loops: 64, calm: 4_000, ms: 8_000, within: 100 },
  { scenario: 'slow loader', loops: 40, calm: 3_000, ms: 8_000, within: 300 },
  { scenario: 'hot key', loops: 8, calm: 2_000, ms: 10_000, perSecond: 60_000, within: 200 },
  { scenario: 'huge values', loops: 2, calm: 5_000, ms: 8_000, within: 500, recovers: 'gets' }
]

export interface Outcome {
  scenario: ScenarioName
  /** A second, at all members. */
  capacity: number
  offered: number
  /** While the overload lasted, and after it. */
  answered: number
  rejected: number
  /** Milliseconds. */
  toRejection: [p50: number, p99: number]
  toAnswer: [p50: number, p99: number, max: number]
  /** Milliseconds from the last arrival until all that were accepted had come to an end. */
  drained: number
  /** MiB, the largest of the members. */
  peakRss: number
  restRss: number
  /** Milliseconds, the longest of the members. */
  recovery: number
  mostOpen: number
  /** Of the event loop, the worst member's, in ms. */
  delay: [p99: number, max: number]
  faults: string[]
  bystander: { gets: number, p50: number, p99: number, removals: number, removalMax: number, faults: string[], lost: string[], leastMembers: number }
  loads: number
}

type Worker = Child<OverloadCalls>

export class OverloadRun {
  readonly #workers: Worker[]

  private constructor (workers: Worker[]) {
    this.#workers = workers
  }

  static async start (): Promise<OverloadRun> {
    const cluster = randomUUID()
    const workers = Array.from({ length: MEMBERS }, (_, i): Worker => new Child<OverloadCalls>({ name: `m${i}`, script: WORKER }))
    const [first, ...others] = workers as [Worker, ...Worker[]]
    const seeds = await first.call('start', { name: first.name, cluster, seeds: [] })
    await Promise.all(others.map(worker => worker.call('start', { name: worker.name, cluster, seeds })))
    const run = new OverloadRun(workers)
    await run.#all('ready', MEMBERS)
    return run
  }

  async end (): Promise<void> {
    await Promise.all(this.#workers.map(worker => worker.end()))
  }

  /** What they can do, then more than that for a while, then until all is well again. */
  async run ({ scenario, loops, calm, ms, perSecond, within, recovers = scenario }: Plan): Promise<Outcome> {
    // compiled code, streams and what is in memory are there when it counts
    await this.#all('capacity', { scenario, ms: calm, loops })
    const rates = await this.#all('capacity', { scenario, ms: calm, loops })
    const capacity = sum(rates)
    const offered = perSecond ?? 10 * capacity
    const loadsBefore = sum(await this.#all('loads', scenario))
    const rest = await this.#all('usage')
    await this.#all('bystander')
    await this.#all('arrivals', { scenario, perSecond: offered / MEMBERS })
    const began = performance.now()
    await new Promise(resolve => { setTimeout(resolve, ms) })
    const ending = this.#all('endArrivals')
    const over = performance.now()
    const recovering = this.#all('recovery', { scenario: recovers, within, patience: 30_000 })
    const tallies = await ending
    const drained = performance.now() - over
    const recoveries = await recovering
    const bystanders = await this.#all('endBystander')
    const usage = await this.#all('usage')
    const seconds = (over - began) / 1_000
    const loads = sum(await this.#all('loads', scenario)) - loadsBefore
    return {
      scenario,
      capacity,
      offered: total(tallies, 'offered') / seconds,
      answered: total(tallies, 'answered') / (seconds + drained / 1_000),
      rejected: total(tallies, 'rejected') / seconds,
      toRejection: [0.5, 0.99].map(part => quantile(tallies.flatMap(({ toRejection }) => toRejection), part)) as [number, number],
      toAnswer: [0.5, 0.99, 1].map(part => quantile(tallies.flatMap(({ toAnswer }) => toAnswer), part)) as [number, number, number],
      drained,
      peakRss: Math.max(...usage.map(({ peakRss }) => peakRss)),
      restRss: Math.max(...rest.map(({ rss }) => rss)),
      recovery: Math.max(...recoveries.map(({ after }) => after)),
      mostOpen: Math.max(...tallies.map(({ mostOpen }) => mostOpen)),
      delay: [Math.max(...usage.map(({ delayP99 }) => delayP99)), Math.max(...usage.map(({ delayMax }) => delayMax))],
      faults: tallies.flatMap(({ faults, fault }) => faults === 0 ? [] : [`${faults} times: ${fault}`]),
      bystander: bystanderOf(bystanders),
      loads
    }
  }

  #all<K extends keyof OverloadCalls> (call: K, ...args: Parameters<OverloadCalls[K]>): Promise<Array<Awaited<ReturnType<OverloadCalls[K]>>>> {
    return Promise.all(this.#workers.map(worker => worker.call(call, ...args as never))) as Promise<Array<Awaited<ReturnType<OverloadCalls[K]>>>>
  }
}

function bystanderOf (reports: readonly BystanderReport[]): Outcome['bystander'] {
  const answers = reports.flatMap(({ toAnswer }) => toAnswer)
  return {
    gets: sum(reports.map(({ gets }) => gets)),
    p50: quantile(answers, 0.5),
    p99: quantile(answers, 0.99),
    removals: sum(reports.map(({ removals }) => removals)),
    removalMax: quantile(reports.flatMap(({ toRemove }) => toRemove), 1),
    faults: reports.flatMap(({ faults }) => faults),
    lost: reports.flatMap(({ lost }) => lost),
    leastMembers: Math.min(...reports.map(({ leastMembers }) => leastMembers))
  }
}

function total (tallies: readonly Tally[], of: 'offered' | 'answered' | 'rejected'): number {
  return sum(tallies.map(tally => tally[of]))
}

function sum (numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}
