// Does a cache stay within its limit, as the operating system counts? A million gets of 200,000 keys in
// random order with 1 kB values and maxBytes of 64 MiB, each case in a process of its own.
//
//   npm run build && node --import tsx bench/memory.ts [--seed 12345] [--gets 1000000] [--mib 64] [--over node,cache]
//
// The growth is that of the resident set over its size after a warm-up: 150,000 gets of another group with
// a limit of 1 MiB, so that what any busy process takes (young generation, compiled code) is there already.
// How much garbage V8 holds at that moment differs by 30 MiB and more from run to run, and so does the growth:
// run it several times, and compare "at rest" + growth, which is the largest size, as well.
// A second table has what one entry takes after a garbage collection, beside what it is counted with.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createGroupcache } from 'groupcache'
import { GroupMemory } from '../src/cache/group-memory.js'
import { systemClock } from '../src/clock.js'
import { messagePack } from '../src/codec/message-pack.js'

const MIB = 1024 * 1024
const KEYS = 200_000
const WARM_UP_GETS = 150_000
const IN_FLIGHT = 100
const SAMPLE_EVERY = 100

type Get = (key: string) => Promise<unknown>
interface Subject { open (maxBytes: number): { get: Get, items: () => number }, close (): Promise<void> }
interface Outcome { base: number, growth: number, heap: number, arrayBuffers: number, items: number, loads: number, seconds: number }

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '12345' },
    gets: { type: 'string', default: '1000000' },
    mib: { type: 'string', default: '64' },
    over: { type: 'string', default: 'node,cache' },
    run: { type: 'string' }
  }
})
const gets = Number(values.gets)
const MAX_BYTES = Number(values.mib) * MIB

let state = Number(values.seed)
/** xorshift32: the same keys and values for the same seed. */
function random (below: number): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % below
}

// a loader that leaves no garbage but its values
const letters = Buffer.from(Array.from({ length: MIB }, () => 97 + random(26)))
function text (length: number): string {
  const start = random(MIB - length)
  return letters.toString('latin1', start, start + length)
}

const LOADERS: Record<string, (key: string) => unknown> = {
  string: () => text(1_000),
  object: key => ({ id: key, name: text(20), email: text(30), age: 33, score: random(1e6) / 7, tags: ['a', 'b', text(10)], address: { street: text(30), city: text(20), zip: 12345 }, bio: text(750) })
}
let loads = 0
let groups = 0

/** The cache alone, read as a group reads it. */
function overCache (load: (key: string) => unknown): Subject {
  const codec = messagePack()
  return {
    open: maxBytes => {
      const cache = new GroupMemory({ clock: systemClock, maxBytes, hot: false, codec, staleWhileRevalidate: 0, staleIfError: 0 })
      const get: Get = async key => {
        const entry = cache.owned(key, systemClock.now())
        if (entry !== undefined) return cache.decode(key, entry)
        loads++
        const bytes = codec.encode(await load(key))
        return cache.decode(key, cache.storeOwned(key, { bytes, ttl: Infinity, tags: [] }, { keep: true }))
      }
      return { get, items: () => cache.items }
    },
    close: async () => {}
  }
}

/** A whole node without other members. */
async function overNode (load: (key: string) => unknown): Promise<Subject> {
  const node = await createGroupcache({ discovery: [], listen: ['/ip4/127.0.0.1/tcp/0'] })
  return {
    open: maxBytes => {
      const group = node.group(`${++groups}`, { maxBytes, load: key => { loads++; return load(key) } })
      return { get: key => group.get(key), items: () => group.stats().items }
    },
    close: () => node.stop()
  }
}

async function getMany (get: Get, count: number): Promise<void> {
  for (let i = 0; i < count; i += IN_FLIGHT) {
    await Promise.all(Array.from({ length: IN_FLIGHT }, () => get(`key:${random(KEYS)}`)))
    // so that the sampling gets its turn
    if (i % 1_000 === 0) await nextTurn()
  }
}

async function runCase (over: string, kind: string): Promise<Outcome> {
  const load = LOADERS[kind] as (key: string) => unknown
  const subject = over === 'node' ? await overNode(load) : overCache(load)
  await getMany(subject.open(MIB).get, WARM_UP_GETS)
  await delay(1_000)
  const base = process.memoryUsage.rss()
  const outcome = { base, growth: 0, heap: 0, arrayBuffers: 0 }
  const sampling = setInterval(() => {
    const { rss, heapTotal, arrayBuffers } = process.memoryUsage()
    outcome.growth = Math.max(outcome.growth, rss - base)
    outcome.heap = Math.max(outcome.heap, heapTotal)
    outcome.arrayBuffers = Math.max(outcome.arrayBuffers, arrayBuffers)
  }, SAMPLE_EVERY)
  loads = 0
  const started = performance.now()
  const { get, items } = subject.open(MAX_BYTES)
  await getMany(get, gets)
  const seconds = (performance.now() - started) / 1_000
  await delay(3 * SAMPLE_EVERY)
  clearInterval(sampling)
  const found = { ...outcome, items: items(), loads, seconds }
  await subject.close()
  return found
}

// ---- what one entry takes ----

const COST_ITEMS = 20_000
const SHAPES: Record<string, { value: (key: string) => unknown, tags?: (key: string) => string[], reads?: number }> = {
  '10 bytes': { value: () => text(9) },
  '1,000 bytes': { value: () => text(997) },
  '1,000 bytes, decoded': { value: () => text(997), reads: 4 },
  '1,000 bytes, 3 tags that others share': { value: () => text(997), tags: () => ['users', 'page', `region ${random(20)}`] },
  '1,000 bytes, 3 tags of its own': { value: () => text(997), tags: key => [`a ${key}`, `b ${key}`, `c ${key}`] },
  'object of 8 properties, decoded': { value: key => LOADERS.object?.(key), reads: 4 },
  'array of 100 small integers, decoded': { value: () => Array.from({ length: 100 }, () => random(100)), reads: 4 },
  'array of 100 fractions, decoded': { value: () => Array.from({ length: 100 }, () => random(1e6) / 7), reads: 4 },
  'object with 10 names of its own, decoded': { value: key => Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`${key} ${i}`, i])), reads: 4 },
  'object of 40 properties, decoded': { value: () => Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`name${i}`, i])), reads: 4 },
  '1,000 two-byte letters, decoded': { value: () => 'ж'.repeat(500) + text(500), reads: 4 },
  '500 bytes in a typed array, decoded': { value: () => ({ a: Uint8Array.from(letters.subarray(0, 500)) }), reads: 4 }
}

async function costOf (shape: string): Promise<{ real: number, counted: number }> {
  const { value, tags = () => [], reads = 0 } = SHAPES[shape] ?? { value: () => null }
  const codec = messagePack()
  const fill = async (): Promise<GroupMemory<unknown>> => {
    const cache = new GroupMemory({ clock: systemClock, maxBytes: 1024 * MIB, hot: false, codec, staleWhileRevalidate: 0, staleIfError: 0 })
    for (let i = 0; i < COST_ITEMS; i++) {
      const key = `key:${i}`
      cache.storeOwned(key, { bytes: codec.encode(value(key)), ttl: Infinity, tags: tags(key) }, { keep: true })
      for (let read = 0; read < reads; read++) {
        const entry = cache.owned(key, 0)
        if (entry !== undefined) cache.decode(key, entry)
      }
    }
    await nextTurn()
    return cache
  }
  const used = async (): Promise<number> => {
    for (let i = 0; i < 3; i++) {
      globalThis.gc?.()
      await delay(20)
    }
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  await fill()
  const before = await used()
  const cache = await fill()
  const real = (await used() - before) / COST_ITEMS
  return { real, counted: cache.bytes / COST_ITEMS }
}

// ---- each in a process of its own ----

async function inChild<T> (run: string, ...flags: string[]): Promise<T> {
  const child = fork(fileURLToPath(import.meta.url), ['--seed', values.seed, '--gets', values.gets, '--mib', values.mib, '--run', run], { execArgv: ['--import', 'tsx', ...flags] })
  const [outcome] = await once(child, 'message') as [T]
  return outcome
}

const mib = (bytes: number): string => (bytes / MIB).toFixed(1).padStart(9)

if (values.run !== undefined) {
  const [over = '', kind = ''] = values.run.split('|')
  process.send?.(over === 'cost' ? await costOf(kind) : await runCase(over, kind))
  process.disconnect()
} else {
  console.log(`seed ${values.seed}, Node ${process.version}, ${gets} gets of ${KEYS} keys, maxBytes ${MAX_BYTES / MIB} MiB; figures in MiB\n`)
  console.log('over   values    at rest  max growth  ÷ maxBytes  max heap  max buffers    items   loads  seconds')
  for (const over of values.over.split(',').filter(name => name !== '')) {
    for (const kind of Object.keys(LOADERS)) {
      const { base, growth, heap, arrayBuffers, items, loads, seconds } = await inChild<Outcome>(`${over}|${kind}`)
      console.log(`${over.padEnd(6)} ${kind} ${mib(base)}   ${mib(growth)}        ${(growth / MAX_BYTES).toFixed(2)} ${mib(heap)}    ${mib(arrayBuffers)} ${String(items).padStart(8)} ${String(loads).padStart(7)} ${seconds.toFixed(1).padStart(8)}`)
    }
  }
  console.log('\nbytes of an entry, key of 9 letters                    real   counted')
  for (const shape of Object.keys(SHAPES)) {
    const { real, counted } = await inChild<{ real: number, counted: number }>(`cost|${shape}`, '--expose-gc')
    console.log(`${shape.padEnd(48)} ${String(Math.round(real)).padStart(10)} ${String(Math.round(counted)).padStart(9)}`)
  }
}
