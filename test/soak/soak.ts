// The long run: four processes under constant load while members come and go; two stay, and must not grow.
//
//   npm run soak -- --minutes 10 [--out soak] [--rate 25] [--churn 40] [--seed 7] [--leak 0]
//
// Exits with 1 when anything grows, or when any get failed or was answered wrongly that should not have been.
// `--leak` has the first process take so many bytes a second and never give them back: that has to be found.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { seeded } from '../support/seeds.js'
import { soakChart } from './chart.js'
import { Churn, pause } from './churn.js'
import { PASSING, STAYING, SoakCluster } from './soak-cluster.js'
import { VITALS } from './vitals.js'
import { findings, warmUpOf } from './verdict.js'
import type { Sample } from './soak-cluster.js'
import type { Finding } from './verdict.js'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    out: { type: 'string', default: 'soak' },
    rate: { type: 'string', default: '25' },
    churn: { type: 'string', default: '40' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6) + 1) },
    leak: { type: 'string', default: '0' }
  }
})
const [minutes, perSecond, churn, seed, leak] = [values.minutes, values.rate, values.churn, values.seed, values.leak].map(Number) as [number, number, number, number, number]
/** Between two times that the figures are written: a run that is ended early has some, too. */
const WRITE_EVERY = 60_000

const csv = (samples: readonly Sample[]): string => [
  `seconds,process,${VITALS.join()}`,
  ...samples.map(sample => [sample.seconds.toFixed(1), sample.name, ...VITALS.map(name => Number(sample[name].toFixed(2)))].join())
].join('\n') + '\n'

function row ({ process, name, unit, trend, grows }: Finding): string {
  const of = (value: number): string => value.toFixed(unit === 'MiB' ? 1 : 2).replace('-', '−')
  return `| ${process} | ${name}${unit === '' ? '' : `, ${unit}`} | ${of(trend.level)} | ${of(trend.theilSen)} | ${of(trend.low)} to ${of(trend.high)} | ${of(trend.leastSquares)} | ${grows ? '**grows**' : 'no'} |`
}

await mkdir(values.out, { recursive: true })
console.log(`${minutes} minutes, seed ${seed}: ${STAYING.length + PASSING.length} processes, ${perSecond} calls a second at each, a change of the members about every ${churn} s${leak === 0 ? '' : `; ${STAYING[0]} leaks ${leak} bytes a second`}`)
const cluster = await SoakCluster.start({ seed, perSecond, leak })
const changes = new Churn(cluster, seeded(seed), churn * 1_000)
const over = new AbortController()
const write = async (): Promise<void> => {
  await writeFile(join(values.out, 'samples.csv'), csv(cluster.samples))
  await writeFile(join(values.out, 'events.csv'), ['seconds,what,name', ...changes.events.map(({ at, what, name }) => `${at.toFixed(1)},${what},${name}`)].join('\n') + '\n')
  await writeFile(join(values.out, 'faults.csv'), ['seconds,process,what', ...cluster.faults.map(({ seconds, name, what }) => `${seconds.toFixed(1)},${name},${JSON.stringify(what)}`)].join('\n') + '\n')
}
// whoever ends it early is told what there is to tell by then
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    console.log(`ended by ${signal} after ${Math.round(cluster.seconds)} s`)
    over.abort()
  })
}
await cluster.startLoad()
const writing = setInterval(() => { void write() }, WRITE_EVERY)
const churning = changes.run(over.signal)
try {
  await Promise.race([pause(minutes * 60_000, over.signal), churning])
} finally {
  over.abort()
  clearInterval(writing)
  await write()
}
await churning
await cluster.endLoad()
await cluster.end()

const warmUp = warmUpOf(cluster.samples.at(-1)?.seconds ?? 0)
const found = findings(cluster.samples, warmUp, seed)
const growing = found.filter(({ grows }) => grows)
const sum = (of: 'gets' | 'removals' | 'aborted' | 'timedOut' | 'loadErrors'): number => cluster.tallies.reduce((sum, tally) => sum + tally[of], 0)
const title = `${((cluster.samples.at(-1)?.seconds ?? 0) / 60).toFixed(1)} minutes: ${sum('gets')} gets, ${sum('removals')} changes, ${changes.events.length} changes of the members, ${cluster.faults.length} faults`
await write()
await writeFile(join(values.out, 'soak.svg'), soakChart({ title, samples: cluster.samples, events: changes.events, findings: found, warmUp }))
const report = [
  `${title}.`,
  `Gets that ended as was meant: ${sum('aborted')} aborted, ${sum('timedOut')} out of time, ${sum('loadErrors')} failed by their loaders. What was killed is not counted.`,
  ...cluster.faults.slice(0, 20).map(({ seconds, name, what }) => `${seconds.toFixed(1)} s, ${name}: ${what}`),
  '',
  `After ${(warmUp / 60).toFixed(1)} minutes of warm-up, in the ${((found[0]?.trend.hours ?? 0) * 60).toFixed(0)} after it; bootstrap with seed ${seed}:`,
  '',
  '| process | quantity | level | growth an hour | 95 % | least squares | grows |',
  '|---|---|---|---|---|---|---|',
  ...found.map(row)
].join('\n')
await writeFile(join(values.out, 'report.md'), `${report}\n`)
console.log(report)
process.exitCode = growing.length > 0 || cluster.faults.length > 0 ? 1 : 0
