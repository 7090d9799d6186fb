// Many runs from the command line: node --import tsx test/simulation/run.ts --from 0 --count 100000
// One of them, with its trace: node --import tsx test/simulation/run.ts --seed 17

import { parseArgs } from 'node:util'
import { simulate } from '../support/sim/simulate.js'

const { values } = parseArgs({
  options: { from: { type: 'string', default: '0' }, count: { type: 'string', default: '1000' }, seed: { type: 'string' }, lines: { type: 'string', default: '60' }, failures: { type: 'string', default: '1' } }
})

async function replay (seed: number): Promise<void> {
  const { failure, trace, plan, hash, events } = await simulate(seed, { isTraced: true })
  console.log(JSON.stringify(plan))
  console.log(trace.slice(-Number(values.lines)).join('\n'))
  console.log(`SEED=${seed} ${failure ?? 'is well'}; ${events} events, hash ${hash}`)
}

async function runMany (from: number, count: number, most: number): Promise<void> {
  // most of what a run throws is meant to be
  Error.stackTraceLimit = 0
  const begin = performance.now()
  let events = 0
  const failed: number[] = []
  const sums: Record<string, number> = {}
  for (let seed = from; seed < from + count && failed.length < most; seed++) {
    const outcome = await simulate(seed)
    events += outcome.events
    for (const [name, value] of Object.entries({ ...outcome.counts, ...outcome.sum })) sums[name] = name.startsWith('slowest') ? Math.max(sums[name] ?? 0, value) : (sums[name] ?? 0) + value
    if (outcome.failure !== undefined) {
      failed.push(seed)
      console.log(`SEED=${seed} ${outcome.failure}`)
    }
    const done = seed - from + 1
    if (done % 1_000 === 0) console.log(`${done} runs, ${failed.length} failed, ${((performance.now() - begin) / done).toFixed(2)} ms each, ${Math.round(events / done)} events each`)
  }
  console.log(JSON.stringify(sums))
  console.log(`${((performance.now() - begin) / 1_000).toFixed(1)} s, ${failed.length} failed`)
  if (failed.length > 0) process.exitCode = 1
}

process.on('unhandledRejection', err => {
  console.error('nobody handles', err)
  process.exit(2)
})
if (values.seed !== undefined) await replay(Number(values.seed))
else await runMany(Number(values.from), Number(values.count), Number(values.failures))
