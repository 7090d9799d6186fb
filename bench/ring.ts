// Which way of placing keys is even, moves little, and is quick? Key families and sizes as in docs/ring.md.
//
//   npm run build && node --import tsx bench/ring.ts [--seed 12345] [--keys 1000000]

import { parseArgs } from 'node:util'
import { hash32 } from '../src/ring/hash.js'
import { SLOTS } from '../src/ring/distance.js'
import { Jump, Maglev } from './ring/buckets.js'
import { Chosen } from './ring/candidate.js'
import { keyFamilies } from './ring/keys.js'
import { built, changeTime, equals, hashesOf, loads, lookUpTime, movement, WEIGHTS } from './ring/measure.js'
import { PointsRing } from './ring/points-ring.js'
import { BoundedSlots, PlainRendezvous, RandomSlots } from './ring/rendezvous.js'
import { describeMachine } from './suite/machine.js'
import { seeded } from '../test/support/seeds.js'
import type { Candidate, Placement } from './ring/candidate.js'

const { values } = parseArgs({ options: { seed: { type: 'string', default: '12345' }, keys: { type: 'string', default: '1000000' } } })
const seed = Number(values.seed)
const count = Number(values.keys)
const SIZES = [3, 5, 10, 30, 100]
const MAP_SIZES = [2_000, 100_000, 1_000_000]

const chosen: Candidate = { name: 'slots, ranked by permutations (src/ring)', hasWeights: true, create: () => new Chosen() }
const CANDIDATES: readonly Candidate[] = [
  chosen,
  ...([[160, 1], [20_000, 1], [1, 21], [3_000, 4]] as const).map(([points, probes]) => ({
    name: `${probes === 1 ? 'ring' : `multi-probe × ${probes}`}, ${points.toLocaleString('en')} point${points === 1 ? '' : 's'} each`,
    hasWeights: true,
    create: () => new PointsRing(points, probes)
  })),
  { name: '2¹⁴ slots, bounded rendezvous', hasWeights: true, create: () => new BoundedSlots(14) },
  { name: '2²⁰ slots, random rendezvous', hasWeights: true, create: () => new RandomSlots(20) },
  { name: 'rendezvous for each key', hasWeights: true, create: () => new PlainRendezvous() },
  { name: 'Maglev, 65,537 slots', hasWeights: true, create: () => new Maglev(65_537) },
  { name: 'jump hash of sorted names', hasWeights: false, create: () => new Jump() }
]

const families = Object.entries(keyFamilies(seed)).map(([name, family]) => ({ name, family, hashes: hashesOf(family, count) }))
const random = families[0]?.hashes ?? new Uint32Array(0)

function printRow (name: string, cells: readonly string[]): void {
  console.log(`| ${name.padEnd(42)} | ${cells.map(cell => cell.padStart(8)).join(' | ')} |`)
}

function printHead (name: string, columns: readonly string[]): void {
  printRow(name, columns)
  console.log(`|${'-'.repeat(44)}|${columns.map(() => '---------:').join('|')}|`)
}

/** Some keys of a family in the order that they are asked for, as often as there are of them. */
function asked (name: string, size: number): { keys: string[], order: string[] } {
  const family = keyFamilies(seed)[name] as (i: number) => string
  const draw = seeded(seed)
  // in one piece each, as they come from a socket or a parser: a string put together of parts is read more slowly
  const keys = Array.from({ length: size }, (_, i) => Buffer.from(family(i)).toString())
  return { keys, order: Array.from(keys, () => keys[Math.floor(draw() * size)] as string) }
}

function printMachine (): Promise<void> {
  return describeMachine().then(({ cpu, cores, system, node, load }) => {
    console.log(`${cpu} × ${cores}, ${system}, Node ${node}, load ${load}; seed ${seed}, ${count.toLocaleString('en')} keys\n`)
  })
}

function printShares (): void {
  console.log(`Peak to mean, the worst of ${families.map(({ name }) => name).join(', ')}; the worst member's distance from its share with weights ${WEIGHTS.join(' ')};`)
  console.log('keys moved when one joins 100, in units of its share; those of them that moved between two others.\n')
  printHead('', [...SIZES.map(String), 'weights', 'moved', 'astray'])
  for (const candidate of CANDIDATES) {
    const peaks = SIZES.map(size => {
      const nodes = equals(size)
      const placement = built(candidate, nodes)
      return Math.max(...families.flatMap(({ hashes }) => loads(placement, nodes, hashes))).toFixed(3)
    })
    const weighted = equals(WEIGHTS.length).map((node, i) => ({ ...node, weight: WEIGHTS[i] as number }))
    const off = Math.max(...loads(built(candidate, weighted), weighted, random).map(load => Math.abs(load - 1)))
    const { moved, astray } = movement(candidate, equals(100), random)
    printRow(candidate.name, [...peaks, candidate.hasWeights ? `${(off * 100).toFixed(1)} %` : 'none', moved.toFixed(3), `${(astray * 100).toFixed(2)} %`])
  }
}

function printCosts (): void {
  const samples = ['key-0', 'uuid'].map(family => asked(family, 100_000))
  const maps = samples.map(({ keys, order }) => {
    const map = new Map(keys.map((key, i) => [key, i]))
    return lookUpTime(key => map.get(key), order, 10)
  })
  console.log(`\nAt 100 members: ns for a look-up, hash of the key included, and that in units of a Map.get of the same key (100,000 keys in the Map; ${maps.map(time => time.toFixed(0)).join(' and ')} ns);`)
  console.log('ms for a change and the first look-up after it; MB of its tables.\n')
  printHead('', ['key-0', '÷ Map', 'uuid', '÷ Map', 'change', 'MB'])
  for (const candidate of CANDIDATES) {
    const placement = built(candidate, equals(100))
    const cells = samples.flatMap(({ order }, i) => {
      const time = lookUpTime(key => placement.owner(hash32(key)), order, 10)
      return [time.toFixed(0), (time / (maps[i] as number)).toFixed(2)]
    })
    const rounds = candidate.name.includes('bounded') || candidate.name.includes('random') ? 3 : 25
    printRow(candidate.name, [...cells, changeTime(candidate, equals(100), rounds).toFixed(3), (placement.bytes / 1e6).toFixed(2)])
  }
}

/** The chosen one with all kinds of keys, hot and cold: what the processor's caches hold makes the difference. */
function printLookUps (): void {
  console.log('\nThe chosen one at 100 members: ns for a look-up ÷ ns for a Map.get of the same key, by the keys in the Map; the same strings again.\n')
  printHead('keys in the Map', families.map(({ name }) => name))
  for (const size of MAP_SIZES) {
    const cells = families.map(({ name }) => {
      const { keys, order } = asked(name, size)
      const map = new Map(keys.map((key, i) => [key, i]))
      const placement = built(chosen, equals(100))
      const rounds = Math.max(5, 1e6 / size)
      const [own, its] = [lookUpTime(key => placement.owner(hash32(key)), order, rounds), lookUpTime(key => map.get(key), order, rounds)]
      return `${(own / its).toFixed(1)}`
    })
    printRow(size.toLocaleString('en'), cells)
  }
}

const everySlot = Uint32Array.from({ length: SLOTS }, (_, slot) => slot * (2 ** 32 / SLOTS))

function touchAll (placement: Placement): number {
  const start = performance.now()
  for (const hash of everySlot) placement.owner(hash)
  return performance.now() - start
}

/** What a change leaves to the look-ups after it, and how even the slots are without what a sample of keys adds to that. */
function printSizes (): void {
  console.log(`\nThe chosen one by size. Standard deviation and peak of the members' shares of the ${SLOTS.toLocaleString('en')} slots, in % of the mean; µs for a change; ns for the first look-up`)
  console.log('in a slot, and for one after it; what a join, and a leave, cost all slots together, ms, where there is a table.\n')
  printHead('members', ['sd', 'peak', 'change', 'first', 'again', 'join', 'leave'])
  for (const size of [1, 2, 3, 5, 8, 9, 50, 100, 1_000]) {
    const nodes = equals(size)
    const placement = built(chosen, nodes)
    const change = changeTime(chosen, nodes, 25) * 1_000
    const first = touchAll(placement)
    const again = touchAll(placement)
    const off = loads(placement, nodes, everySlot).map(load => load - 1)
    placement.add({ name: 'newcomer', weight: 1 })
    const join = touchAll(placement) - again
    placement.remove('newcomer')
    const leave = touchAll(placement) - again
    const deviation = Math.sqrt(off.reduce((sum, each) => sum + each * each, 0) / size)
    printRow(size.toLocaleString('en'), [
      ...[deviation, Math.max(...off)].map(part => (part * 100).toFixed(2)), change.toFixed(1),
      ...[first, again].map(time => (time / SLOTS * 1e6).toFixed(0)), ...[join, leave].map(time => size > 8 ? time.toFixed(0) : '')
    ])
  }
  const most = equals(5_000).map(node => ({ ...node, weight: 10 }))
  printRow('5,000 of weight 10', ['', '', (changeTime(chosen, most, 25) * 1_000).toFixed(1), (firstLooks(built(chosen, most)) * 1e6).toFixed(0), '', '', ''])
}

/** Milliseconds for the first look-up in a slot, of some. */
function firstLooks (placement: Placement): number {
  const start = performance.now()
  for (let i = 0; i < 10_000; i++) placement.owner(Math.imul(i, 0x9e3779b1) >>> 0)
  return (performance.now() - start) / 10_000
}

await printMachine()
printShares()
printCosts()
printLookUps()
printSizes()
