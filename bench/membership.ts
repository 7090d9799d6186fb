// How soon members notice: five real processes on loopback, one of which is killed, frozen and continued, or stopped.
// Whether one that only stands still is held dead, how soon fifty nodes are one cluster, and what an idle one costs.
// bench/memberlist.ts does the same with hashicorp/memberlist.
//
//   npm run build && node --import tsx bench/membership.ts [--rounds 10] [--only kill,freeze,stop,stall,form,idle]
//
// Times are from the signal until the last of the survivors has told of it (its member:fail, member:join or
// member:leave event, over IPC).

import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createGroupcache, host } from 'groupcache'
import { until } from '../test/support/until.js'
import { endWorkers, startWorkers } from '../test/support/worker-process.js'
import { STALL, printShares, printTimes } from './membership-figures.js'
import type { WorkerProcess } from '../test/support/worker-process.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    only: { type: 'string', default: 'kill,freeze,stop,stall,form,idle' },
    run: { type: 'string' }
  }
})
const rounds = Number(values.rounds)
const DEADLINE = { timeout: 60_000 }
/** Until connections have settled: who dials whom is spread over some seconds. */
const SETTLE = 6_000

// ---- five processes ----

type Fleet = [victim: WorkerProcess, ...survivors: WorkerProcess[]]

/** Milliseconds since `from` at which the first and the last of them was told. */
async function told (event: string, victim: WorkerProcess, survivors: readonly WorkerProcess[], from: number): Promise<{ first: number, all: number }> {
  const at = (worker: WorkerProcess): number | undefined => worker.events.find(seen => seen.event === event && seen.name === victim.name && seen.at >= from)?.at
  await until(() => survivors.every(worker => at(worker) !== undefined), { ...DEADLINE, what: `${event} of ${victim.name} everywhere` })
  const times = survivors.map(worker => (at(worker) ?? Infinity) - from)
  return { first: Math.min(...times), all: Math.max(...times) }
}

async function fleet (): Promise<Fleet> {
  const workers = await startWorkers(5, { cluster: randomUUID(), discovery: 'host' })
  await delay(SETTLE)
  return workers as Fleet
}

async function kill (): Promise<Record<string, number>> {
  const [victim, ...survivors] = await fleet()
  const from = performance.now()
  void victim.kill()
  const { first, all } = await told('member:fail', victim, survivors, from)
  return { 'SIGKILL → first knows': first, 'SIGKILL → all know': all, '    first → all': all - first }
}

async function freeze (): Promise<Record<string, number>> {
  const [victim, ...survivors] = await fleet()
  const frozen = performance.now()
  victim.signal('SIGSTOP')
  const { first, all } = await told('member:fail', victim, survivors, frozen)
  await delay(2_000)
  const continued = performance.now()
  victim.signal('SIGCONT')
  const { all: back } = await told('member:join', victim, survivors, continued)
  await until(async () => (await victim.call('members')).length === 5, DEADLINE)
  return { 'SIGSTOP → first knows': first, 'SIGSTOP → all know': all, '    first → all': all - first, 'SIGCONT → all know': back, 'SIGCONT → it knows all': performance.now() - continued }
}

async function stop (): Promise<Record<string, number>> {
  const [victim, ...survivors] = await fleet()
  const from = performance.now()
  const stopped = victim.call('stop').then(() => performance.now() - from)
  return { 'stop() → all know': (await told('member:leave', victim, survivors, from)).all, 'stop() resolves': await stopped }
}

/** How many are held dead that only stand still for a while. */
async function stall (): Promise<void> {
  const [victim, ...others] = await fleet()
  for (let i = 0; i < STALL.times; i++) {
    victim.signal('SIGSTOP')
    await delay(STALL.stopped)
    victim.signal('SIGCONT')
    await delay(STALL.running)
  }
  const losses = [victim, ...others].flatMap(({ events }) => events).filter(({ event }) => event === 'member:fail').length
  await endWorkers()
  console.log(`members held dead while one of five stands still for ${STALL.stopped} ms, ${STALL.times} times: ${losses}`)
}

const FLEETS: Record<string, () => Promise<Record<string, number>>> = { kill, freeze, stop }

// ---- many nodes ----

interface Nodes { processes: number, each: number }

/** In a process of its own: starts nodes when told to, tells when all see all, and what it uses meanwhile. */
async function runNodes (cluster: string, each: number, total: number): Promise<void> {
  process.send?.('ready')
  await once(process, 'message')
  const nodes = await Promise.all(Array.from({ length: each }, () => createGroupcache({ cluster, discovery: [host()], listen: ['/ip4/127.0.0.1/tcp/0'] })))
  await Promise.all(nodes.map(node => node.ready({ members: total })))
  process.send?.('formed')
  process.on('message', () => { process.send?.(process.cpuUsage()) })
}

async function withNodes<T> ({ processes, each }: Nodes, work: (ask: () => Promise<NodeJS.CpuUsage[]>, formed: number) => T | Promise<T>): Promise<T> {
  const cluster = randomUUID()
  const children = Array.from({ length: processes }, () => fork(fileURLToPath(import.meta.url), ['--run', JSON.stringify({ cluster, each, total: processes * each })], { execArgv: ['--import', 'tsx'] }))
  const all = (): Promise<unknown[]> => Promise.all(children.map(async child => (await once(child, 'message') as unknown[])[0]))
  try {
    await all()
    const from = performance.now()
    const formed = all()
    for (const child of children) child.send('start')
    await formed
    const took = performance.now() - from
    return await work(async () => {
      const answers = all()
      for (const child of children) child.send('cpu')
      return await answers as NodeJS.CpuUsage[]
    }, took)
  } finally {
    for (const child of children) child.kill('SIGKILL')
  }
}

async function form (): Promise<void> {
  const took = await withNodes({ processes: 10, each: 5 }, (_ask, formed) => formed)
  console.log(`50 nodes in 10 processes see each other after   ${(took / 1_000).toFixed(1)} s`)
}

async function idle (): Promise<void> {
  const SECONDS = 30
  const shares = await withNodes({ processes: 10, each: 1 }, async ask => {
    await delay(2 * SETTLE)
    const before = await ask()
    await delay(SECONDS * 1_000)
    const after = await ask()
    return after.map((usage, i) => (usage.user + usage.system - (before[i]?.user ?? 0) - (before[i]?.system ?? 0)) / (SECONDS * 1e6))
  })
  printShares(shares)
}

const ALONE: Record<string, () => Promise<void>> = { form, idle, stall }

// ---- the run ----

if (values.run !== undefined) {
  const { cluster, each, total } = JSON.parse(values.run) as { cluster: string, each: number, total: number }
  await runNodes(cluster, each, total)
} else {
  for (const name of values.only.split(',')) {
    await ALONE[name]?.()
    const round = FLEETS[name]
    if (round === undefined) continue
    const found: Record<string, number[]> = {}
    for (let i = 0; i < rounds; i++) {
      process.stderr.write(`\r${name} ${i + 1}/${rounds}  `)
      for (const [what, ms] of Object.entries(await round())) (found[what] ??= []).push(ms)
      await endWorkers()
    }
    process.stderr.write('\r')
    for (const [what, times] of Object.entries(found)) printTimes(what, times)
  }
}
