// Many cases from the command line: npm run fuzz -- --cases 1000000
// Of one target, from one seed: npm run fuzz -- --target frames --seed 7 --cases 100000
// One of them again: npm run fuzz -- --target frames --seed 7 --case 4711

import { parseArgs } from 'node:util'
import { Fuzzer } from './fuzzer.js'
import { casesOf, heading, inputText, row } from './report.js'
import { TARGETS } from './targets.js'
import { Watchdog } from './watchdog.js'

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '100000' }, seed: { type: 'string' }, target: { type: 'string', multiple: true }, case: { type: 'string' }, failures: { type: 'string', default: '1' } }
})
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
const targets = values.target === undefined ? TARGETS : TARGETS.filter(({ name }) => values.target?.includes(name))
if (targets.length === 0) throw new Error(`no target ${values.target?.join()}; there are ${TARGETS.map(({ name }) => name).join(', ')}`)
// most of what is thrown is meant to be
if (values.case === undefined) Error.stackTraceLimit = 0
const watchdog = new Watchdog()

if (values.case === undefined) await runAll()
else await replay(Number(values.case))

async function runAll (): Promise<void> {
  console.log(`seed ${seed}`)
  console.log(heading())
  const cases = casesOf(targets, Number(values.cases))
  const begin = performance.now()
  let [done, failed] = [0, 0]
  for (const target of targets) {
    const report = await new Fuzzer(target, { seed, watchdog, mostFailures: Number(values.failures) }).run(cases.get(target.name) ?? 0)
    done += report.cases
    failed += report.failures.length
    console.log(row(report))
    for (const { reason, index, input } of report.failures) console.log(`FAILED --target ${target.name} --seed ${seed} --case ${index}\n${reason}\ninput, made smaller: ${inputText(input)}`)
  }
  const seconds = (performance.now() - begin) / 1_000
  console.log(`${done} cases in ${seconds.toFixed(0)} s, ${Math.round(done / seconds)} a second, ${failed} failed; seed ${seed}`)
  if (failed > 0) process.exitCode = 1
}

async function replay (index: number): Promise<void> {
  for (const target of targets) {
    const outcome = await new Fuzzer(target, { seed, watchdog }).replay(index)
    console.log(`--target ${target.name} --seed ${seed} --case ${index}: ${typeof outcome === 'string' ? outcome : `FAILED ${outcome.reason}\ninput: ${inputText(outcome.input)}`}`)
    if (typeof outcome !== 'string') process.exitCode = 1
  }
}
