// What membership costs and how soon it notices, by the size of the cluster:
// node --import tsx test/simulation/membership-report.ts [--sizes 3,5,10,30,100,300,1000] [--seed 1] [--timing lan]

import { parseArgs } from 'node:util'
import { TIMINGS } from '../../src/membership/timing.js'
import { measureCrashes, measureNews, measureWrongs } from '../support/membership-sim/measure.js'
import type { Traffic } from '../support/membership-sim/network.js'
import type { Detection } from '../support/membership-sim/measure.js'

const { values } = parseArgs({
  options: { sizes: { type: 'string', default: '3,5,10,30,100,300,1000' }, seed: { type: 'string', default: '1' }, timing: { type: 'string', default: 'lan' } }
})
const sizes = values.sizes.split(',').map(Number)
const seed = Number(values.seed)
const timing = TIMINGS[values.timing as keyof typeof TIMINGS]
const begin = performance.now()

/** Node-periods that wrong verdicts are counted over, at least. */
const NODE_PERIODS = 10_000

const progress = (what: string): void => { process.stderr.write(`${((performance.now() - begin) / 1_000).toFixed(0).padStart(4)} s  ${what}\n`) }
const row = (...cells: Array<string | number>): void => { console.log(`| ${cells.join(' | ')} |`) }
const head = (...cells: string[]): void => {
  row(...cells)
  console.log(`|${cells.map(() => '---').join('|')}|`)
}

function spread (all: readonly number[]): string {
  const sorted = [...all].sort((a, b) => a - b)
  const mean = sorted.reduce((sum, each) => sum + each, 0) / sorted.length
  const p99 = sorted[Math.min(sorted.length - 1, Math.floor(0.99 * sorted.length))] as number
  const periods = (ms: number): string => (ms / timing.probeInterval).toFixed(2)
  return `${periods(mean)} (${periods(p99)}) = ${mean.toFixed(0)} (${p99.toFixed(0)}) ms`
}

const messages = ({ pings, indirect, gossip, exchanges, dials }: Traffic): string[] => [pings, indirect, gossip, exchanges, dials].map(each => each.toFixed(3))
const trialsOf = (size: number): number => size <= 100 ? 200 : size <= 300 ? 100 : 40

interface Measured { size: number, detections: Detection[], took: number[], idle: Traffic, busy: Traffic, wrongs: string[] }
const measured: Measured[] = []
for (const size of sizes) {
  const init = { size, seed, timing }
  let done = 0
  progress(`${size}: crashes`)
  const { detections, traffic: busy } = await measureCrashes(init, trialsOf(size), () => {
    if (++done % 20 === 0) progress(`${size}: ${done} crashes`)
  })
  progress(`${size}: news`)
  const { took, idle } = await measureNews(init, trialsOf(size) / 2)
  const wrongs: string[] = []
  for (const what of [
    { loss: 0.1, kind: 'datagram', isStalling: false },
    { loss: 0.1, kind: 'stream', isStalling: false },
    { loss: 0, kind: 'stream', isStalling: true }
  ] as const) {
    progress(`${size}: loss ${what.loss}, ${what.kind}, ${what.isStalling ? 'one stalls' : 'none stalls'}`)
    const { dead, suspected, nodePeriods } = await measureWrongs(init, what, NODE_PERIODS)
    wrongs.push(`${dead} (${suspected}; ${nodePeriods})`)
  }
  measured.push({ size, detections, took, idle, busy, wrongs })
}

console.log(`Timing ${values.timing}: a period is ${timing.probeInterval} ms, a probe times out after ${timing.probeTimeout} ms. Seed ${seed}. In periods and ms, mean (p99).\n`)
head('members', 'crashes', 'first probe', 'first suspicion', 'first dead', 'known to all', 'news to all')
for (const { size, detections, took } of measured) {
  const of = (name: keyof Detection): string => spread(detections.map(each => each[name]))
  row(size, detections.length, of('probed'), of('suspected'), of('dead'), of('known'), spread(took))
}
console.log('\nMessages by node and period: idle → while a crash is being found out\n')
head('members', 'pings and answers', 'indirect', 'gossip', 'tables', 'dials')
for (const { size, idle, busy } of measured) {
  const after = messages(busy)
  row(size, ...messages(idle).map((each, i) => `${each} → ${after[i]}`))
}
console.log('\nMembers wrongly held dead, and in brackets suspicions seen and node-periods\n')
head('members', '10 % of the datagrams lost', '10 % of TCP segments sent again', 'one stalls 3 s every 10 s')
for (const { size, wrongs } of measured) row(size, ...wrongs)
