// What removals promise, kept by five real processes under load: while one of them is frozen for longer
// than a lease, when it wakes, when one is killed, and when a new one takes its name. SECONDS makes it longer,
// FREEZE the freeze.

import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { now, slowest, staleReads, tell } from '../support/history.js'
import { Origin } from '../support/origin.js'
import { SEEDS, seeded } from '../support/seeds.js'
import { Updates } from '../support/updates.js'
import { WorkerProcess, endWorkers } from '../support/worker-process.js'
import type { Read, Update } from '../support/history.js'

const SECONDS = Number(process.env['SECONDS'] ?? 30)
const SEED = SEEDS.at(-1) as number
/** Of each process, and half of them from memory alone. */
const READS_PER_SECOND = 400
/**
 * Milliseconds: not noticed by the others, or by the frozen one; and longer than LEASE. After some 16 s the
 * others give it up and put other owners in its place: FREEZE=22 SECONDS=45 tries that.
 */
const SHORT_FREEZE = 1_000
const LONG_FREEZE = Number(process.env['FREEZE'] ?? 8) * 1_000
/** Reads that a process has to have begun within a second after it woke; all are answered, and judged. */
const MIN_READS_AWAKE = 40
const SECOND = 1e9

interface Freeze { from: number, to: number }

describe('five processes under load, one of them frozen for a while', function () {
  this.timeout(SECONDS * 1_000 + 90_000)
  const peerIds = new Map<string, string>()
  let origin: Origin
  let cluster: string
  let workers: WorkerProcess[]
  let ended: WorkerProcess[]
  let updates: Updates

  before(async () => {
    cluster = randomUUID()
    origin = await Origin.start()
    updates = new Updates(seeded(SEED))
    ended = []
    const first = new WorkerProcess('p0')
    workers = [first, ...[1, 2, 3, 4].map(i => new WorkerProcess(`p${i}`))]
    const seeds = await startMember(first, [])
    await Promise.all(workers.slice(1).map(worker => startMember(worker, seeds)))
    await startTraffic(workers, SEED)
  })
  after(endWorkers)
  after(() => origin.stop())

  /** @returns where it listens */
  async function startMember (worker: WorkerProcess, seeds: string[]): Promise<string[]> {
    const addresses = await worker.call('start', { name: worker.name, cluster, discovery: seeds, origin: origin.path })
    peerIds.set(addresses[0]?.split('/p2p/')[1] ?? '', worker.name)
    return addresses
  }

  async function startTraffic (members: readonly WorkerProcess[], seed: number): Promise<void> {
    await Promise.all(members.map(worker => worker.call('ready', 5)))
    await Promise.all(members.map((worker, i) => worker.call('startTraffic', { seed: seed + i, perSecond: READS_PER_SECOND })))
  }

  /** Stops a process under way, and has it go on with updates of its own. */
  async function freeze (victim: WorkerProcess, ms: number): Promise<Freeze> {
    for (let i = 0; i < 3; i++) updates.begin([victim])
    victim.signal('SIGSTOP')
    const from = now()
    await updates.keepUp(workers.filter(worker => worker !== victim), ms)
    const to = now()
    victim.signal('SIGCONT')
    for (let i = 0; i < 3; i++) updates.begin([victim])
    return { from, to }
  }

  async function killAndReplace (victim: WorkerProcess): Promise<void> {
    await victim.kill()
    ended.push(victim)
    workers = workers.filter(worker => worker !== victim)
    await updates.keepUp(workers, 2_000)
    const successor = new WorkerProcess(victim.name)
    const seeds = await Promise.all(workers.map(async worker => (await worker.call('addresses')).slice(0, 1)))
    await startMember(successor, seeds.flat())
    await startTraffic([successor], SEED + 10)
    workers = [...workers, successor]
  }

  /** What a process read right after it woke: a busy host may let it wait for the CPU before its first tick. */
  function readsAwake (victim: WorkerProcess, { to }: Freeze): Read[] {
    const since = victim.reads.filter(({ begin }) => begin >= to)
    const wokeAt = since.reduce((first, { begin }) => Math.min(first, begin), Infinity)
    return since.filter(({ begin }) => begin < wokeAt + SECOND)
  }
  const updatesWithin = ({ from, to }: Freeze): Update[] => updates.done.filter(({ begin, end, error }) => begin > from && end < to && error === undefined)

  it(`answer no get with what had been removed before it began, and fail none; seed ${SEED}`, async () => {
    const [shortly, long, dying] = workers as [WorkerProcess, WorkerProcess, WorkerProcess]
    const part = (SECONDS * 1_000 - SHORT_FREEZE - LONG_FREEZE) / 4
    await updates.keepUp(workers, part)
    const short = await freeze(shortly, SHORT_FREEZE)
    await updates.keepUp(workers, part)
    const longer = await freeze(long, LONG_FREEZE)
    await updates.keepUp(workers, part)
    await killAndReplace(dying)
    await updates.keepUp(workers, part)
    await updates.settled()
    await updates.removeAll(workers)
    await Promise.all(workers.map(worker => worker.call('sweep')))
    await Promise.all(workers.map(worker => worker.call('endTraffic')))

    const all = [...workers, ...ended]
    const reads = all.flatMap(worker => worker.reads)
    const failures = all.flatMap(worker => worker.failures)
    const stale = staleReads(reads, updates.done)
    const refused = updates.done.filter(({ error }) => error !== undefined)
    const stats = await Promise.all(workers.map(worker => worker.call('stats')))
    const hits = stats.reduce((sum, { mainHits, hotHits }) => sum + mainHits + hotHits, 0) / stats.reduce((sum, { gets }) => sum + gets, 0)
    const awake = { short: readsAwake(shortly, short), long: readsAwake(long, longer) }
    console.log(`    ${reads.length} reads (${Math.round(hits * 100)} % of gets from memory; ${awake.short.length} and ${awake.long.length} begun in the second after waking, the first one answered ${Math.round((awake.long.reduce((first, { end }) => Math.min(first, end), Infinity) - longer.to) / 1e6)} ms after it), ` +
      `${updates.of('remove', 'removeMany', 'removeByTag', 'clear').length} removes, ${updates.of('set').length} sets, ${refused.length} of them refused, ` +
      `${updatesWithin(longer).length} made while one was frozen; slowest remove ${slowest(updates.of('remove', 'removeMany', 'removeByTag', 'clear'))} ms, ` +
      `slowest set ${slowest(updates.of('set'))} ms, slowest get ${slowest(reads)} ms, stale = ${stale.length}, failed = ${failures.length}`)

    expect(stale.slice(0, 10).map(each => tell(each, longer.from))).to.deep.equal([])
    expect(failures.slice(0, 10)).to.deep.equal([])
    for (const { error } of refused) {
      expect(error?.name).to.be.oneOf(['InvalidationIncompleteError', 'OwnerUnreachableError'])
      expect(error?.members.map(id => peerIds.get(id))).to.have.length.above(0).and.satisfy((names: string[]) => names.every(name => [long.name, dying.name].includes(name)))
    }
    // it was frozen, and there was something to be missed meanwhile
    expect(long.reads.filter(({ begin, end }) => begin > longer.from + SECOND / 10 && end < longer.to)).to.deep.equal([])
    expect(updatesWithin(longer)).to.have.length.above(0)
    expect(awake.short).to.have.length.of.at.least(MIN_READS_AWAKE)
    expect(awake.long).to.have.length.of.at.least(MIN_READS_AWAKE)
    expect(hits).to.be.greaterThan(0.2)
  })
})
