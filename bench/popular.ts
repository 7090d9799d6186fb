// Which half-life and threshold make a key popular? A model of four members with small hot caches: keys in
// Zipf's distribution, alone or mixed with a scan of keys that are asked for once. 'always' keeps a copy
// of every answer, 'popular' of those whose owner has been asked often enough of late (src/cache/demand.ts).
//
//   node --import tsx bench/popular.ts [--seed 12345] [--gets 250000]

import { parseArgs } from 'node:util'
import { LRUCache } from 'lru-cache'
import { DEMAND_HALF_LIFE, POPULAR_FROM } from '../src/cache/demand.js'
import { generator, zipf } from './zipf.js'

const MEMBERS = 4
const KEYS = 100_000
const HOT_TTL = 30_000

const { values } = parseArgs({ options: { seed: { type: 'string', default: '12345' }, gets: { type: 'string', default: '250000' } } })
const gets = Number(values.gets)

interface Rule { halfLife: number, from: number }
/** `rate` is that of the gets of the whole cluster, a second. */
interface Workload { name: string, exponent: number, scan: number, hotItems: number, rate: number }
interface Outcome { hitRate: number, asked: number }

/** @param rule - undefined = 'always'. The first quarter of the gets warms up. */
function simulate ({ exponent, scan, hotItems, rate }: Workload, rule: Rule | undefined): Outcome {
  const random = generator(Number(values.seed))
  const rank = zipf(KEYS, exponent, random)
  const hot = Array.from({ length: MEMBERS }, () => new LRUCache<number, number>({ max: hotItems }))
  const counts = new Map<number, { count: number, when: number }>()
  const found = { others: 0, hits: 0, asked: 0, gets: 0 }
  let scanned = KEYS
  for (let i = 0; i < gets; i++) {
    const now = i * 1_000 / rate
    const key = random() < scan ? scanned++ : rank()
    const member = Math.floor(random() * MEMBERS)
    const isCounted = i >= gets / 4
    if (isCounted) found.gets++
    // ranks are no hashes, but each member owns as many of any popularity
    if (key % MEMBERS === member) continue
    const copies = hot[member]
    if (isCounted) found.others++
    if ((copies?.get(key) ?? 0) > now) {
      if (isCounted) found.hits++
      continue
    }
    if (isCounted) found.asked++
    if (rule !== undefined) {
      const demand = counts.get(key) ?? { count: 0, when: now }
      demand.count = demand.count * 2 ** ((demand.when - now) / rule.halfLife) + 1
      demand.when = now
      counts.set(key, demand)
      if (demand.count < rule.from) continue
    }
    copies?.set(key, now + HOT_TTL)
  }
  return { hitRate: found.hits / found.others, asked: found.asked / found.gets * 1_000 }
}

const WORKLOADS: Workload[] = [
  ...[0.9, 1, 1.1].flatMap(exponent => [0, 0.5].map(scan => ({ name: `Zipf ${exponent}${scan === 0 ? '' : ' + scan'}`, exponent, scan, hotItems: 1_000, rate: 10_000 }))),
  // where copies never compete for room, not to keep one can only lose
  { name: 'Zipf 1, all fit', exponent: 1, scan: 0, hotItems: 20_000, rate: 10_000 },
  { name: 'Zipf 1, slow', exponent: 1, scan: 0, hotItems: 1_000, rate: 1_000 }
]
const RULES: Rule[] = [1_000, 10_000, 60_000].flatMap(halfLife => [1.5, 1.9, 2.5, 4].map(from => ({ halfLife, from })))

console.log(`seed ${values.seed}, ${gets} gets, 10,000 a second (slow: 1,000), ${MEMBERS} members, ${KEYS} keys, hot caches of 1,000 items; half of the gets are a scan where one is named`)
console.log('hit rate of the hot caches in %, and (requests to owners per 1,000 gets)\n')
console.log(`${'rule'.padEnd(28)}${WORKLOADS.map(({ name }) => name.padStart(18)).join('')}`)
for (const rule of [undefined, ...RULES]) {
  const isChosen = rule?.halfLife === DEMAND_HALF_LIFE && rule.from === POPULAR_FROM
  const name = rule === undefined ? 'always' : `half-life ${rule.halfLife / 1_000} s, from ${rule.from}${isChosen ? ' ←' : ''}`
  const cells = WORKLOADS.map(workload => {
    const { hitRate, asked } = simulate(workload, rule)
    return `${(hitRate * 100).toFixed(1)} (${asked.toFixed(0)})`.padStart(18)
  })
  console.log(`${name.padEnd(28)}${cells.join('')}`)
}
