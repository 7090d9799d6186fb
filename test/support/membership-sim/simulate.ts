// One run from its seed: the same seed, the same run, to the last microtask.

import { seeded } from '../seeds.js'
import { Checker } from './checker.js'
import { Faults } from './faults.js'
import { Network } from './network.js'
import { isFair, planOf, timingOf } from './plan.js'
import { CALM } from './weather.js'
import { addressOf } from './sim-process.js'
import type { Rebirth } from './faults.js'
import type { Plan } from './plan.js'
import type { SimProcess } from './sim-process.js'

export interface Outcome {
  seed: number
  /** What was found wrong; undefined = nothing. */
  failure: string | undefined
  trace: readonly string[]
  hash: number
  events: number
  plan: Plan
  falsePositives: number
  counts: Checker['counts']
  /** Milliseconds until all were one after the last fault had ended, and how long that might have taken. */
  settled: number
  bound: number
}

const TICK = 500
/** They stay one for so long. */
const QUIET = 5_000
/** Nothing is left of a stopped member by then. */
const LONGEST_TIMER = 60_000
const DIAL_TIMEOUT = 5_000
/** What a message may still take that was sent before all was well. */
const LATE = 10_000

export interface SimulateOptions {
  isTraced?: boolean
  /** Whether processes are told that a connection has closed. Default: true */
  areClosingsTold?: boolean
}

export async function simulate (seed: number, { isTraced = false, areClosingsTold = true }: SimulateOptions = {}): Promise<Outcome> {
  const run = new Run(seed, isTraced, areClosingsTold)
  await run.go()
  return run.outcome()
}

class Run {
  readonly #seed: number
  readonly #plan: Plan
  readonly #network: Network
  readonly #checker: Checker
  readonly #faults: Faults
  readonly #random: () => number
  readonly #all: SimProcess[] = []
  #hosts = 0
  #ids = 0
  #settled = 0
  #bound = 0

  constructor (seed: number, isTraced: boolean, areClosingsTold: boolean) {
    // a stream of its own for each concern: the schedule does not change with what the code makes of it
    const [forPlan, forFaults, forStarts] = Array.from({ length: 3 }, (_, i) => seeded(Math.imul(seed + 1, 0x85ebca6b) + i * 0x9e3779b1)) as [() => number, () => number, () => number]
    this.#seed = seed
    this.#random = forStarts
    const plan = this.#plan = planOf(forPlan)
    const timing = timingOf(plan)
    const checker = this.#checker = new Checker(timing)
    const network: Network = this.#network = new Network({
      seed,
      weather: plan.weather,
      timing,
      lateness: plan.lateness,
      isTraced,
      onChange: (process, change) => {
        checker.onChange(network, process, change)
        network.scheduler.note(change.kind.charCodeAt(0) + change.member.incarnation)
      }
    })
    network.connections.areClosingsTold = areClosingsTold
    this.#faults = new Faults({ plan, network, random: forFaults, start: again => { this.#start(again) } })
  }

  async go (): Promise<void> {
    try {
      await this.#run()
    } catch (err) {
      this.#checker.fail(err instanceof Error ? err.stack ?? err.message : String(err))
    }
  }

  outcome (): Outcome {
    const { scheduler, trace } = this.#network
    const { failure, falsePositives, counts } = this.#checker
    return { seed: this.#seed, failure, trace: trace.lines, hash: scheduler.hash, events: scheduler.count, plan: this.#plan, falsePositives, counts, settled: this.#settled, bound: this.#bound }
  }

  async #run (): Promise<void> {
    const { members, duration } = this.#plan
    for (let left = members; left > 0; left--) this.#network.scheduler.after(this.#random() * 500, () => { this.#start() })
    // some faults come while they are still joining
    await this.#runFor(this.#random() < 0.3 ? 1_000 : 8_000)
    this.#faults.begin()
    await this.#runFor(duration)
    this.#faults.end()
    this.#network.weathers.weather = { ...CALM, kind: this.#plan.weather.kind }
    await this.#settle()
    if (this.#checker.failure !== undefined) return
    this.#checker.checkOwners(this.#network)
    await this.#loseOne()
    await this.#stopAll()
    if (isFair(this.#plan) && this.#checker.falsePositives > 0) this.#checker.fail(`the network was fair, and ${this.#checker.firstFalsePositive}`)
  }

  #start (again?: Rebirth): void {
    const { network } = { network: this.#network }
    const host = again?.hasSameHost === true ? again.of.host : this.#hosts++
    if (network.listening.has(addressOf(host)) || (again !== undefined && !again.of.isGone)) return
    if (again?.hasSameId === true && network.processes.some(({ id }) => id === again.of.id)) return
    // random, for the order of ids decides who dials
    const id = again?.hasSameId === true ? again.of.id : `${Math.floor(this.#random() * 46_656).toString(36).padStart(3, '0')}-${this.#ids++}`
    const name = again?.of.name ?? `n${host}`
    network.trace.add(name, id, 'starts')
    const process = network.create({ id, name, host })
    process.excusedAt = network.scheduler.now
    this.#all.push(process)
    process.start(() => Array.from({ length: this.#hosts }, (_, i) => addressOf(i)))
  }

  /** With a look at everything now and then. */
  async #runFor (ms: number): Promise<void> {
    const { scheduler } = this.#network
    const end = scheduler.now + ms
    while (scheduler.now < end && this.#checker.failure === undefined) {
      await scheduler.run(Math.min(end, scheduler.now + TICK), () => this.#checker.failure !== undefined)
      this.#checker.audit(this.#network)
    }
  }

  async #settle (): Promise<void> {
    const { scheduler } = this.#network
    const begin = scheduler.now
    let oneSince: number | undefined
    this.#bound = this.#settlesWithin()
    for (;;) {
      await this.#runFor(TICK)
      if (this.#checker.failure !== undefined) return
      const difference = this.#checker.difference(this.#network)
      if (difference !== undefined) oneSince = undefined
      else oneSince ??= scheduler.now
      this.#settled = Math.max(this.#settled, (oneSince ?? scheduler.now) - begin)
      // what was under way may still upset them once
      if (oneSince !== undefined && scheduler.now - oneSince >= QUIET) return
      if (difference !== undefined && scheduler.now - begin > this.#bound) {
        this.#checker.fail(`not one ${this.#bound.toFixed(0)} ms after all faults have ended: ${difference}`)
        return
      }
    }
  }

  /**
   * Virtual milliseconds within which members that nothing is done to any more are one again: what is still under way
   * arrives; the last one to fall silent is probed by a node as slow as it may be, and its suspicion runs out; each of the d dead
   * there ever were is redialled, one of them at a time, at random, d · (ln d + 2) redials; and the tables have been compared
   * often enough for all to have it, log₂ n + 2 exchanges.
   */
  #settlesWithin (): number {
    const { probeInterval, probeTimeout, suspicionMax, redialInterval, exchangeInterval } = this.#network.timing
    const ever = this.#all.length
    const running = this.#network.processes.length
    return LATE + DIAL_TIMEOUT +
      9 * (probeTimeout + probeInterval * running) + 2 * suspicionMax +
      redialInterval * ever * (Math.log(ever) + 2) +
      exchangeInterval * (Math.log2(running) + 2)
  }

  /** Whatever has happened to them, they still find out when one falls silent. */
  async #loseOne (): Promise<void> {
    const { processes, trace } = this.#network
    const last = processes[Math.floor(this.#random() * processes.length)]
    if (last === undefined || processes.length < 3 || this.#checker.failure !== undefined) return
    trace.add(last.name, last.id, 'is switched off as the last one')
    this.#network.vanish(last, 'host')
    await this.#settle()
  }

  async #stopAll (): Promise<void> {
    const { scheduler, processes } = this.#network
    const last = [...processes]
    for (const process of last) process.membership.stop()
    await scheduler.run(scheduler.now + LONGEST_TIMER)
    for (const { name, clock } of last) if (clock.timers > 0) this.#checker.fail(`${name} is stopped and has ${clock.timers} timers`)
  }
}
