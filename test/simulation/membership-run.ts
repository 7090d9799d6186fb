// Many runs from the command line: node --import tsx test/simulation/membership-run.ts --from 0 --count 10000
// One of them, with its trace: node --import tsx test/simulation/membership-run.ts --seed 17
// With --untold nobody is told that a connection has closed.

import { parseArgs } from 'node:util'
import { simulate } from '../support/membership-sim/simulate.js'

const { values } = parseArgs({
  options: { from: { type: 'string', default: '0' }, count: { type: 'string', default: '1000' }, seed: { type: 'string' }, lines: { type: 'string', default: '80' }, failures: { type: 'string', default: '1' }, untold: { type: 'boolean', default: false } }
})
const areClosingsTold = !values.untold

async function replay (seed: number): Promise<void> {
  const { failure, trace, plan, hash, events, falsePositives, settled } = await simulate(seed, { isTraced: true, areClosingsTold })
  console.log(JSON.stringify(plan))
  console.log(trace.slice(-Number(values.lines)).join('\n'))
  console.log(`SEED=${seed} ${failure ?? `is well, settled after ${settled} ms, ${falsePositives} false positives`}; ${events} events, hash ${hash}`)
}

async function runMany (from: number, count: number, most: number): Promise<void> {
  const begin = performance.now()
  const sums: Record<string, number> = {}
  const failed: number[] = []
  let slowest = { part: 0, seed: from, settled: 0 }
  let done = 0
  for (let seed = from; seed < from + count && failed.length < most; seed++) {
    const { failure, events, falsePositives, counts, settled, bound } = await simulate(seed, { areClosingsTold })
    for (const [name, value] of Object.entries({ runs: 1, events, falsePositives, ...counts })) sums[name] = (sums[name] ?? 0) + value
    if (settled / bound > slowest.part) slowest = { part: settled / bound, seed, settled }
    if (falsePositives > 0) console.log(`seed ${seed}: ${falsePositives} false positives`)
    if (failure !== undefined) {
      failed.push(seed)
      console.log(`SEED=${seed} ${failure}`)
    }
    if (++done % 1_000 === 0) console.log(`${done} runs, ${failed.length} failed, ${((performance.now() - begin) / done).toFixed(1)} ms each`)
  }
  console.log(JSON.stringify({ ...sums, slowest }))
  console.log(`${((performance.now() - begin) / 1_000).toFixed(1)} s, ${failed.length} failed${failed.length > 0 ? `: ${failed.join()}` : ''}`)
  if (failed.length > 0) process.exitCode = 1
}

process.on('unhandledRejection', err => {
  console.error('nobody handles', err)
  process.exit(2)
})
if (values.seed !== undefined) await replay(Number(values.seed))
else await runMany(Number(values.from), Number(values.count), Number(values.failures))
