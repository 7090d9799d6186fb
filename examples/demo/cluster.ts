// All nodes of a run: starts them, waits until they have found each other, spreads gets over them.

import type { DatabaseAddress } from './database.js'
import { NodeProcess, type NodeListener } from './node-process.js'
import { until } from './until.js'

const formDeadline = 30_000
const dropDeadline = 20_000

export class Cluster {
  readonly nodes: NodeProcess[] = []
  readonly #name: string
  readonly #database: DatabaseAddress
  readonly #listener: NodeListener
  readonly #signal: AbortSignal

  constructor (name: string, database: DatabaseAddress, listener: NodeListener, signal: AbortSignal) {
    this.#name = name
    this.#database = database
    this.#listener = listener
    this.#signal = signal
  }

  get running (): NodeProcess[] {
    return this.nodes.filter(node => node.state === 'running')
  }

  /** Starts some more nodes. */
  add (count: number): NodeProcess[] {
    const members = this.running.length + count
    const added = Array.from({ length: count }, (_, i) => new NodeProcess({
      name: `node-${this.nodes.length + i + 1}`,
      cluster: this.#name,
      members,
      database: this.#database
    }, this.#listener))
    this.nodes.push(...added)
    return added
  }

  /** Until every living node sees all living nodes and no others. @throws Error that says what each saw instead */
  async formed (): Promise<void> {
    const living = this.nodes.filter(node => node.state === 'starting' || node.state === 'running')
    const names = living.map(node => node.name).sort().join()
    await until(() => living.every(node => node.state === 'running' && node.status?.members.toSorted().join() === names), {
      within: formDeadline,
      otherwise: () => `the cluster had not formed: ${living.map(describeView).join('; ')}`,
      signal: this.#signal
    })
  }

  /** Until every other node has dropped the dead one; how long that took the slowest, in ms. */
  async dropped (dead: NodeProcess, killedAt: number): Promise<number> {
    const survivors = this.running
    await until(() => survivors.every(node => node.dropped.has(dead.name)), {
      within: dropDeadline,
      otherwise: () => `${dead.name} was still a member for ${
        survivors.filter(node => !node.dropped.has(dead.name)).map(node => node.name).join(', ')}`,
      signal: this.#signal
    })
    return Math.max(...survivors.map(node => (node.dropped.get(dead.name) ?? Infinity) - killedAt))
  }

  /** Asks running nodes for these cities, each city one node picked at random. */
  get (ids: number[], random: () => number): void {
    const running = this.running
    const parts = new Map<NodeProcess, number[]>(running.map(node => [node, []]))
    for (const id of ids) {
      const node = running[Math.floor(random() * running.length)]
      if (node !== undefined) parts.get(node)?.push(id)
    }
    for (const [node, part] of parts) if (part.length > 0) node.get(part)
  }

  /** Lets every node leave in order; the names of those whose process did not end by itself. */
  async stop (): Promise<string[]> {
    const ended = await Promise.all(this.running.map(async node => ({ node, alone: await node.stop() })))
    return ended.filter(({ alone }) => !alone).map(({ node }) => node.name)
  }

  /** Whatever has happened: no process is left. */
  async end (): Promise<void> {
    await Promise.all(this.nodes.map(node => node.end()))
  }
}

function describeView (node: NodeProcess): string {
  if (node.status === undefined) return `${node.name} had not started`
  return `${node.name} saw ${node.status.members.toSorted().join(', ')}`
}
