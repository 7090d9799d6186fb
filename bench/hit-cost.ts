// What a get costs that is answered from memory, in two builds: before and after a change. Processes of both take turns.
//
//   git worktree add /tmp/before COMMIT && (cd /tmp/before && npm ci && npm run build)
//   npm run build && node --import tsx bench/hit-cost.ts --before /tmp/before/dist [--after dist] [--rounds 12]

import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const MEMBER = fileURLToPath(new URL('./hit-member.ts', import.meta.url))

const { values } = parseArgs({ options: { before: { type: 'string' }, after: { type: 'string', default: 'dist' }, rounds: { type: 'string', default: '12' } } })
if (values.before === undefined) throw new Error('--before: expected the dist folder of the other build')
const builds = { before: resolve(values.before), after: resolve(values.after) }
const times: Record<keyof typeof builds, number[]> = { before: [], after: [] }

for (let round = 0; round < Number(values.rounds); round++) {
  // who is first changes, so that what else the machine does is nobody's disadvantage
  for (const build of round % 2 === 0 ? ['before', 'after'] as const : ['after', 'before'] as const) {
    times[build].push(Number(execFileSync(process.execPath, ['--import', 'tsx', MEMBER, builds[build]], { encoding: 'utf8' })))
  }
}
const [before, after] = [median(times.before), median(times.after)]
const ratios = times.after.map((time, i) => time / (times.before[i] as number))
console.log(`a get from memory: ${before.toFixed(1)} ns before, ${after.toFixed(1)} ns after: medians of ${times.after.length} processes each; the median of the ratios of those that ran one after the other is ${median(ratios).toFixed(3)}`)
console.log(`the best of each: ${Math.min(...times.before).toFixed(1)} and ${Math.min(...times.after).toFixed(1)} ns`)

function median (numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return ((sorted[Math.floor((sorted.length - 1) / 2)] as number) + (sorted[Math.ceil((sorted.length - 1) / 2)] as number)) / 2
}
