// Real nodes in this process, on loopback, stopped after each test.

import { bootstrap, createGroupcache } from '../../src/index.js'
import type { Discovery, GroupcacheOptions, StandaloneGroupcache } from '../../src/index.js'

const running = new Set<StandaloneGroupcache>()

/** A started node that looks for nobody, unless `options` say so. Stopped by {@link stopNodes}. */
export async function startNode (options: GroupcacheOptions = {}): Promise<StandaloneGroupcache> {
  const node = await createGroupcache({ discovery: [], listen: ['/ip4/127.0.0.1/tcp/0'], ...options })
  running.add(node)
  return node
}

/** `count` nodes named n0, n1, …, that know the first one and have all seen each other. */
export async function startCluster (count: number, options: GroupcacheOptions = {}): Promise<StandaloneGroupcache[]> {
  const first = await startNode({ name: 'n0', ...options })
  const discovery: Discovery[] = [bootstrap([addressOf(first)])]
  const others = await Promise.all(Array.from({ length: count - 1 }, (_, i) => startNode({ name: `n${i + 1}`, discovery, ...options })))
  const nodes = [first, ...others]
  await Promise.all(nodes.map(node => node.ready({ members: count, signal: AbortSignal.timeout(10_000) })))
  return nodes
}

/** `count` nodes in manual mode, each told of all others. */
export async function startManual (count: number, options: GroupcacheOptions = {}): Promise<StandaloneGroupcache[]> {
  const nodes = await Promise.all(Array.from({ length: count }, (_, i) => startNode({ name: `n${i}`, membership: 'manual', ...options })))
  for (const node of nodes) await node.setPeers(nodes.filter(other => other !== node).map(addressOf))
  return nodes
}

export async function stopNodes (): Promise<void> {
  const nodes = [...running]
  running.clear()
  await Promise.all(nodes.map(node => node.stop()))
}

/** Where a node listens, peer id included. */
export function addressOf (node: StandaloneGroupcache): string {
  const address = node.multiaddrs[0]
  if (address === undefined) throw new Error(`${node.name} does not listen`)
  return address.toString()
}

/** The first of k0, k1, … that the member named `name` owns. */
export function keyOwnedBy (name: string, group: { owner (key: string): { name: string } }, from = 0): string {
  for (let i = from; i < from + 10_000; i++) {
    if (group.owner(`k${i}`).name === name) return `k${i}`
  }
  throw new Error(`${name} owns none of 10,000 keys`)
}
