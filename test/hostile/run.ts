// Runs the attacks by hand and prints what came of them: npm run hostile [-- --flat-out] [name …]

import { parseArgs } from 'node:util'
import { Arena, median } from './arena.js'
import { attacks } from './attacks/index.js'
import type { Outcome } from './arena.js'

const WINDOWS = 3
const WINDOW = 1_000
/** Gets a second of the honest member: as many as a busy service makes of the keys of one member. */
const RATE = 4_000
const MIB = 1024 * 1024

const { values, positionals: wanted } = parseArgs({ allowPositionals: true, options: { 'flat-out': { type: 'boolean', default: false } } })
const rate = values['flat-out'] ? undefined : RATE
const chosen = wanted.length === 0 ? attacks : attacks.filter(({ name }) => wanted.some(word => name.includes(word)))
console.log('| attack | RSS before → peak, allowed growth (MiB) | honest gets/s without → with (ratio) | their p99 without → with (ms) | gets per second of the victim\'s processor time (ratio) | attacker, of a core | cut off after | logged |')
console.log('|---|---|---|---|---|---|---|---|')
const arena = await Arena.open()
let failed = 0
for (const attack of chosen) {
  const outcome = await arena.run(attack, { windows: attack.ms === undefined ? WINDOWS : 1, ms: WINDOW, rate })
  console.log(rowOf(outcome))
  for (const problem of problemsOf(outcome)) {
    failed++
    console.log(`  !! ${problem}`)
  }
}
console.log(await arena.isWell() ? 'the victim is well' : 'the victim is NOT well')
await arena.close()
if (failed > 0) process.exitCode = 1

function rowOf ({ attack, before, peak, without, during, attackerBusy, cutOffAfter, lines }: Outcome): string {
  const [free, held] = [median(without.map(({ perSecond }) => perSecond)), median(during.map(({ perSecond }) => perSecond))]
  const ratio = `${Math.round(free).toLocaleString('en')} → ${Math.round(held).toLocaleString('en')} (${(held / free).toFixed(2)})`
  const late = [without, during].map(windows => median(windows.map(({ p99 }) => p99)).toFixed(1)).join(' → ')
  const share = median(without.map(({ cost }) => cost)) / median(during.map(({ cost }) => cost))
  const memory = `${Math.round(before / MIB)} → ${Math.round(peak / MIB)}, ${Math.round(attack.mayHold.bytes / MIB)}`
  const line = lines[0]?.replace(/^.*?(groupcache[:\w]*)\s/, '$1 ').replace(/ \+\d+\w*$/, '').slice(0, 160)
  return `| ${attack.name} | ${memory} | ${ratio} | ${late} | ${share.toFixed(2)} | ${attackerBusy.toFixed(2)} | ${cutOffAfter === undefined ? '–' : `${Math.round(cutOffAfter)} ms`} | ${line === undefined ? '–' : `${lines.length} × ${line}`} |`
}

function problemsOf ({ attack, before, peak, wrong, lines, cutOffAfter, failure }: Outcome): string[] {
  const problems: string[] = []
  if (failure !== undefined) problems.push(failure)
  if (peak - before > attack.mayHold.bytes) problems.push(`its memory grew by ${Math.round((peak - before) / MIB)} MiB`)
  if (wrong.length > 0) problems.push(`${wrong.length} gets failed, the first: ${wrong[0] ?? ''}`)
  if (attack.isLogged !== undefined && !lines.some(line => attack.isLogged?.test(line))) problems.push('it is not in the log')
  if ((attack.isCutOff ?? attack.isLogged !== undefined) && cutOffAfter === undefined) problems.push('it was not cut off')
  return problems
}
