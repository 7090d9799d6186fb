// Ten times what a cluster can do, in four ways: what it answers, what it turns away, and how soon it is well again.
//
//   npm run overload [-- --only 'slow loader']

import { parseArgs } from 'node:util'
import { OverloadRun, PLANS } from './overload-run.js'
import type { Outcome } from './overload-run.js'

const { values } = parseArgs({ options: { only: { type: 'string' } } })

const round = (value: number, digits = 0): string => Number.isNaN(value) ? '–' : value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(digits)

function row (o: Outcome): string {
  return `| ${o.scenario} | ${round(o.offered)} | ${round(o.answered, 1)} | ${round(o.rejected, 1)} | ${round(o.toRejection[0], 2)} / ${round(o.toRejection[1], 1)} | ${round(o.peakRss)} (${round(o.restRss)}) | ${round(o.recovery)} | ${(o.answered / o.capacity).toFixed(2)} |`
}

function beside ({ scenario, toAnswer, drained, mostOpen, loads, delay, faults, bystander: b }: Outcome): string {
  return `| ${scenario} | ${round(toAnswer[0], 1)} / ${round(toAnswer[1], 1)} / ${round(toAnswer[2])} | ${round(drained)} | ${round(mostOpen)} | ${round(loads)} | ${round(delay[0])} / ${round(delay[1])} | ${faults.length} | ${round(b.gets)}: ${round(b.p50, 1)} / ${round(b.p99, 1)} | ${round(b.removals)}: ${round(b.removalMax)} | ${b.faults.length} | ${b.lost.length} |`
}

const run = await OverloadRun.start()
const outcomes: Outcome[] = []
for (const plan of PLANS) {
  if (values.only !== undefined && values.only !== plan.scenario) continue
  const outcome = await run.run(plan)
  outcomes.push(outcome)
  console.error(`${row(outcome)}\n${beside(outcome)}\n${[...outcome.faults, ...outcome.bystander.faults.slice(0, 3), ...outcome.bystander.lost.map(name => `${name} was given up`)].join('\n')}`)
}
await run.end()
console.log(`three members, ${process.version}; capacity a second: ${outcomes.map(({ scenario, capacity }) => `${scenario} ${round(capacity, 1)}`).join(', ')}\n`)
console.log(`| scenario | offered/s | answered/s | rejected/s | ms to rejection, p50 / p99 | peak RSS, MiB (before) | recovery, ms | goodput ÷ capacity |\n|---|---|---|---|---|---|---|---|\n${outcomes.map(row).join('\n')}\n`)
console.log(`| scenario | ms to answer, p50 / p99 / max | drained, ms | open at a member | loads | event loop late by, p99 / max | faults | gets beside it: ms p50 / p99 | removals beside it: max ms | faults | members lost |\n|---|---|---|---|---|---|---|---|---|---|---|\n${outcomes.map(beside).join('\n')}`)
process.exitCode = outcomes.some(({ faults, bystander }) => faults.length + bystander.faults.length + bystander.lost.length > 0) ? 1 : 0
