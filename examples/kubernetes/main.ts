// The app of the manifests on this machine: three of it, probed as Kubernetes would, and one of them replaced as a rolling update does.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { GroupcacheStats } from 'groupcache'
import type { ChildProcess } from 'node:child_process'
import type { AddressInfo } from 'node:net'

const REPLICAS = 3
const KEYS = 100

// nothing here takes longer, whatever goes wrong
setTimeout(() => { throw new Error('this took more than two minutes') }, 120_000).unref()

class Pod {
  readonly name: string
  readonly #http: string
  readonly #process: ChildProcess

  constructor (name: string, httpPort: number | undefined, cachePort: number | undefined, peers: number[]) {
    this.name = name
    this.#http = `http://127.0.0.1:${httpPort}`
    this.#process = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('server.ts', import.meta.url))], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, POD_NAME: name, PORT: `${httpPort}`, CACHE_ADDRESS: '127.0.0.1', CACHE_PORT: `${cachePort}`, CACHE_PEERS: peers.join(), CACHE_SECRET: 'a secret for trying it out', MEMBERS: `${REPLICAS}` }
    })
    process.on('exit', () => { this.#process.kill('SIGKILL') })
  }

  /** What a path answers with; 0 = nothing is there. */
  async status (path: string): Promise<number> {
    return fetch(this.#http + path).then(({ status }) => status, () => 0)
  }

  /** As the kubelet does: asks until the probe succeeds. */
  async passes (path: string): Promise<void> {
    while (await this.status(path) !== 200) {
      assert.equal(this.#process.exitCode, null, `${this.name} has ended`)
      await new Promise(resolve => { setTimeout(resolve, 100) })
    }
  }

  async stats (): Promise<GroupcacheStats> {
    return await (await fetch(`${this.#http}/stats`)).json() as GroupcacheStats
  }

  /** Reads all keys. */
  async read (): Promise<void> {
    for (let key = 1; key <= KEYS; key++) {
      const { square } = await (await fetch(`${this.#http}/squares/${key}`)).json() as { square: number }
      assert.equal(square, key ** 2)
    }
  }

  /** @returns what it ended with */
  async terminate (): Promise<number | null> {
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    const [code] = await exit as [number | null]
    return code
  }
}

const ports = await freePorts(2 * (REPLICAS + 1))
const peers = ports.splice(0, REPLICAS + 1)
const startPod = (i: number): Pod => new Pod(`shop-${i + 1}`, ports[i], peers[i], peers)
const pods = Array.from({ length: REPLICAS }, (_, i) => startPod(i))
await Promise.all(pods.map(async pod => {
  await pod.passes('/healthz/live')
  await pod.passes('/healthz/ready')
}))
console.log(`${pods.map(({ name }) => name).join(', ')}: live and ready`)

for (const pod of pods) await pod.read()
const loads = await total('loads')
console.log(`each has read ${KEYS} keys: ${loads} loads`)
assert.equal(loads, KEYS)

// maxSurge 1, maxUnavailable 0: one comes ...
const fourth = startPod(REPLICAS)
await fourth.passes('/healthz/ready')
pods.push(fourth)
console.log(`${fourth.name}: ready, one of ${(await fourth.stats()).members} members`)
// ... and one goes
const first = pods.shift()
const lost = (await first?.stats())?.groups['squares']?.loads ?? NaN
console.log(`${first?.name}: ended with ${await first?.terminate()}`)

for (const pod of pods) await pod.read()
const again = await total('loads') - (loads - lost)
console.log(`each has read ${KEYS} keys: ${again} loaded again`)
assert(again <= KEYS / 10) // 0, unless this machine has much else to do
assert.deepEqual(await Promise.all(pods.map(pod => pod.terminate())), [0, 0, 0])

async function total (count: 'loads'): Promise<number> {
  const all = await Promise.all(pods.map(pod => pod.stats()))
  return all.reduce((sum, { groups }) => sum + (groups['squares']?.[count] ?? NaN), 0)
}

async function freePorts (count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  const found = servers.map(server => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return found
}
