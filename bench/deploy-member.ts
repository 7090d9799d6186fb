// One process of bench/deploy.ts: a member, its loader, which tells the parent of each load, and gets at a steady rate.

import { bootstrap, bytes, createGroupcache } from 'groupcache'
import { valueOf } from './contestants/contestant.js'
import { generator, zipf } from './zipf.js'
import type { Group, StandaloneGroupcache } from 'groupcache'

export interface Traffic {
  seed: number
  /** Gets a second. */
  rate: number
  keys: number
  /** Of the gets, those of keys that nobody asked for before. */
  fresh: number
}

export type Order =
  | { start: { name: string, addresses: string[] } }
  | { ready: number }
  | { warm: [number, number] }
  | { traffic: Traffic }
  | { endTraffic: true }
  | { owned: number }
  /** When this member learned of these failures, in the host's monotonic nanoseconds. */
  | { failed: string[] }
  | { stop: true }

/** What a window of traffic came to. */
export interface Report { gets: number, failures: string[], took: number[] }

const VALUE = valueOf(1_000)
let cache: StandaloneGroupcache
let group: Group<Uint8Array>
const failedAt = new Map<string, bigint>()
let timer: NodeJS.Timeout | undefined
let report: Report = { gets: 0, failures: [], took: [] }
const pending = new Set<Promise<void>>()

async function get (key: string): Promise<void> {
  const begin = performance.now()
  report.gets++
  try {
    await group.get(key)
  } catch (err) {
    report.failures.push(`${key}: ${String(err)}`)
  }
  report.took.push(performance.now() - begin)
}

/** As many as are due by the clock, whether or not those before have their answers. */
function begin ({ seed, rate, keys, fresh }: Traffic): void {
  const random = generator(seed)
  const rank = zipf(keys, 1, random)
  const started = performance.now()
  let count = 0
  timer = setInterval(() => {
    for (const due = (performance.now() - started) * rate / 1_000; count < due; count++) {
      const work = get(random() < fresh ? `fresh ${seed} ${count}` : `key ${rank()}`).finally(() => { pending.delete(work) })
      pending.add(work)
    }
  }, 5)
}

async function follow (order: Order): Promise<unknown> {
  if ('start' in order) {
    const { name, addresses } = order.start
    cache = await createGroupcache({ name, discovery: [bootstrap(addresses)], listen: ['/ip4/127.0.0.1/tcp/0'] })
    cache.addEventListener('member:fail', ({ detail }) => { failedAt.set(detail.name, process.hrtime.bigint()) })
    group = cache.group<Uint8Array>('bench', { maxBytes: 2 ** 30, codec: bytes(), load: async key => { process.send?.({ load: key }); await new Promise(resolve => { setTimeout(resolve, 5) }); return VALUE } })
    return cache.multiaddrs.map(String)
  }
  if ('ready' in order) return cache.ready({ members: order.ready, signal: AbortSignal.timeout(20_000) })
  if ('warm' in order) {
    for (let i = order.warm[0]; i < order.warm[1]; i += 500) await group.getMany(Array.from({ length: Math.min(500, order.warm[1] - i) }, (_, k) => `key ${i + k}`))
    return undefined
  }
  if ('traffic' in order) return begin(order.traffic)
  if ('endTraffic' in order) {
    clearInterval(timer)
    await Promise.all(pending)
    const over = report
    report = { gets: 0, failures: [], took: [] }
    return over
  }
  if ('owned' in order) return Array.from({ length: order.owned }, (_, i) => `key ${i}`).filter(key => group.owner(key).self)
  if ('failed' in order) {
    return order.failed.map(name => {
      const at = failedAt.get(name)
      if (at === undefined) throw new Error(`did not learn that ${name} is dead`)
      return String(at)
    })
  }
  const began = performance.now()
  await cache.stop()
  return performance.now() - began
}

process.on('message', ({ id, order }: { id: number, order: Order }) => {
  follow(order).then(result => process.send?.({ id, result }), (err: unknown) => process.send?.({ id, failure: String(err) }))
})
process.on('disconnect', () => { process.exit() })
