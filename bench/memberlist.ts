// The same as bench/membership.ts does, with hashicorp/memberlist and its LAN defaults, for comparison.
//
//   apt-get install -y golang-go golang-github-hashicorp-memberlist-dev
//   GO111MODULE=off GOPATH=/usr/share/gocode go build -o /tmp/memberlist-node bench/peers/memberlist/main.go
//   node --import tsx bench/memberlist.ts --binary /tmp/memberlist-node [--rounds 10] [--only kill,freeze,stall,idle]

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { until } from '../test/support/until.js'
import { STALL, printTimes, printShares } from './membership-figures.js'
import type { ChildProcess } from 'node:child_process'

const { values } = parseArgs({
  options: {
    binary: { type: 'string', default: '/tmp/memberlist-node' },
    rounds: { type: 'string', default: '10' },
    only: { type: 'string', default: 'kill,freeze,stall,idle' }
  }
})
const DEADLINE = { timeout: 60_000 }
const SETTLE = 3_000
let nextPort = 21_000 + process.pid % 10_000

class Node {
  readonly name: string
  readonly events: Array<{ event: string, name: string, at: number }> = []
  readonly members = new Set<string>()
  readonly process: ChildProcess

  constructor (seed: string | undefined) {
    this.name = String(nextPort++)
    this.process = spawn(values.binary, seed === undefined ? [this.name] : [this.name, seed], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.process.once('error', err => { throw new Error(`${values.binary}: expected the program that bench/peers/memberlist/main.go makes`, { cause: err }) })
    if (this.process.stdout === null) throw new Error('a pipe was expected')
    createInterface({ input: this.process.stdout }).on('line', line => {
      const [event = '', name = ''] = line.split(' ')
      this.events.push({ event, name, at: performance.now() })
      if (event === 'join') this.members.add(name)
      else this.members.delete(name)
    })
  }

  /** Seconds of processor time so far. */
  cpu (): number {
    const fields = readFileSync(`/proc/${this.process.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    // utime and stime, in ticks of 10 ms
    return (Number(fields[11]) + Number(fields[12])) / 100
  }
}

async function withNodes<T> (count: number, work: (nodes: [Node, ...Node[]]) => Promise<T>): Promise<T> {
  const nodes: Node[] = []
  try {
    for (let i = 0; i < count; i++) {
      nodes.push(new Node(nodes[0]?.name))
      await delay(100)
    }
    await until(() => nodes.every(({ members }) => members.size === count), { ...DEADLINE, what: 'one cluster' })
    await delay(SETTLE)
    return await work(nodes as [Node, ...Node[]])
  } finally {
    for (const node of nodes) node.process.kill('SIGKILL')
  }
}

function lossAfter (signal: NodeJS.Signals): Promise<number[]> {
  return withNodes(5, async ([victim, ...survivors]) => {
    const from = performance.now()
    victim.process.kill(signal)
    const at = (node: Node): number | undefined => node.events.find(seen => seen.event === 'leave' && seen.name === victim.name && seen.at >= from)?.at
    await until(() => survivors.every(node => at(node) !== undefined), { ...DEADLINE, what: 'the loss everywhere' })
    return survivors.map(node => (at(node) ?? Infinity) - from)
  })
}

async function stall (): Promise<void> {
  const losses = await withNodes(5, async ([victim, ...others]) => {
    for (let i = 0; i < STALL.times; i++) {
      victim.process.kill('SIGSTOP')
      await delay(STALL.stopped)
      victim.process.kill('SIGCONT')
      await delay(STALL.running)
    }
    return [victim, ...others].flatMap(({ events }) => events).filter(({ event }) => event === 'leave').length
  })
  console.log(`members held dead while one of five stands still for ${STALL.stopped} ms, ${STALL.times} times: ${losses}`)
}

async function idle (): Promise<void> {
  const SECONDS = 30
  const shares = await withNodes(10, async nodes => {
    const before = nodes.map(node => node.cpu())
    await delay(SECONDS * 1_000)
    return nodes.map((node, i) => (node.cpu() - (before[i] ?? 0)) / SECONDS)
  })
  printShares(shares)
}

for (const name of values.only.split(',')) {
  if (name === 'stall') await stall()
  if (name === 'idle') await idle()
  const signal = ({ kill: 'SIGKILL', freeze: 'SIGSTOP' } as const)[name]
  if (signal === undefined) continue
  const rounds: number[][] = []
  for (let i = 0; i < Number(values.rounds); i++) rounds.push(await lossAfter(signal))
  printTimes(`${signal} → first knows`, rounds.map(times => Math.min(...times)))
  printTimes(`${signal} → all know`, rounds.map(times => Math.max(...times)))
  printTimes('    first → all', rounds.map(times => Math.max(...times) - Math.min(...times)))
}
