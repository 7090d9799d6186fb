// Clusters of real processes on loopback, which find each other by multicast on the loopback interface.

import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { until } from '../support/until.js'
import { WorkerProcess, endWorkers, startWorkers } from '../support/worker-process.js'

const KEYS = Array.from({ length: 200 }, (_, i) => `key-${i}`)

describe('five processes', function () {
  this.timeout(60_000)
  let cluster: string
  let workers: WorkerProcess[]

  beforeEach(async () => {
    cluster = randomUUID()
    workers = await startWorkers(5, { cluster, discovery: 'host', loadDelay: 20 })
  })
  afterEach(endWorkers)

  /** Every worker's gets over all keys, until each has made at least `count` more. */
  async function hammered (survivors: readonly WorkerProcess[], count: number): Promise<void> {
    const before = await Promise.all(survivors.map(worker => worker.call('hammered')))
    await until(async () => {
      const now = await Promise.all(survivors.map(worker => worker.call('hammered')))
      return now.every((made, i) => made - (before[i] as number) >= count)
    }, { what: `${count} more gets at each process` })
  }

  it('load a cold key once for 10,000 concurrent gets spread over all of them', async () => {
    for (const key of ['cold-1', 'cold-2', 'cold-3']) {
      const answers = await Promise.all(workers.map(worker => worker.call('getTimes', key, 2_000)))
      const owner = await (workers[0] as WorkerProcess).call('owner', key)
      expect(new Set(answers.flat())).to.deep.equal(new Set([`${key} from ${owner}`]))
      const loads = await Promise.all(workers.map(worker => worker.call('loads')))
      expect(loads.flat().filter(loaded => loaded === key)).to.have.length(1)
    }
  })

  for (const [count, word] of [[1, 'one is'], [2, 'two are']] as const) {
    it(`go on without one failed get when ${word} killed, all forget it within two seconds, and no more is loaded than was lost`, async () => {
      const victims = workers.slice(0, count)
      const survivors = workers.slice(count)
      const names = victims.map(({ name }) => name)
      await Promise.all(KEYS.map(key => (workers[0] as WorkerProcess).call('get', key)))
      await Promise.all(workers.map(worker => worker.call('hammer', KEYS)))
      await hammered(workers, 500)
      const owners = new Map(await Promise.all(KEYS.map(async key => [key, await (workers[0] as WorkerProcess).call('owner', key)] as const)))
      const lost = KEYS.filter(key => names.includes(owners.get(key) as string))
      const loadsBefore = await Promise.all(survivors.map(async worker => (await worker.call('loads')).length))
      const killedAt = performance.now()
      await Promise.all(victims.map(victim => victim.kill()))
      await until(async () => {
        const views = await Promise.all(survivors.map(worker => worker.call('members')))
        return views.every(view => view.join() === survivors.map(({ name }) => name).sort().join())
      }, { timeout: 2_000, what: 'all survivors without the dead' })
      await hammered(survivors, 500)
      const failures = await Promise.all(survivors.map(worker => worker.call('endHammer')))
      expect(failures.flat()).to.deep.equal([])
      const seen = survivors.map(({ events }) => events.filter(({ event }) => event === 'member:fail'))
      for (const those of seen) expect(those.map(({ name }) => name).sort()).to.deep.equal(names)
      const last = Math.max(...seen.flat().map(({ at }) => at)) - killedAt
      expect(last).to.be.lessThan(2_000)
      const loadedSince = (await Promise.all(survivors.map(async (worker, i) => (await worker.call('loads')).slice(loadsBefore[i])))).flat()
      console.log(`    the last survivor's view is right after ${Math.round(last)} ms; ${loadedSince.length} loads of ${lost.length} lost keys`)
      expect(loadedSince.filter(key => !lost.includes(key)), 'what was not lost').to.deep.equal([])
      const twice = loadedSince.filter((key, i) => loadedSince.indexOf(key) !== i)
      expect(loadedSince.length, `loaded twice: ${twice.join()}; lost: ${lost.join()}`).to.be.greaterThan(0).and.at.most(lost.length)
    })
  }

  it('go on without one failed get while one is frozen, drop it, and have it back when it goes on', async () => {
    const [victim, ...survivors] = workers as [WorkerProcess, ...WorkerProcess[]]
    await Promise.all(survivors.map(worker => worker.call('hammer', KEYS)))
    await hammered(survivors, 500)
    const frozenAt = performance.now()
    victim.signal('SIGSTOP')
    const sawIt = (event: string) => (worker: WorkerProcess): boolean => worker.events.some(seen => seen.event === event && seen.name === victim.name && seen.at > frozenAt)
    await until(() => survivors.every(sawIt('member:fail')), { timeout: 15_000, what: 'all survivors without the frozen member' })
    await hammered(survivors, 500)
    victim.signal('SIGCONT')
    await until(() => survivors.every(sawIt('member:join')), { timeout: 15_000, what: 'all with it again' })
    await until(async () => (await victim.call('members')).length === 5, { what: 'it with all again' })
    await hammered(survivors, 500)
    const failures = await Promise.all(survivors.map(worker => worker.call('endHammer')))
    expect(failures.flat()).to.deep.equal([])
  })

  it('go on without one failed get while one stops gracefully and a new one joins', async () => {
    const [leaver, ...others] = workers as [WorkerProcess, ...WorkerProcess[]]
    await Promise.all(others.map(worker => worker.call('hammer', KEYS)))
    await hammered(others, 500)
    await leaver.stop()
    for (const { events } of others) {
      await until(() => events.some(({ event, name }) => event === 'member:leave' && name === leaver.name), { what: 'the goodbye' })
      expect(events.filter(({ event }) => event === 'member:fail')).to.deep.equal([])
    }
    const joiner = new WorkerProcess('joiner')
    await joiner.call('start', { name: 'joiner', cluster, discovery: 'host' })
    await joiner.call('ready', 5)
    await Promise.all(others.map(worker => worker.call('ready', 5)))
    await hammered(others, 500)
    const failures = await Promise.all(others.map(worker => worker.call('endHammer')))
    expect(failures.flat()).to.deep.equal([])
  })

  it('give a process that comes back under the same name the same keys', async () => {
    const [victim, survivor] = workers as [WorkerProcess, WorkerProcess]
    const owners = async (): Promise<string[]> => Promise.all(KEYS.map(key => survivor.call('owner', key)))
    const before = await owners()
    await victim.kill()
    await until(async () => (await survivor.call('members')).length === 4, { what: 'the death to be seen' })
    const back = new WorkerProcess(victim.name)
    await back.call('start', { name: victim.name, cluster, discovery: 'host' })
    await back.call('ready', 5)
    await survivor.call('ready', 5)
    expect(await owners()).to.deep.equal(before)
  })
})

describe('a frozen process', function () {
  this.timeout(60_000)
  afterEach(endWorkers)

  it('fails no get, and is forgotten', async () => {
    const workers = await startWorkers(3, { cluster: randomUUID(), discovery: 'host', rpc: { timeout: 500 }, group: { hot: false } })
    const [frozen, ...others] = workers as [WorkerProcess, WorkerProcess, WorkerProcess]
    const [other] = others
    const keys = (await Promise.all(KEYS.map(async key => ({ key, owner: await other.call('owner', key) })))).filter(({ owner }) => owner === frozen.name)
    expect(keys).to.not.have.length(0)
    frozen.signal('SIGSTOP')
    try {
      for (const value of await Promise.all(keys.map(({ key }) => other.call('get', key)))) expect(value).to.match(/^key-\d+ from p[12]$/)
      await until(async () => !(await other.call('members')).includes(frozen.name), { timeout: 30_000, what: 'the frozen member to be forgotten' })
    } finally {
      frozen.signal('SIGCONT')
    }
  })
})
