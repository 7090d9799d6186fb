// Real mDNS between hosts of a LAN: network namespaces on a bridge, made and removed here. Needs root.

import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { Lan, obstacle } from '../support/namespaces.js'
import { until } from '../support/until.js'
import { WorkerProcess, endWorkers } from '../support/worker-process.js'
import type { Host } from '../support/namespaces.js'

describe('three hosts on a LAN', function () {
  this.timeout(90_000)
  const lan = new Lan('10.231.7')
  let hosts: Host[]
  let workers: WorkerProcess[]

  /** How long until each of `groups` sees itself and nobody else, in milliseconds. */
  async function untilSee (groups: WorkerProcess[][], what: string): Promise<number> {
    const from = performance.now()
    await until(async () => {
      const views = await Promise.all(groups.flatMap(group => group.map(async worker => (await worker.call('members')).join() === group.map(({ name }) => name).sort().join())))
      return views.every(isRight => isRight)
    }, { timeout: 30_000, what })
    return Math.round(performance.now() - from)
  }

  async function startAll (): Promise<void> {
    const cluster = randomUUID()
    workers = hosts.map(({ namespace }) => new WorkerProcess(namespace, namespace))
    await Promise.all(workers.map((worker, index) => worker.call('start', {
      name: worker.name,
      cluster,
      discovery: 'mdns',
      listen: [`/ip4/${hosts[index]?.address}/tcp/0`],
      loadDelay: 50
    })))
    await Promise.all(workers.map(worker => worker.call('ready', 3)))
  }

  before(function () {
    const reason = obstacle()
    if (reason !== undefined) {
      console.log(`    not run: ${reason}`)
      this.skip()
    }
    const [first, second] = [lan.addSwitch(), lan.addSwitch()]
    hosts = [first, first, second].map(at => lan.addHost(at))
  })
  after(() => { lan.remove() })
  afterEach(endWorkers)

  it('find each other by mDNS, load once, and forget one that is killed', async () => {
    await startAll()
    for (let i = 0; i < 10; i++) {
      const answers = await Promise.all(workers.map(worker => worker.call('getTimes', `key-${i}`, 100)))
      expect(new Set(answers.flat()).size).to.equal(1)
    }
    const loads = (await Promise.all(workers.map(worker => worker.call('loads')))).flat()
    expect(loads).to.have.length(10)
    const [victim, ...survivors] = workers as [WorkerProcess, ...WorkerProcess[]]
    await victim.kill()
    await until(async () => {
      const views = await Promise.all(survivors.map(worker => worker.call('members')))
      return views.every(names => names.length === 2)
    }, { what: 'the survivors among themselves' })
    for (const survivor of survivors) expect(await survivor.call('get', 'key-after')).to.match(/^key-after from /)
  })
  it('are two halves that work when the cable between them is cut, and one again soon after it is mended', async () => {
    await startAll()
    const halves = [workers.slice(0, 2), workers.slice(2)]
    lan.cut(1)
    const apart = await untilSee(halves, 'each half among itself')
    for (const half of halves) {
      const answers = await Promise.all(half.map(worker => worker.call('get', 'while apart')))
      expect(new Set(answers).size).to.equal(1)
      expect(answers[0]).to.match(new RegExp(`from (${half.map(({ name }) => name).join('|')})$`))
    }
    lan.heal(1)
    const together = await untilSee([workers], 'all together again')
    console.log(`    apart after ${apart} ms, together again after ${together} ms`)
    let asked = 0
    await until(async () => {
      const key = `after-${asked++}`
      return new Set(await Promise.all(workers.map(worker => worker.call('get', key)))).size === 1
    }, { timeout: 5_000, what: 'one load for all' })
    console.log(`    a key loaded once for all at attempt ${asked}`)
  })
})
