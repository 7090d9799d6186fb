// Deploys: real processes that restart one after the other, while all the others are asked for values.

import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { until } from '../support/until.js'
import { WorkerProcess, endWorkers, startWorkers } from '../support/worker-process.js'
import type { WorkerOptions } from '../support/worker-process.js'

const KEYS = Array.from({ length: 400 }, (_, i) => `key-${i}`)
/** Of the keys, so many at most are loaded again by a change. */
const PART = 0.05

describe('a cluster of processes', function () {
  this.timeout(90_000)
  let options: WorkerOptions
  let workers: WorkerProcess[]
  const failures: string[] = []
  let loads: string[] = []

  beforeEach(() => {
    options = { cluster: randomUUID(), discovery: 'host', loadDelay: 5 }
    loads = []
    failures.length = 0
  })
  afterEach(endWorkers)

  async function begin (count: number): Promise<void> {
    workers = await startWorkers(count, options)
    await Promise.all(KEYS.map((key, i) => (workers[i % count] as WorkerProcess).call('get', key)))
    await Promise.all(workers.map(worker => worker.call('hammer', KEYS)))
  }

  /** Nobody asks it any more, then it goes. */
  async function leave (worker: WorkerProcess): Promise<void> {
    failures.push(...await worker.call('endHammer'))
    await worker.call('stop')
    loads.push(...await worker.call('loads'))
    await worker.kill()
    workers = workers.filter(other => other !== worker)
  }

  async function join (name: string): Promise<void> {
    const worker = new WorkerProcess(name)
    await worker.call('start', { name, ...options })
    workers.push(worker)
    await Promise.all(workers.map(each => each.call('ready', workers.length)))
    await worker.call('hammer', KEYS)
  }

  async function end (): Promise<void> {
    const before = await Promise.all(workers.map(worker => worker.call('hammered')))
    await until(async () => (await Promise.all(workers.map(worker => worker.call('hammered')))).every((made, i) => made - (before[i] as number) >= KEYS.length), { what: 'gets of all keys everywhere' })
    for (const worker of workers) {
      failures.push(...await worker.call('endHammer'))
      loads.push(...await worker.call('loads'))
    }
  }

  it('restarts one after the other, and the origin hardly notices', async () => {
    await begin(5)
    for (const { name } of [...workers]) {
      await leave(workers.find(worker => worker.name === name) as WorkerProcess)
      await join(name)
    }
    await end()
    expect(failures).to.deep.equal([])
    expect(loads.length, loads.join()).to.be.at.most(KEYS.length * PART)
  })

  it('grows from three to six and shrinks again, and the origin hardly notices', async () => {
    await begin(3)
    for (const name of ['q0', 'q1', 'q2']) await join(name)
    for (const worker of workers.filter(({ name }) => name.startsWith('q'))) await leave(worker)
    await end()
    expect(failures).to.deep.equal([])
    expect(loads.length, loads.join()).to.be.at.most(KEYS.length * PART)
  })

  it('loads what a killed process had once more at the most, each key once, and nothing else', async () => {
    await begin(5)
    const [victim] = workers.splice(2, 1) as [WorkerProcess]
    const owners = await Promise.all(KEYS.map(key => victim.call('owner', key)))
    await victim.kill()
    await until(async () => (await Promise.all(workers.map(worker => worker.call('members')))).every(names => names.length === 4), { what: 'all to forget it' })
    await end()
    expect(failures).to.deep.equal([])
    // a few that are asked for in the very moment, while members learn of it one after the other, may be loaded twice
    expect(loads.length - new Set(loads).size, 'each once').to.be.at.most(KEYS.length * PART / 5)
    expect(loads.filter(key => owners[KEYS.indexOf(key)] !== victim.name)).to.deep.equal([])
  })

  it('has the values of a process that was told to end by a signal', async () => {
    await begin(2)
    const [stays, ends] = workers as [WorkerProcess, WorkerProcess]
    await ends.call('endHammer')
    await ends.call('stopOnSignals')
    expect(await ends.terminate()).to.equal('SIGTERM')
    workers = [stays]
    await end()
    expect([failures, loads]).to.deep.equal([[], []])
    expect(stays.events.map(({ event, name }) => `${event} ${name}`)).to.include(`member:leave ${ends.name}`).and.not.include(`member:fail ${ends.name}`)
  })
})
