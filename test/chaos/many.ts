// Many schedules, each in a process of its own: one line for each, a summary, and the logs of those that failed.

import { fork } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Outcome } from './run.js'
import type { Options } from './options.js'

const ONE = fileURLToPath(new URL('./one.ts', import.meta.url))
/** Of these figures the greatest counts, of the others the sum. */
const GREATEST = ['agreement', 'slowestGet', 'slowestUpdate', 'rss', 'longestStandstill']
/** Milliseconds for a run beyond its seconds: starts, agreement, the sweep and the stops, on a busy machine. */
const BEYOND = 300_000

interface Played { seed: number, outcome: Outcome | undefined, output: string }

/** @returns how many failed */
export async function runMany ({ many, seconds }: Options & { many: NonNullable<Options['many']> }, bundle: string): Promise<number> {
  const { from, count, parallel, keep } = many
  const begin = performance.now()
  const sums: Record<string, number> = {}
  const counts = { played: 0, failed: 0, leftOut: 0 }
  let next = from
  const worker = async (): Promise<void> => {
    while (next < from + count) {
      const played = await playOne(next++, seconds, bundle)
      const { seed, outcome, output } = played
      if (outcome?.leftOut !== undefined) counts.leftOut++
      else counts.played++
      const hasFailed = outcome === undefined || outcome.failures.length > 0
      for (const [name, value] of Object.entries(outcome?.figures ?? {})) sums[name] = GREATEST.includes(name) ? Math.max(sums[name] ?? 0, value) : (sums[name] ?? 0) + value
      console.log(lineOf(played))
      if (!hasFailed) continue
      counts.failed++
      await mkdir(keep, { recursive: true })
      const file = join(keep, `seed-${seed}-${seconds}.log`)
      await writeFile(file, output)
      console.log(`  ${outcome?.failures.length ?? 'no'} failures, in ${file}; again: npm run chaos -- --seed ${seed} --seconds ${seconds}`)
      for (const failure of outcome?.failures.slice(0, 3) ?? []) console.log(`  ${failure}`)
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  console.log(`\n${counts.played} schedules of ${seconds} s played within ${Math.round((performance.now() - begin) / 1_000)} s, ${counts.failed} failed, ${counts.leftOut} left out`)
  console.log(Object.entries(sums).map(([name, value]) => `${name} ${value}`).join(', '))
  return counts.failed
}

function lineOf ({ seed, outcome }: Played): string {
  if (outcome?.leftOut !== undefined) return `seed ${seed}: not run: ${outcome.leftOut}`
  if (outcome === undefined) return `seed ${seed}: BROKE OFF`
  return `seed ${seed}: ${outcome.failures.length === 0 ? 'passed' : 'FAILED'}; ${figuresOf(outcome)}`
}

export function figuresOf ({ figures: f }: Outcome): string {
  return `${f['faults']} faults, ${f['processes']} processes, ${f['gets']} gets (slowest ${f['slowestGet']} ms), ${f['updates']} updates (slowest ${f['slowestUpdate']} ms, ${f['refused']} refused), ` +
    `read after an update ${f['judgedStrictly']} strictly and ${f['judgedNot']} excused, ${f['stale']} stale (${f['staleExcused']} excused), ` +
    `${f['loads']} loads (${f['loadsJudged']} judged, ${f['failedLoads']} gets failed by a storm), agreed after ${f['agreement']} ms, ${f['rss']} MB, ${f['evictions']} evictions, stood still for ${f['longestStandstill']} ms`
}

async function playOne (seed: number, seconds: number, bundle: string): Promise<Played> {
  const child = fork(ONE, [String(seed), String(seconds), bundle], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  let output = ''
  let outcome: Outcome | undefined
  child.stdout?.on('data', chunk => { output += String(chunk) })
  child.stderr?.on('data', chunk => { output += String(chunk) })
  child.on('message', message => { outcome = message as Outcome })
  const late = setTimeout(() => {
    output += '\nit does not end\n'
    child.kill('SIGKILL')
  }, seconds * 1_000 + BEYOND)
  await new Promise(resolve => { child.once('close', resolve) })
  clearTimeout(late)
  return { seed, outcome, output }
}
