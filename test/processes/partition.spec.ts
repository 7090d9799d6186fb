// A network that falls into two halves under load and grows together again: five hosts at two switches,
// and the cable between the switches is pulled. Needs root.

import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { now, slowest, staleReads, tell } from '../support/history.js'
import { Lan, obstacle } from '../support/namespaces.js'
import { KEYS, Origin } from '../support/origin.js'
import { SEEDS, seeded } from '../support/seeds.js'
import { until } from '../support/until.js'
import { Updates } from '../support/updates.js'
import { WorkerProcess, endWorkers } from '../support/worker-process.js'
import type { Host } from '../support/namespaces.js'
import type { Read, Update } from '../support/history.js'

const SEED = SEEDS.at(-1) as number
/** Hosts at each of the switches. */
const SIDES = [2, 3]
const PORT = 4001
const READS_PER_SECOND = 200
/** The keys that are updated while the halves grow together. The others show whether old values are left. */
const BUSY_KEYS = KEYS.slice(0, 10)
/** Milliseconds that each phase lasts. */
const CALM = 4_000
/** The halves have to be done with each other, and to find each other again, within so many milliseconds. */
const DEADLINE = 45_000

describe('five hosts, and a partition between two and three of them', function () {
  this.timeout(150_000)
  const lan = new Lan('10.231.8')
  let origin: Origin
  let hosts: Host[]
  let workers: WorkerProcess[]
  let sides: WorkerProcess[][]

  before(async function () {
    const reason = obstacle()
    if (reason !== undefined) {
      console.log(`    not run: ${reason}`)
      this.skip()
    }
    hosts = SIDES.flatMap(count => {
      const at = lan.addSwitch()
      return Array.from({ length: count }, () => lan.addHost(at))
    })
    origin = await Origin.start()
    workers = hosts.map(({ namespace }, i) => new WorkerProcess(`p${i}`, namespace))
    sides = [workers.slice(0, SIDES[0]), workers.slice(SIDES[0])]
    const cluster = randomUUID()
    const discovery = hosts.map(({ address }) => `/ip4/${address}/tcp/${PORT}`)
    await Promise.all(workers.map((worker, i) => worker.call('start', { name: worker.name, cluster, discovery, listen: [discovery[i] as string], origin: origin.path })))
    await Promise.all(workers.map(worker => worker.call('ready', workers.length)))
  })
  after(endWorkers)
  after(async () => {
    await origin?.stop()
    lan.remove()
  })

  /** Waits, under load, until each process of each group sees just that group. @returns the milliseconds it took */
  async function untilSee (groups: WorkerProcess[][], what: string): Promise<number> {
    const from = performance.now()
    await until(async () => {
      const views = await Promise.all(groups.flatMap(group => group.map(async worker => ({ group, seen: await worker.call('members') }))))
      return views.every(({ group, seen }) => seen.join() === group.map(({ name }) => name).sort().join())
    }, { timeout: DEADLINE, what })
    return Math.round(performance.now() - from)
  }

  async function keepUpWhile<T> (updates: Updates, work: Promise<T>): Promise<T> {
    const state = { isOver: false }
    const done = work.finally(() => { state.isOver = true })
    while (!state.isOver) await updates.keepUp(workers, 100)
    return done
  }

  it(`answer nothing that either half has removed once they are together again, and fail no get; seed ${SEED}`, async () => {
    const updates = new Updates(seeded(SEED))
    const busy = new Updates(seeded(SEED + 1), BUSY_KEYS)
    await Promise.all(workers.map((worker, i) => worker.call('startTraffic', { seed: SEED + i, perSecond: READS_PER_SECOND })))
    await updates.keepUp(workers, CALM)

    const cutAt = now()
    lan.cut(1)
    const splitMs = await keepUpWhile(updates, untilSee(sides, 'each half among itself'))
    const apartAt = now()
    await updates.keepUp(workers, CALM)
    await updates.settled()

    const healedAt = now()
    lan.heal(1)
    const healMs = await keepUpWhile(busy, untilSee([workers], 'all together again'))
    const settledAt = now()
    await busy.keepUp(workers, CALM)
    await Promise.all(workers.map(worker => worker.call('sweep')))
    await updates.keepUp(workers, CALM)
    await Promise.all([updates.settled(), busy.settled()])
    await Promise.all(workers.map(worker => worker.call('sweep')))
    await Promise.all(workers.map(worker => worker.call('endTraffic')))

    const reads = workers.flatMap(worker => worker.reads)
    const failures = workers.flatMap(worker => worker.failures)
    const made = [...updates.done, ...busy.done]
    const sideOf = new Map(sides.flatMap((side, i) => side.map(({ name }) => [name, i])))
    /** The halves cannot know of each other's updates while they are apart. */
    const binds = (update: Update, read: Read): boolean => sideOf.get(update.node) === sideOf.get(read.node) || update.end < cutAt || read.begin > settledAt
    const stale = staleReads(reads, made, binds)
    const refused = made.filter(({ error }) => error !== undefined)
    const within = (from: number, to: number, ofSide: number): number => made.filter(({ begin, end, node }) => begin > from && end < to && sideOf.get(node) === ofSide).length
    const apart = [0, 1].map(side => within(apartAt, healedAt, side))
    console.log(`    apart after ${splitMs} ms, together again after ${healMs} ms; ${reads.length} reads, ${made.length} updates (${apart.join(' and ')} by the halves alone), ` +
      `${refused.length} of them refused; slowest update ${slowest(made)} ms, slowest get ${slowest(reads)} ms, stale = ${stale.length}, failed = ${failures.length}`)

    expect(stale.slice(0, 10).map(each => tell(each, healedAt))).to.deep.equal([])
    expect(failures.slice(0, 10)).to.deep.equal([])
    expect(refused.slice(0, 10)).to.deep.equal([])
    for (const updatesOfSide of apart) expect(updatesOfSide).to.be.greaterThan(0)
  })
})
