// Nodes that find each other through a real DNS server, and keep each other when it fails.

import { expect } from 'chai'
import { networkInterfaces } from 'node:os'
import { dns } from '../../src/index.js'
import { startDnsServer } from '../support/dns-server.js'
import { startNode, stopNodes } from '../support/nodes.js'
import { until } from '../support/until.js'
import type { GroupcacheOptions, StandaloneGroupcache } from '../../src/index.js'
import type { DnsServer } from '../support/dns-server.js'
import type { Answer } from 'dns-packet'

const SERVICE = '_groupcache._tcp.cache.test'
const NAME = 'cache.test'

function portOf (node: StandaloneGroupcache): number {
  const port = node.multiaddrs[0]?.getComponents().find(({ name }) => name === 'tcp')?.value
  if (port === undefined) throw new Error('the node does not listen')
  return Number(port)
}

function allSee (nodes: readonly StandaloneGroupcache[]): Promise<void[]> {
  return Promise.all(nodes.map(node => node.ready({ members: nodes.length, signal: AbortSignal.timeout(10_000) })))
}

function namesOf (node: StandaloneGroupcache): string[] {
  return node.members.map(({ name }) => name).sort()
}

describe('dns() against a DNS server', () => {
  let server: DnsServer

  beforeEach(async () => { server = await startDnsServer() })
  afterEach(async () => {
    await stopNodes()
    await server.stop()
  })

  /** A node that finds the others by SRV records, and is in them. */
  async function startListed (name: string, options: GroupcacheOptions = {}): Promise<StandaloneGroupcache> {
    const node = await startNode({ name, discovery: [dns({ hostname: SERVICE, interval: 100, resolver: server.resolver() })], ...options })
    list(node)
    return node
  }

  function list (node: StandaloneGroupcache): void {
    server.records.push(
      { type: 'SRV', name: SERVICE, data: { target: `${node.name}.${NAME}`, port: portOf(node), priority: 0, weight: 1 } },
      { type: 'A', name: `${node.name}.${NAME}`, data: '127.0.0.1' }
    )
  }

  /** Until each node has asked a few times more. */
  async function turns (nodes: number): Promise<void> {
    const before = server.questions
    await until(() => server.questions > before + 6 * nodes, { what: 'a few more questions' })
  }

  it('SRV records make a cluster, each with its own port; no failure shrinks it; and it grows when the server is well again', async () => {
    const nodes = await Promise.all(['a', 'b', 'c'].map(name => startListed(name)))
    await allSee(nodes)
    const joins: string[] = []
    const losses: string[] = []
    for (const node of nodes) {
      node.addEventListener('member:join', ({ detail }) => { joins.push(detail.name) })
      for (const type of ['member:leave', 'member:fail'] as const) node.addEventListener(type, ({ detail }) => { losses.push(detail.name) })
    }
    const { records } = server
    for (const failure of ['SERVFAIL', 'NXDOMAIN', 'REFUSED', 'NOERROR', 'garbage', 'silence'] as const) {
      server.failure = failure
      await turns(1)
    }
    server.failure = undefined
    server.records = []
    await turns(3)
    expect(nodes.map(namesOf)).to.deep.equal([['a', 'b', 'c'], ['a', 'b', 'c'], ['a', 'b', 'c']])
    expect([joins, losses]).to.deep.equal([[], []])
    server.records = records
    const fourth = await startListed('d')
    await allSee([...nodes, fourth])
    expect(namesOf(fourth)).to.deep.equal(['a', 'b', 'c', 'd'])
    expect(losses).to.deep.equal([])
  })

  it('A records make a cluster, one port for all; the own address among them is nobody', async () => {
    const port = await startNode().then(async node => {
      const port = portOf(node)
      await node.stop()
      return port
    })
    const nodes: StandaloneGroupcache[] = []
    for (const address of ['127.0.0.1', '127.0.0.2', '127.0.0.3']) {
      server.records.push({ type: 'A', name: NAME, data: address })
      nodes.push(await startNode({
        name: address,
        listen: [`/ip4/${address}/tcp/${port}`],
        discovery: [dns({ hostname: NAME, port, interval: 100, resolver: server.resolver() })]
      }))
    }
    await allSee(nodes)
    await turns(3)
    for (const node of nodes) {
      expect(namesOf(node)).to.deep.equal(['127.0.0.1', '127.0.0.2', '127.0.0.3'])
      expect(node.stats().connections).to.equal(2)
    }
  })

  it('members that are connected are not dialled again', async () => {
    const nodes = await Promise.all(['a', 'b'].map(name => startListed(name)))
    await allSee(nodes)
    let opened = 0
    for (const { libp2p } of nodes) libp2p.addEventListener('connection:open', () => { opened++ })
    await until(() => nodes.every(({ libp2p }) => libp2p.getConnections().length > 0), { what: 'both connected' })
    opened = 0
    await turns(4)
    expect(opened).to.equal(0)
  })

  it('a member that was restarted, with another id at the same address, is found again', async () => {
    const listen = [`/ip4/127.0.0.1/tcp/${await startNode().then(async node => {
      const port = portOf(node)
      await node.stop()
      return port
    })}`]
    for (const membership of ['gossip', 'manual'] as const) {
      server.records = []
      const first = await startListed('first', { listen, membership, discovery: [] })
      const other = await startListed('other', { membership })
      await other.ready({ members: 2, signal: AbortSignal.timeout(10_000) })
      await first.stop()
      const second = await startNode({ name: 'second', listen, membership, discovery: [] })
      await until(() => namesOf(other).join() === 'other,second', { what: `the other one in its place (${membership})` })
      await Promise.all([second, other].map(node => node.stop()))
    }
  })

  it('in manual mode who answers at the addresses are the peers: who is listed no more goes, and nobody when the server fails', async () => {
    const [b] = await Promise.all(['b', 'a', 'c'].map(name => startListed(name, { membership: 'manual', discovery: [] }))) as [StandaloneGroupcache]
    const node = await startListed('node', { membership: 'manual' })
    await node.ready({ members: 4, signal: AbortSignal.timeout(10_000) })
    const isOf = (gone: StandaloneGroupcache) => (record: Answer) => JSON.stringify(record).includes(`"${gone.name}.${NAME}"`)
    server.records = server.records.filter(record => !isOf(b)(record))
    await until(() => namesOf(node).join() === 'a,c,node', { what: 'b off the ring' })
    for (const failure of ['SERVFAIL', 'NXDOMAIN', 'silence'] as const) {
      server.failure = failure
      await turns(1)
      expect(namesOf(node)).to.deep.equal(['a', 'c', 'node'])
    }
    // the list is the word: who was dropped comes back when it is listed again
    server.failure = undefined
    list(b)
    await until(() => namesOf(node).join() === 'a,b,c,node', { what: 'b back' })
  })

  it("a name that the system knows is found without a resolver of one's own", async () => {
    const seed = await startNode({ name: 'seed' })
    const node = await startNode({ name: 'node', discovery: [dns({ hostname: 'localhost', port: portOf(seed), interval: 100 })] })
    await node.ready({ members: 2, signal: AbortSignal.timeout(20_000) })
    expect(namesOf(node)).to.deep.equal(['node', 'seed'])
  })

  it('a node that announces another address than it listens on does not take itself for a peer', async () => {
    const node = await startListed('node', { listen: ['/ip4/0.0.0.0/tcp/0'], announce: ['/ip4/192.0.2.1/tcp/4001'] })
    server.records = [{ type: 'SRV', name: SERVICE, data: { target: `node.${NAME}`, port: listenPort(node), priority: 0, weight: 0 } }]
    const own = Object.values(networkInterfaces()).flat().flatMap(entry => entry?.family === 'IPv4' ? [entry.address] : [])
    for (const address of ['127.0.0.1', ...own]) server.records.push({ type: 'A', name: `node.${NAME}`, data: address })
    await turns(4)
    expect(node.members).to.have.length(1)
    expect(node.libp2p.getConnections()).to.deep.equal([])
  })
})

/** The port behind what a node announces. */
function listenPort (node: StandaloneGroupcache): number {
  const { components } = node.libp2p as unknown as { components: { transportManager: { getAddrs: () => Array<{ toString: () => string }> } } }
  const port = /tcp\/(\d+)/.exec(String(components.transportManager.getAddrs()[0]))?.[1]
  if (port === undefined) throw new Error('the node does not listen')
  return Number(port)
}
