// What does one cached entry take beside its key and its value? A million values of 100 B on one node.
//
//   npm run build && node --expose-gc --import tsx bench/memory-entries.ts

import { setTimeout as delay } from 'node:timers/promises'
import { bytes, createGroupcache } from 'groupcache'

const ENTRIES = 1_000_000
const SIZE = 100
const STEP = 1_000

const collect = globalThis.gc
if (collect === undefined) throw new Error('to be run with --expose-gc: what is not collected yet would be counted')

const value = new Uint8Array(SIZE).fill(120)
const cache = await createGroupcache({ discovery: [], membership: 'manual', listen: ['/ip4/127.0.0.1/tcp/0'] })
const group = cache.group<Uint8Array>('entries', { load: () => value, codec: bytes(), maxBytes: 4 * 2 ** 30 })
let keyLetters = 0

/** Bytes alive, and of the process. */
async function measured (): Promise<{ alive: number, resident: number }> {
  // the second one sees what the first one's finalisers have let go
  for (let i = 0; i < 2; i++) {
    collect?.()
    await delay(200)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { alive: heapUsed + external, resident: rss }
}

async function getAll (): Promise<void> {
  keyLetters = 0
  for (let i = 0; i < ENTRIES; i += STEP) {
    const keys = Array.from({ length: STEP }, (_, j) => `user:${i + j}`)
    for (const key of keys) keyLetters += key.length
    await group.getMany(keys)
  }
}

await group.get('warm-up')
const before = await measured()
await getAll()
const after = await measured()
for (let i = 0; i < 4; i++) await getAll()
const read = await measured()
await cache.stop()

const each = (now: number, then: number): number => Math.round((now - then) / ENTRIES)
const content = SIZE + keyLetters / ENTRIES
console.log(`| an entry of ${SIZE} B under a key of ${Math.round(keyLetters / ENTRIES)} letters | alive | of the process |\n|---|---|---|`)
console.log(`| loaded | ${each(after.alive, before.alive)} | ${each(after.resident, before.resident)} |`)
console.log(`| beside key and value | ${Math.round(each(after.alive, before.alive) - content)} | ${Math.round(each(after.resident, before.resident) - content)} |`)
console.log(`| read four times more | ${each(read.alive, before.alive)} | ${each(read.resident, before.resident)} |`)
