// A network of memberships in virtual time: connections, dials, gossip, crashes and partitions, from a seed.

import { FakeClock } from './fake-clock.js'
import { seeded } from './seeds.js'
import { VirtualNode, lineOf } from './virtual-node.js'
import type { MemberRecord } from '../../src/membership/member-record.js'

/** Gossip passes a connection only once it has been open for this long. */
const GOSSIP_LINK_AFTER = 700

export interface VirtualNetworkInit {
  seed: number
  /** Part of the gossip that is lost. */
  loss?: number
}

/** Between two processes, not two ids: a process that was restarted under the same id has none of the old ones. */
interface Connection { ends: readonly [VirtualNode, VirtualNode], since: number }

export class VirtualNetwork {
  readonly clock = new FakeClock()
  readonly random: () => number
  /** Processes that run, by address. */
  readonly listening = new Map<string, VirtualNode>()
  /** Addresses from which no answer comes, not even a refusal. */
  readonly nowhere = new Set<string>()
  readonly #connections = new Set<Connection>()
  readonly #loss: number
  #sides = new Map<string, number>()

  constructor ({ seed, loss = 0 }: VirtualNetworkInit) {
    this.random = seeded(seed)
    this.#loss = loss
  }

  get nodes (): VirtualNode[] {
    return [...this.listening.values()]
  }

  /** Starts `count` nodes that know the address of the first one. */
  async cluster (count: number): Promise<VirtualNode[]> {
    const [seed, ...others] = Array.from({ length: count }, (_, i) => this.start(`n${String(i).padStart(3, '0')}`)) as [VirtualNode, ...VirtualNode[]]
    await Promise.all(others.map(node => node.dial(seed.address)))
    return [seed, ...others]
  }

  start (id: string, options: Partial<MemberRecord> & { address?: string } = {}): VirtualNode {
    const node = new VirtualNode(this, id, options)
    this.listening.set(node.address, node)
    node.membership.start([node.address])
    return node
  }

  /** Whether each running node sees exactly the running nodes, at the incarnation, name and address each has. */
  isOneView (nodes = this.nodes): boolean {
    const expected = nodes.map(({ membership }) => lineOf(membership.self)).sort().join('\n')
    return nodes.every(node => node.view() === expected)
  }

  /** Virtual milliseconds until `condition` holds. @throws when it does not within `limit` */
  async until (condition: () => boolean, limit: number, what: string): Promise<number> {
    const start = this.clock.now()
    while (!condition()) {
      if (this.clock.now() - start >= limit) {
        throw new Error(`${what} did not hold within ${limit} virtual ms\n${this.nodes.map(node => `${node.id}: ${node.view().replaceAll('\n', ' | ')}`).join('\n')}`)
      }
      await this.clock.advance(25)
    }
    return this.clock.now() - start
  }

  /** Cuts the network into these groups; nodes in none are with the first. Connections across break after a moment. */
  partition (...groups: VirtualNode[][]): void {
    this.#sides = new Map(groups.flatMap((group, side) => group.map(({ id }): [string, number] => [id, side])))
    for (const connection of this.#connections) {
      const [a, b] = connection.ends
      if (!this.isOneSide(a.id, b.id)) this.later(() => { this.#close(connection) })
    }
  }

  heal (): void {
    this.#sides.clear()
  }

  isOneSide (a: string, b: string): boolean {
    return (this.#sides.get(a) ?? 0) === (this.#sides.get(b) ?? 0)
  }

  /** Whether a process has a connection to one of this id, as far as it knows. */
  isConnected (node: VirtualNode, id: string): boolean {
    return this.#between(node, id) !== undefined
  }

  /** The process that a connection of `node` leads to. @throws when there is none that runs */
  through (node: VirtualNode, id: string): VirtualNode {
    const there = this.#between(node, id)?.ends.find(end => end !== node)
    if (there === undefined || !this.nodes.includes(there)) throw new Error(`${node.id} has no connection to ${id}`)
    return there
  }

  connect (from: VirtualNode, to: VirtualNode): void {
    if ([...this.#connections].some(({ ends }) => ends.includes(from) && ends.includes(to))) return
    this.#connections.add({ ends: [from, to], since: this.clock.now() })
    // as libp2p's topology: only who dialled starts the exchange
    this.later(() => { from.membership.connected(to.id) })
  }

  /** The process is gone: its host closes its connections and refuses new ones. */
  remove (node: VirtualNode): void {
    this.listening.delete(node.address)
    for (const connection of this.#connections) {
      if (connection.ends.includes(node)) this.later(() => { this.#close(connection) })
    }
  }

  /** Everybody that gossip can reach from `node`, over links that have formed. */
  reach (node: VirtualNode): VirtualNode[] {
    const reached = new Set([node])
    for (const at of reached) {
      for (const { ends, since } of this.#connections) {
        if (!ends.includes(at) || this.clock.now() - since < GOSSIP_LINK_AFTER) continue
        for (const end of ends) if (this.nodes.includes(end)) reached.add(end)
      }
    }
    reached.delete(node)
    return [...reached]
  }

  #between (node: VirtualNode, id: string): Connection | undefined {
    return [...this.#connections].find(({ ends }) => ends.includes(node) && ends.some(end => end !== node && end.id === id))
  }

  /** A process hears of it when it was the last one to that id. */
  #close (connection: Connection): void {
    if (!this.#connections.delete(connection)) return
    const [a, b] = connection.ends
    for (const [one, other] of [[a, b], [b, a]] as const) {
      if (this.nodes.includes(one) && !this.isConnected(one, other.id)) one.membership.disconnected(other.id)
    }
  }

  isLost (): boolean {
    return this.random() < this.#loss
  }

  /** Runs `task` after the time a message takes. */
  later (task: () => void, ms = 1 + this.random() * 20): void {
    this.clock.setTimeout(task, ms)
  }

  pause (ms?: number): Promise<void> {
    return new Promise(resolve => { this.later(resolve, ms) })
  }
}
