// What becomes of speed as things grow: owners, members, keys, waiters for one key, and large values beside small ones.
//
//   npm run build && node --import tsx bench/scale.ts [--rounds 5] [--ms 1000]
//
// In each round every size has its turn, so that a noisy minute meets all of them, but for the number of owners; medians.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bytes, createGroupcache } from 'groupcache'
import { inLoops } from './contestants/loops.js'
import type { Groupcache, Group } from 'groupcache'
import type { ChildProcess } from 'node:child_process'
import type { Request } from './scale-member.js'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, ms: { type: 'string', default: '1000' } } })
const ROUNDS = Number(values.rounds)
const MS = Number(values.ms)
const IN_FLIGHT = 64
const LOAD_MS = 200

class Process {
  readonly #child: ChildProcess = fork(fileURLToPath(new URL('./scale-member.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] })

  async ask<T> (request: Request): Promise<T> {
    this.#child.send(request)
    const [message] = await once(this.#child, 'message') as [{ result: T }]
    return message.result
  }

  async end (): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }
}

interface Cluster { cache: Groupcache, group: Group<Uint8Array>, processes: Process[], close: () => Promise<void> }

/** This process's member, and `processes` others with so many members each. */
async function cluster (perProcess: readonly number[]): Promise<Cluster> {
  const processes = perProcess.map(() => new Process())
  const cache = await createGroupcache({ name: 'client', discovery: [], membership: 'manual', listen: ['/ip4/127.0.0.1/tcp/0'] })
  const addresses = (await Promise.all(processes.map((process, p) => process.ask<string[]>({ start: Array.from({ length: perProcess[p] ?? 0 }, (_, m) => `member ${p} ${m}`), loadMs: LOAD_MS })))).flat()
  await cache.setPeers(addresses)
  for (const process of processes) await process.ask({ peers: [String(cache.multiaddrs[0]), ...addresses] })
  const group = cache.group<Uint8Array>('bench', { load: () => { throw new Error('others answer every get') }, hot: false, codec: bytes() })
  return { cache, group, processes, close: async () => { await Promise.all([cache.stop(), ...processes.map(process => process.end())]) } }
}

function median (figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? NaN
}

/** `count` keys that others own and have in memory. @param isFit - which of them */
async function keysOf ({ group }: Cluster, count: number, isFit: (owner: string) => boolean = () => true): Promise<string[]> {
  const keys: string[] = []
  for (let i = 0; keys.length < count; i++) {
    const owner = group.owner(`key:${i}`)
    if (!owner.self && isFit(owner.name)) keys.push(`key:${i}`)
  }
  for (let i = 0; i < count; i += 1_000) await group.getMany(keys.slice(i, i + 1_000))
  return keys
}

/** Rates of several set-ups, in turns. @returns what they were compared with: the first one's, unless another is given */
async function compare (what: string, setUps: ReadonlyArray<readonly [string, Cluster, readonly string[]]>, given?: number): Promise<number> {
  const loops = setUps.map(([, { group }, keys]) => inLoops(keys, async key => { await group.get(key) }))
  const rates = setUps.map(() => [] as number[])
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, rate] of loops.entries()) {
      const figure = await rate(IN_FLIGHT, MS)
      if (round > 0) rates[i]?.push(figure)
    }
  }
  const first = given ?? median(rates[0] ?? [])
  for (const [i, [name]] of setUps.entries()) console.log(`| ${what} | ${name} | ${Math.round(median(rates[i] ?? [])).toLocaleString('en')} gets/s | ${(median(rates[i] ?? []) / first).toFixed(2)} |`)
  return first
}

/** One after the other: processes that only stand by would get in the way of so few cores. */
async function owners (): Promise<void> {
  let first: number | undefined
  for (const count of [1, 2, 4]) {
    const each = await cluster(Array.from({ length: count }, () => 1))
    first = await compare('owners in processes of their own', [[String(count), each, await keysOf(each, 10_000)]], first)
    await each.close()
  }
}

/** The same owner, in a process of its own, among more and more members that have nothing to do. */
async function members (): Promise<void> {
  const sizes = [2, 10, 50]
  const clusters = await Promise.all(sizes.map(size => cluster(size === 2 ? [1] : [1, size - 2])))
  await compare('members', await Promise.all(clusters.map(async (each, i) => [String(sizes[i]), each, await keysOf(each, 10_000, owner => owner === 'member 0 0')] as const)))
  await Promise.all(clusters.map(each => each.close()))
}

async function keys (): Promise<void> {
  const each = await cluster([1])
  const all = await keysOf(each, 1_000_000)
  // asked for in no order that a processor's cache could know
  const spread = (count: number): string[] => Array.from({ length: count }, (_, i) => all[i * 7_919 % count] as string)
  await compare('keys', [10_000, 100_000, 1_000_000].map(count => [count.toLocaleString('en'), each, spread(count)] as const))
  await each.close()
}

/** One cold key, 2,000 gets at once at each of five members. */
async function waiters (): Promise<void> {
  const each = await cluster([1, 1, 1, 1, 1])
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const settled = await Promise.all(each.processes.map(process => process.ask<number>({ key: `cold ${round}`, count: 2_000 })))
    times.push(Math.max(...settled))
  }
  console.log(`| 10,000 gets of one cold key | ${LOAD_MS} ms to load | ${Math.round(median(times))} ms until all have it, ${Math.round(Math.max(...times))} at most | ${(median(times) / LOAD_MS).toFixed(2)} |`)
  await each.close()
}

/** Small gets, four at a time, with and without 8 MB/s of large values from the same member. */
async function beside (): Promise<void> {
  const each = await cluster([1])
  const small = await keysOf(each, 10_000)
  const large = Array.from({ length: 8 }, (_, i) => `large ${i}`).filter(key => !each.group.owner(key).self)
  await each.group.getMany(large)
  const p99s: [number[], number[]] = [[], []]
  for (let round = 0; round <= ROUNDS; round++) {
    for (const withLarge of [0, 1] as const) {
      const latencies: number[] = []
      const timer = withLarge === 1 ? setInterval(() => { void each.group.get(large[Math.floor(Math.random() * large.length)] as string) }, 125) : undefined
      await inLoops(small, async key => {
        const started = performance.now()
        await each.group.get(key)
        latencies.push(performance.now() - started)
      })(4, 2 * MS)
      clearInterval(timer)
      await delay(100)
      latencies.sort((a, b) => a - b)
      if (round > 0) p99s[withLarge].push(latencies[Math.floor(latencies.length * 0.99)] ?? NaN)
    }
  }
  const [without, beside] = [median(p99s[0]), median(p99s[1])]
  console.log(`| p99 of small gets, 4 in flight | alone ${without.toFixed(3)} ms | beside 8 MB/s of 1 MB values ${beside.toFixed(3)} ms | ${(beside / without).toFixed(2)} |`)
  await each.close()
}

console.log('| what | size | median | ÷ the first |\n|---|---|---|---|')
await owners()
await members()
await keys()
await waiters()
await beside()
