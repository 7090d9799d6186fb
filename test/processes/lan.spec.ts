// Real mDNS between hosts of a LAN: network namespaces on a bridge, made and removed here. Needs root.

import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { until } from '../support/until.js'
import { WorkerProcess, endWorkers } from '../support/worker-process.js'

const TAG = `gc${process.pid % 10_000}`
const HOSTS = [1, 2, 3].map(number => ({ namespace: `${TAG}h${number}`, address: `10.231.7.${number}` }))
const BRIDGE_NAMESPACE = `${TAG}sw`

function ip (...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' })
}

/** Why this machine cannot make namespaces, or undefined when it can. */
function obstacle (): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only'
  if (process.getuid?.() !== 0) return 'making network namespaces needs root; CI runs this as root'
  try {
    ip('netns', 'add', `${TAG}try`)
    ip('netns', 'delete', `${TAG}try`)
    return undefined
  } catch (err) {
    return `ip netns does not work here: ${String((err as Error).message)}`
  }
}

/** A switch in a namespace of its own, and three hosts wired to it: nothing touches this machine's interfaces. */
function makeLan (): void {
  ip('netns', 'add', BRIDGE_NAMESPACE)
  ip('-n', BRIDGE_NAMESPACE, 'link', 'add', 'br0', 'type', 'bridge')
  ip('-n', BRIDGE_NAMESPACE, 'link', 'set', 'br0', 'up')
  for (const [index, { namespace, address }] of HOSTS.entries()) {
    ip('netns', 'add', namespace)
    ip('-n', BRIDGE_NAMESPACE, 'link', 'add', `port${index}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
    ip('-n', BRIDGE_NAMESPACE, 'link', 'set', `port${index}`, 'master', 'br0', 'up')
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0')
    ip('-n', namespace, 'link', 'set', 'eth0', 'up')
    ip('-n', namespace, 'route', 'add', '224.0.0.0/4', 'dev', 'eth0')
  }
}

function removeLan (): void {
  for (const namespace of [...HOSTS.map(host => host.namespace), BRIDGE_NAMESPACE]) {
    try {
      ip('netns', 'delete', namespace)
    } catch {
      // it was not made
    }
  }
}

describe('three hosts on a LAN', function () {
  this.timeout(90_000)
  let workers: WorkerProcess[]

  before(function () {
    const reason = obstacle()
    if (reason !== undefined) {
      console.log(`    not run: ${reason}`)
      this.skip()
    }
    makeLan()
  })
  after(removeLan)
  afterEach(endWorkers)

  it('find each other by mDNS, load once, and forget one that is killed', async () => {
    const cluster = randomUUID()
    workers = HOSTS.map(({ namespace }) => new WorkerProcess(namespace, namespace))
    await Promise.all(workers.map((worker, index) => worker.call('start', {
      name: worker.name,
      cluster,
      discovery: 'mdns',
      listen: [`/ip4/${HOSTS[index]?.address}/tcp/0`],
      loadDelay: 50
    })))
    await Promise.all(workers.map(worker => worker.call('ready', 3)))
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
})
