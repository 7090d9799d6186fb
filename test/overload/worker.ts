// A process of the overload tests: a member, the calls that overload it, and somebody who has nothing to do with them.
// Run with tsx.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as nextRound } from 'node:timers/promises'
import { bootstrap, createGroupcache } from '../../src/index.js'
import { serve } from '../support/child.js'
import { Arrivals } from './arrivals.js'
import { Bystander } from './bystander.js'
import { scenario } from './scenarios.js'
import type { Group, StandaloneGroupcache } from '../../src/index.js'
import type { OverloadCalls, Recovery, ScenarioName } from './calls.js'
import type { Scenario } from './scenarios.js'

const MIB = 1024 * 1024
const SAMPLE_EVERY = 50
/** Answers in a row that count as recovered. */
const ENOUGH = 10

let node: StandaloneGroupcache
let other: Group<string>
const scenarios = new Map<ScenarioName, Scenario>()
let arrivals: Arrivals | undefined
let bystander: Bystander | undefined
let peakRss = 0
const eventLoop = monitorEventLoopDelay({ resolution: 10 })
eventLoop.enable()

function of (name: ScenarioName): Scenario {
  const known = scenarios.get(name)
  if (known === undefined) throw new Error(`there is no scenario ${name}`)
  return known
}

/** Whether one was answered, and rightly, within so many milliseconds. */
async function isWell (name: ScenarioName, i: number, within: number): Promise<boolean> {
  const began = performance.now()
  try {
    return await of(name).call(i) === undefined && performance.now() - began <= within
  } catch {
    return false
  }
}

async function recovery (name: ScenarioName, within: number, patience: number): Promise<Recovery> {
  const from = performance.now()
  let failed = 0
  for (;;) {
    const after = performance.now() - from
    if (after > patience) return { after: Infinity, failed }
    let count = 0
    while (count < ENOUGH && await isWell(name, count, within)) count++
    if (count === ENOUGH) return { after, failed }
    failed++
    // a refusal comes at once: who tries again in the same round of the event loop leaves no time for what was let in
    await nextRound()
  }
}

serve<OverloadCalls>({
  async start ({ name, cluster, seeds }) {
    node = await createGroupcache({ name, cluster, listen: ['/ip4/127.0.0.1/tcp/0'], discovery: [bootstrap(seeds)] })
    other = node.group<string>('other', { hot: false, load: key => `value of ${key}` })
    for (const name of ['gets', 'slow loader', 'hot key', 'huge values'] as const) scenarios.set(name, scenario(name, node))
    setInterval(() => { peakRss = Math.max(peakRss, process.memoryUsage.rss()) }, SAMPLE_EVERY)
    return node.multiaddrs.map(String)
  },
  async ready (members) {
    await node.ready({ members, signal: AbortSignal.timeout(30_000) })
  },
  async capacity ({ scenario, ms, loops }) {
    const { call } = of(scenario)
    const began = performance.now()
    let answered = 0
    const loop = async (from: number): Promise<void> => {
      for (let i = from; performance.now() - began < ms; i += loops) {
        const fault = await call(i)
        if (fault !== undefined) throw new Error(fault)
        // those that are answered after the time do not count
        if (performance.now() - began < ms) answered++
      }
    }
    await Promise.all(Array.from({ length: loops }, (_, i) => loop(i)))
    return answered / ms * 1_000
  },
  arrivals ({ scenario, perSecond }) {
    peakRss = 0
    eventLoop.reset()
    arrivals = new Arrivals({ perSecond, call: of(scenario).call })
    arrivals.start()
  },
  async endArrivals () {
    if (arrivals === undefined) throw new Error('nothing arrives')
    return arrivals.end()
  },
  recovery: ({ scenario, within, patience }) => recovery(scenario, within, patience),
  bystander () {
    bystander = new Bystander(node, other)
  },
  async endBystander () {
    if (bystander === undefined) throw new Error('nobody stands by')
    return bystander.end()
  },
  usage: () => ({ rss: process.memoryUsage.rss() / MIB, peakRss: peakRss / MIB, delayP99: eventLoop.percentile(99) / 1e6, delayMax: eventLoop.max / 1e6 }),
  loads: name => of(name).loads(),
  async stop () {
    await node.stop()
  }
})
