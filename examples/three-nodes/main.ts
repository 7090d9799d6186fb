// Starts node.ts three times, waits until each has read all keys, ends them, and counts what was loaded.

import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import type { ChildProcess } from 'node:child_process'
import type { AddressInfo } from 'node:net'

/** Nothing here takes longer, whatever goes wrong. */
const deadline = AbortSignal.timeout(120_000)

/** Ports that nobody uses. In production it is the same fixed port on every host. */
async function freePorts (count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  const ports = servers.map(server => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}

class Node {
  readonly lines: string[] = []
  readonly #process: ChildProcess

  constructor (name: string, port: number, seeds: number[]) {
    this.#process = fork(new URL('node.ts', import.meta.url), [name, `${port}`, ...seeds.map(String)], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      execArgv: ['--import', 'tsx'],
      signal: deadline,
      killSignal: 'SIGKILL'
    })
    this.#process.on('error', err => { throw err })
    if (this.#process.stdout !== null) createInterface(this.#process.stdout).on('line', line => { this.lines.push(line) })
  }

  /** Until it has printed such a line. */
  async prints (text: string): Promise<string> {
    for (;;) {
      const line = this.lines.find(line => line.includes(text))
      if (line !== undefined) return line
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) throw new Error(`a node ended with ${this.#process.exitCode ?? this.#process.signalCode} before it printed "${text}"`)
      await new Promise(resolve => { setTimeout(resolve, 20) })
    }
  }

  read (): void {
    this.#process.send('read')
  }

  /** As a deploy does. */
  async end (): Promise<void> {
    const closed = once(this.#process, 'close')
    this.#process.kill('SIGTERM')
    await closed
  }

  kill (): void {
    this.#process.kill('SIGKILL')
  }
}

const ports = await freePorts(3)
const nodes = ports.map((port, i) => new Node(`node-${i + 1}`, port, ports))
process.on('exit', () => { for (const node of nodes) node.kill() })
for (const node of nodes) console.log(await node.prints('sees'))
for (const node of nodes) node.read()
for (const node of nodes) console.log(await node.prints('has read'))
await Promise.all(nodes.map(node => node.end()))

let loads = 0
for (const node of nodes) {
  const line = await node.prints('loaded')
  console.log(line)
  loads += Number(/loaded (\d+)/.exec(line)?.[1])
}
console.log(`36 gets at three processes, ${loads} loads`)
assert.equal(loads, 12)
