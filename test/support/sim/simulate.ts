// One run from its seed: the same seed, the same run, to the last microtask.

import { Checker } from './checker.js'
import { Faults } from './faults.js'
import { Origin } from './origin.js'
import { planOf } from './plan.js'
import { Scheduler } from './sim-clock.js'
import { SimNetwork } from './sim-network.js'
import { SimNode } from './sim-node.js'
import { Trace } from './trace.js'
import { Workload } from './workload.js'
import { TIMINGS } from '../../../src/membership/timing.js'
import { seeded } from '../seeds.js'
import type { TimingPreset } from '../../../src/interface/timing.js'
import type { Plan, PlanKind } from './plan.js'

const IDS = [
  '12D3KooWLdLSro6nfnw5fz4aEuRzAtNbWzeXTU6Djpx2JSSKApVV',
  '12D3KooWEaLwGvDVhHamgtcNfbdsj2uvvVwSowSGzyckt6qgWipQ',
  '12D3KooWNVH2S1h71gTUTkvVDS6S6UBFDKhPYd28Fn9QYg4WK4gR',
  '12D3KooWBamYyz8YxjvNxmQZXKULnR4huKw6s4SHfhcgZGrAV2J6',
  '12D3KooWHtWAV2iYyDMbxQw2e5fRazFe3UzENhucvw4G9c8bKREc',
  '12D3KooWK9ZEFvzBcDyGD6GBGVgQ6KjnAxYcwMpmoENYPgrK2nRg',
  '12D3KooWAmuNJuU9RPuNj6jU797DXbVL25zXhsRVwnpwZacDTK3g',
  '12D3KooWG47nQXG4qLdpT2iwPE1h8t3mWXiG2C8Yg99x5CkwgNEp',
  '12D3KooWH75wg8srMqvZqjjikUtdSGTdoqCf6GPwBcx2aXpJQDDJ',
  '12D3KooWEeMqRA9MUA46B6rmXXp1FLcjZZxg3T8seA9VHj3wNT4s',
  '12D3KooWEXKZbHpwdE6rAdoeZwgKhuPjmYUX4MmHb1s9RpYsun8K',
  '12D3KooWMJ6i5xW6vfRNSZgKwfdQiUAGMniFVuoR7jFWoVSxPxLu'
] as const

/** Fifty times what a run comes to. */
const MOST_EVENTS = 300_000
/** Until all know of each other. */
const WARM_UP = 4_000
const TICK = 1_000
/** Virtual milliseconds within which a cluster that nothing is done to any more is one again. */
const HEALED_WITHIN = 150_000
/** Then it is left alone for so long, before each old value is one too many. */
const QUIET = 12_000
/** Nothing of a stopped node is left by then: a removal that was given up takes the longest. */
const LONGEST_TIMER = 40_000

export interface Outcome {
  seed: number
  /** What was found wrong; undefined = nothing. */
  failure: string | undefined
  trace: readonly string[]
  hash: number
  events: number
  plan: Plan
  counts: Checker['counts']
  sum: { gets: number, mainHits: number, hotHits: number, joined: number, loads: number, takenOver: number, peerGets: number, serverGets: number }
}

export interface SimulateOptions {
  isTraced?: boolean
  /** How patient members are with each other. */
  timing?: TimingPreset
  /** What befalls the cluster. @default by the seed: one in three are 'deploys' */
  kind?: PlanKind
}

export async function simulate (seed: number, { isTraced = false, timing = 'lan', kind = seed % 3 === 0 ? 'deploys' : 'faults' }: SimulateOptions = {}): Promise<Outcome> {
  const run = new Run(seed, isTraced, timing, kind)
  await run.go()
  return run.outcome()
}

class Run {
  readonly #seed: number
  readonly #timing: TimingPreset
  readonly #plan: Plan
  readonly #scheduler = new Scheduler()
  readonly #trace: Trace
  readonly #network: SimNetwork
  readonly #origin: Origin
  readonly #checker: Checker
  readonly #workload: Workload
  readonly #faults: Faults
  readonly #random: () => number
  /** All processes there ever were. */
  readonly #nodes: SimNode[] = []
  #stamp = 0
  #started = 0

  constructor (seed: number, isTraced: boolean, timing: TimingPreset, kind: PlanKind) {
    // a stream of its own for each concern: the schedule does not change with what the code makes of it
    const [forPlan, forNetwork, forOrigin, forWorkload, forFaults, forNodes] = Array.from({ length: 6 }, (_, i) => seeded(Math.imul(seed, 0x9e3779b1) + i * 0x85ebca6b)) as [() => number, () => number, () => number, () => number, () => number, () => number]
    this.#seed = seed
    this.#timing = timing
    this.#random = forNodes
    const plan = this.#plan = planOf(kind, forPlan)
    const now = (): number => this.#scheduler.now
    const stamp = (): number => ++this.#stamp
    const trace = this.#trace = new Trace(isTraced, now)
    const network = this.#network = new SimNetwork(this.#scheduler, forNetwork, plan.weather)
    const { failing, slow, hanging, options } = plan
    const origin = this.#origin = new Origin({ random: forOrigin, stamp, now, failing, slow, hanging, trace, onLoad: load => { this.#checker.loads.begins(load) } })
    const hasFailures = failing > 0 || hanging > 0
    const checker = this.#checker = new Checker({ network, origin, stamp, keys: plan.keys, calmAfter: plan.rpcTimeout + 6_000, hasFailures, refreshes: options.staleWhileRevalidate !== undefined, queues: options.maxConcurrentLoads !== undefined, trace })
    this.#workload = new Workload({ plan, network, origin, checker, random: forWorkload, stamp })
    this.#faults = new Faults({ plan, network, checker, random: forFaults, start: again => { this.#start(again) }, onCrash: node => { origin.lost(node) }, onRing: () => { this.#workload.flurry() }, trace })
  }

  async go (): Promise<void> {
    for (let left = this.#plan.nodes; left > 0; left--) this.#start()
    await this.#runFor(WARM_UP)
    this.#workload.begin()
    this.#faults.begin()
    await this.#runFor(this.#plan.duration)
    this.#faults.end()
    await this.#heal()
    this.#checker.settled()
    this.#workload.readAll()
    await this.#runFor(10_000)
    this.#checker.settled()
    if (this.#checker.failure !== undefined) return
    this.#checkCounts()
    await this.#stopAll()
  }

  outcome (): Outcome {
    const sum = { gets: 0, mainHits: 0, hotHits: 0, joined: 0, loads: 0, takenOver: 0, peerGets: 0, serverGets: 0 }
    for (const { group } of this.#nodes) {
      const stats = group.stats()
      for (const name of Object.keys(sum) as Array<keyof typeof sum>) sum[name] += stats[name]
    }
    return {
      seed: this.#seed,
      failure: this.#checker.failure,
      trace: this.#trace.lines,
      hash: this.#scheduler.hash,
      events: this.#scheduler.count,
      plan: this.#plan,
      counts: this.#checker.counts,
      sum
    }
  }

  #start (again?: SimNode): void {
    // the id of one that is gone, or one that never was
    const index = again === undefined ? this.#started++ : IDS.indexOf(again.id as typeof IDS[number])
    const id = IDS[index]
    if (id === undefined || this.#network.processes.has(id)) return
    const name = `n${index}`
    this.#trace.name(id, name)
    this.#trace.add(name, 'starts')
    const { options, rpcTimeout, lateness } = this.#plan
    const node = new SimNode({ network: this.#network, id, name, origin: this.#origin, options, rpcTimeout, timing: TIMINGS[this.#timing], random: this.#random, skew: lateness === 0 ? () => 0 : () => this.#random() * lateness, trace: this.#trace })
    this.#nodes.push(node)
    node.start(IDS.slice(0, this.#started))
  }

  /** With a look at everything now and then. */
  async #runFor (ms: number): Promise<void> {
    const end = this.#scheduler.now + ms
    while (this.#scheduler.now < end && this.#checker.failure === undefined) {
      await this.#scheduler.run(Math.min(end, this.#scheduler.now + TICK), () => this.#isOver())
      this.#checker.audit()
      this.#checker.tick()
    }
  }

  #isOver (): boolean {
    if (this.#scheduler.count > MOST_EVENTS) this.#checker.fail(`more than ${MOST_EVENTS} events: members keep each other busy`)
    return this.#checker.failure !== undefined
  }

  async #heal (): Promise<void> {
    const begin = this.#scheduler.now
    for (;;) {
      await this.#runFor(2_000)
      if (this.#checker.failure !== undefined) return
      const isOver = this.#checker.gets.size === 0 && this.#checker.changes.size === 0
      if (isOver && this.#scheduler.now - this.#network.disturbedAt > QUIET && this.#checker.isOneView()) return
      if (this.#scheduler.now - begin > HEALED_WITHIN) {
        this.#checker.fail(`not one again ${HEALED_WITHIN} ms after all faults have ended: ${[...this.#network.processes.values()].map(node => `${node.name} sees ${node.core.view.ids.map(id => this.#trace.nameOf(id)).join()}`).join('; ')}`)
        return
      }
    }
  }

  #checkCounts (): void {
    const { maxBytes = Infinity } = this.#plan.options
    let asked = 0
    let served = 0
    for (const { group, name } of this.#nodes) {
      const stats = group.stats()
      const flights = stats.gets - stats.mainHits - stats.hotHits - stats.joined
      asked += stats.peerGets
      served += stats.serverGets
      if (flights < 0 || stats.loadErrors > stats.loads || stats.peerErrors > stats.peerGets || stats.bytes + stats.hotBytes > maxBytes) {
        this.#checker.fail(`the counts of ${name} do not add up: ${JSON.stringify(stats)}`)
      }
    }
    // each may be forwarded once, and made once more when a stream is lost
    if (served > 4 * asked) this.#checker.fail(`${served} gets were served of ${asked} that were asked`)
  }

  async #stopAll (): Promise<void> {
    for (const node of this.#network.processes.values()) node.stop()
    await this.#scheduler.run(this.#scheduler.now + LONGEST_TIMER)
    for (const node of this.#nodes) {
      if (!node.isGone && node.clock.timers > 0) this.#checker.fail(`${node.name} is stopped and has ${node.clock.timers} timers`)
    }
    for (const load of this.#origin.running) this.#checker.fail(`${load.node.name} is stopped and loads ${load.key}`)
  }
}
