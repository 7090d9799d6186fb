// What deploys, scaling and crashes cost the origin, and those who wait: real processes under a steady load of keys in
// Zipf's distribution, without a ttl. Each change is compared with the same time without one right before it.
//
//   npm run build && node --import tsx bench/deploy.ts [--only 'rolling restart'] [--seconds 20] [--rate 300] [--seed 7]

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
// for Promise.withResolvers on Node 20
import 'groupcache'
import type { ChildProcess } from 'node:child_process'
import type { Order, Report } from './deploy-member.js'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '300' },
    keys: { type: 'string', default: '20000' },
    fresh: { type: 'string', default: '0.05' },
    members: { type: 'string', default: '5' },
    seed: { type: 'string', default: '7' }
  }
})
const KEYS = Number(values.keys)
const MEMBERS = Number(values.members)
let seed = Number(values.seed)

/** How often each key was loaded, by whichever process. */
const loads = new Map<string, number>()
let loadCount = 0
let againCount = 0

function onLoad (key: string): void {
  const before = loads.get(key) ?? 0
  loads.set(key, before + 1)
  loadCount++
  if (before > 0) againCount++
}

class Process {
  readonly name: string
  addresses: string[] = []
  readonly #child: ChildProcess
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>()
  #lastId = 0

  constructor (name: string) {
    this.name = name
    this.#child = fork(fileURLToPath(new URL('./deploy-member.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] })
    this.#child.on('message', (message: { load: string } | { id: number, result?: unknown, failure?: string }) => {
      if ('load' in message) return onLoad(message.load)
      const open = this.#open.get(message.id)
      this.#open.delete(message.id)
      if (message.failure === undefined) open?.resolve(message.result)
      else open?.reject(new Error(`${name}: ${message.failure}`))
    })
    this.#child.once('exit', () => { for (const { reject } of this.#open.values()) reject(new Error(`${name} has ended`)) })
  }

  ask<T> (order: Order): Promise<T> {
    const open = Promise.withResolvers<unknown>()
    this.#open.set(++this.#lastId, open)
    this.#child.send({ id: this.#lastId, order })
    return open.promise as Promise<T>
  }

  async end (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    await ended
  }
}

const cluster: Process[] = []
const over: Report = { gets: 0, failures: [], took: [] }

async function join (name: string): Promise<void> {
  const process = new Process(name)
  process.addresses = await process.ask<string[]>({ start: { name, addresses: cluster.flatMap(({ addresses }) => addresses) } })
  cluster.push(process)
  await Promise.all(cluster.map(each => each.ask({ ready: cluster.length })))
}

function traffic (process: Process): Promise<void> {
  return process.ask({ traffic: { seed: ++seed, rate: Number(values.rate), keys: KEYS, fresh: Number(values.fresh) } })
}

async function endTraffic (process: Process): Promise<void> {
  const { gets, failures, took } = await process.ask<Report>({ endTraffic: true })
  over.gets += gets
  over.failures.push(...failures)
  for (const ms of took) over.took.push(ms)
}

/** As a deployment does it: nobody asks it any more; it hands over and goes. @returns milliseconds that took */
async function leave (process: Process): Promise<number> {
  await endTraffic(process)
  cluster.splice(cluster.indexOf(process), 1)
  const took = await process.ask<number>({ stop: true })
  await process.end('SIGTERM')
  return took
}

interface Window { seconds: number, gets: number, failures: string[], loads: number, again: number, p50: number, p99: number, max: number }

/** Runs `change` under load, and goes on until `seconds` have passed, if it is over sooner. */
async function window (seconds: number, change: () => Promise<void> = async () => {}): Promise<Window> {
  Object.assign(over, { gets: 0, failures: [], took: [] })
  const [loadsBefore, againBefore, began] = [loadCount, againCount, performance.now()]
  await Promise.all(cluster.map(traffic))
  await change()
  await delay(Math.max(0, seconds * 1_000 - (performance.now() - began)))
  await Promise.all(cluster.map(endTraffic))
  const took = Float64Array.from(over.took).sort()
  const at = (part: number): number => took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? NaN
  return { seconds: (performance.now() - began) / 1_000, gets: over.gets, failures: over.failures, loads: loadCount - loadsBefore, again: againCount - againBefore, p50: at(0.5), p99: at(0.99), max: at(1) }
}

const SECONDS = Number(values.seconds)

async function rollingRestart (end: (process: Process) => Promise<void>): Promise<void> {
  for (const old of [...cluster]) {
    await end(old)
    await join(old.name)
    await traffic(cluster.at(-1) as Process)
    await delay(500)
  }
}

/** Kills so many at once, and says when the last survivor knew, and what was loaded again. */
async function kill (count: number): Promise<void> {
  await delay(1_000)
  const victims = cluster.splice(1, count)
  const lost = new Set((await Promise.all(victims.map(victim => victim.ask<string[]>({ owned: KEYS })))).flat())
  const before = new Map(loads)
  const killedAt = process.hrtime.bigint()
  await Promise.all(victims.map(victim => victim.end('SIGKILL')))
  await delay(SECONDS * 1_000 - 2_000)
  const knownAt = await Promise.all(cluster.map(survivor => survivor.ask<string[]>({ failed: victims.map(({ name }) => name) })))
  const lastKnew = Math.max(...knownAt.flat().map(at => Number(BigInt(at) - killedAt) / 1e6))
  const again = [...loads].map(([key, times]) => ({ key, more: before.has(key) ? times - (before.get(key) ?? 0) : 0 })).filter(({ more }) => more > 0)
  console.log(`SIGKILL of ${count}: the last of ${cluster.length} survivors had the right view after ${lastKnew.toFixed(0)} ms; ${lost.size} keys of ${KEYS} were theirs; loaded again ${again.length}, ` +
    `of them not theirs ${again.filter(({ key }) => !lost.has(key) && !key.startsWith('fresh')).length}, the most for one key ${Math.max(0, ...again.map(({ more }) => more))}`)
}

const stops: number[] = []
const SCENARIOS: Record<string, () => Promise<void>> = {
  'rolling restart': () => rollingRestart(async process => { stops.push(await leave(process)) }),
  [`${MEMBERS} → ${2 * MEMBERS} → ${MEMBERS}`]: async () => {
    for (let i = 0; i < MEMBERS; i++) {
      await join(`more ${i}`)
      await traffic(cluster.at(-1) as Process)
    }
    await delay(2_000)
    for (const process of cluster.filter(({ name }) => name.startsWith('more'))) stops.push(await leave(process))
  },
  'SIGKILL of one': () => kill(1),
  'SIGKILL of two at once': () => kill(2),
  'rolling restart by SIGKILL': () => rollingRestart(async process => {
    await endTraffic(process)
    cluster.splice(cluster.indexOf(process), 1)
    await process.end('SIGKILL')
  })
}

async function run (name: string, change: () => Promise<void>): Promise<void> {
  for (let i = 0; i < MEMBERS; i++) await join(`member ${i}`)
  const share = Math.ceil(KEYS / MEMBERS)
  await Promise.all(cluster.map((process, i) => process.ask({ warm: [i * share, Math.min(KEYS, (i + 1) * share)] })))
  stops.length = 0
  const calm = await window(SECONDS)
  const changed = await window(SECONDS, change)
  const row = (what: string, { seconds, gets, failures, loads, again, p50, p99, max }: Window): void => {
    console.log(`| ${what} | ${seconds.toFixed(0)} s | ${gets} | ${failures.length} | ${loads} | ${again} | ${(loads / (loads - again)).toFixed(3)} | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${max.toFixed(0)} |`)
    for (const failure of failures.slice(0, 3)) console.log(failure)
  }
  row('without', calm)
  row(name, changed)
  if (stops.length > 0) console.log(`stops took ${stops.map(ms => Math.round(ms)).join(', ')} ms`)
  await Promise.all(cluster.splice(0).map(process => process.end('SIGKILL')))
  loads.clear()
}

console.log(`seed ${seed}; ${MEMBERS} members, ${KEYS} keys of 1 kB, ${values.rate} gets a second at each, ${values.fresh} of them of new keys\n`)
console.log('| change | time | gets | failed | loads | of keys loaded before | loads per key | p50 ms | p99 ms | max ms |\n|---|---|---|---|---|---|---|---|---|---|')
for (const [name, change] of Object.entries(SCENARIOS)) if (values.only === undefined || name === values.only) await run(name, change)
