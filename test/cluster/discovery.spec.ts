// Discovery sources between real nodes. mDNS on a LAN is in test/processes/lan.spec.ts.

import { identify } from '@libp2p/identify'
import { gossipsub } from '@libp2p/gossipsub'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { expect } from 'chai'
import { createLibp2p } from 'libp2p'
import { createServer } from 'node:net'
import { bootstrap, gossipsubSettings, groupcache, host, pull } from '../../src/index.js'
import { addressOf, startNode, stopNodes } from '../support/nodes.js'
import { until } from '../support/until.js'
import type { Discovery, Groupcache } from '../../src/index.js'
import type { AddressInfo } from 'node:net'

const READY = { members: 2, signal: undefined as AbortSignal | undefined }

function bothReady (nodes: Groupcache[]): Promise<void[]> {
  return Promise.all(nodes.map(node => node.ready({ ...READY, signal: AbortSignal.timeout(10_000) })))
}

/** A port that is free at the moment. */
async function freePort (): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => { server.close(resolve) })
  return port
}

describe('discovery', () => {
  afterEach(stopNodes)

  it('bootstrap takes addresses without a peer id, DNS names among them', async () => {
    const seed = await startNode()
    const address = addressOf(seed).replace(/\/p2p\/.*/, '')
    const byIp = await startNode({ discovery: [bootstrap([address])] })
    await bothReady([seed, byIp])
    const byName = await startNode({ discovery: [bootstrap([address.replace('/ip4/127.0.0.1', '/dns4/localhost')])] })
    await byName.ready({ members: 3, signal: AbortSignal.timeout(10_000) })
  })

  it('bootstrap waits for a seed that comes later, and finds one that was restarted', async () => {
    const port = await freePort()
    const listen = [`/ip4/127.0.0.1/tcp/${port}`]
    const node = await startNode({ discovery: [bootstrap(listen)] })
    const seed = await startNode({ listen })
    await bothReady([node, seed])
    await seed.stop()
    await until(() => node.members.length === 1, { what: 'the seed gone' })
    const successor = await startNode({ listen, name: 'successor' })
    await bothReady([node, successor])
    expect(node.members.map(member => member.name)).to.include('successor')
  })

  it('bootstrap with the own address among the list does nothing for it', async () => {
    const port = await freePort()
    const listen = [`/ip4/127.0.0.1/tcp/${port}`]
    const other = await startNode()
    const node = await startNode({ listen, discovery: [bootstrap([...listen, addressOf(other)])] })
    await bothReady([node, other])
    expect(node.members).to.have.length(2)
  })

  it('bootstrap refuses what is no address, where it is written', () => {
    expect(() => bootstrap(['10.0.0.7:4001'])).to.throw(/expected a multiaddr.*10\.0\.0\.7:4001/)
    expect(() => bootstrap('/ip4/10.0.0.7/tcp/1' as never)).to.throw(/expected an array of multiaddrs/)
  })

  it('pull in gossip mode adds what it finds, and its failures shrink nothing', async () => {
    const other = await startNode()
    const answers: Array<() => Iterable<string>> = [() => [addressOf(other)], () => { throw new Error('registry down') }, () => 'x' as never, () => []]
    let calls = 0
    const node = await startNode({ discovery: [pull(() => (answers[Math.min(calls++, 3)] as () => Iterable<string>)(), { interval: 20 })] })
    await bothReady([node, other])
    await until(() => calls > 5, { what: 'all kinds of answers' })
    expect(node.members).to.have.length(2)
  })

  it('pull in manual mode sets the peers, as the reference does', async () => {
    const others = await Promise.all(['a', 'b'].map(name => startNode({ name, membership: 'manual' })))
    let listed = others.map(addressOf)
    const node = await startNode({ name: 'node', membership: 'manual', discovery: [pull(() => [...listed, addressOf(node0())], { interval: 20 })] })
    function node0 (): typeof node { return node }
    await node.ready({ members: 3, signal: AbortSignal.timeout(10_000) })
    listed = listed.slice(0, 1)
    await until(() => node.members.length === 2, { what: 'b dropped' })
    expect(node.members.map(member => member.name)).to.have.members(['node', 'a'])
  })

  it('sources that fail in every way keep neither the node from starting, nor the others from finding', async () => {
    const quiet = { start () {}, stop () {} }
    const failing: Discovery[] = [
      () => { throw new Error('made') },
      () => undefined as never,
      () => ({ ...quiet, start () { throw new Error('started') } }),
      () => ({ ...quiet, start: () => Promise.reject(new Error('started')) }),
      () => ({ ...quiet, start: () => new Promise(() => {}), stop: () => new Promise(() => {}) }),
      context => ({ ...quiet, start () { void context.connect('nonsense') } }),
      context => ({ ...quiet, start () { void context.connect('/ip4/127.0.0.1/tcp/1') } }),
      context => ({ ...quiet, start: () => context.replace(['nonsense', 5 as never, '/ip4/127.0.0.1/tcp/1']) }),
      context => ({ ...quiet, start: () => context.replace(null as never) })
    ]
    const seed = await startNode()
    for (const membership of ['gossip', 'manual'] as const) {
      const node = await startNode({ membership, discovery: [...failing.slice(0, 5), bootstrap([addressOf(seed)]), ...failing.slice(5)] })
      await node.ready({ members: 2, signal: AbortSignal.timeout(10_000) })
      await node.stop()
      expect(node.libp2p.status).to.equal('stopped')
    }
  })

  it('each source leaves the own address alone, and tries the others of a list that has bad ones', async () => {
    const port = await freePort()
    const own = `/ip4/127.0.0.1/tcp/${port}`
    const other = await startNode({ name: 'other' })
    const theirs = addressOf(other).replace(/\/p2p\/.*/, '')
    for (const source of [bootstrap([own, '/ip4/127.0.0.1/tcp/1', theirs]), pull(() => [own, 'nonsense', '/ip4/127.0.0.1/tcp/1', theirs], { interval: 50 })]) {
      const node = await startNode({ name: 'node', listen: [own], discovery: [source] })
      await node.ready({ members: 2, signal: AbortSignal.timeout(10_000) })
      expect(node.members.map(({ name }) => name)).to.have.members(['node', 'other'])
      await node.stop()
    }
  })

  it('two lists in manual mode are the peers together', async () => {
    const [a, b] = await Promise.all(['a', 'b'].map(name => startNode({ name, membership: 'manual' })))
    const losses: string[] = []
    let calls = 0
    const lists = [a, b].map(peer => pull(() => {
      calls++
      return [addressOf(peer as NonNullable<typeof peer>)]
    }, { interval: 20 }))
    const node = await startNode({ name: 'node', membership: 'manual', discovery: lists })
    node.addEventListener('member:leave', ({ detail }) => { losses.push(detail.name) })
    await node.ready({ members: 3, signal: AbortSignal.timeout(10_000) })
    const before = calls
    await until(() => calls > before + 10, { what: 'ten more lists' })
    expect([losses, node.members.length]).to.deep.equal([[], 3])
  })

  it('a list in manual mode leaves whom another source has connected to', async () => {
    const [seed, listed] = await Promise.all(['seed', 'listed'].map(name => startNode({ name, membership: 'manual' })))
    const losses: string[] = []
    let calls = 0
    const list = pull(() => {
      calls++
      return [addressOf(listed as NonNullable<typeof listed>)]
    }, { interval: 20 })
    const node = await startNode({ name: 'node', membership: 'manual', discovery: [bootstrap([addressOf(seed as NonNullable<typeof seed>)]), list] })
    node.addEventListener('member:leave', ({ detail }) => { losses.push(detail.name) })
    await node.ready({ members: 3, signal: AbortSignal.timeout(10_000) })
    const before = calls
    await until(() => calls > before + 10, { what: 'ten more lists' })
    expect([losses, node.members.length]).to.deep.equal([[], 3])
  })

  it('host finds the nodes of the same cluster on this machine, and no others', async () => {
    const cluster = `cluster ${process.pid}`
    const nodes = await Promise.all(['a', 'b', 'c'].map(name => startNode({ name, cluster, discovery: [host()] })))
    const stranger = await startNode({ cluster: `${cluster} 2`, discovery: [host()] })
    await Promise.all(nodes.map(node => node.ready({ members: 3, signal: AbortSignal.timeout(10_000) })))
    for (const node of nodes) expect(node.members.map(member => member.name)).to.have.members(['a', 'b', 'c'])
    expect(stranger.members).to.have.length(1)
  })

  it('ready gives up when its signal aborts, and says how far it got', async () => {
    const node = await startNode()
    const controller = new AbortController()
    const waiting = node.ready({ members: 2, signal: controller.signal }).catch((err: Error) => err.name)
    controller.abort()
    expect(await waiting).to.equal('AbortError')
  })

  it('works as a service of a libp2p node that is already there', async () => {
    const start = (peers: string[]): Promise<Awaited<ReturnType<typeof createNode>>> => createNode(peers)
    const createNode = async (peers: string[]) => createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: { identify: identify(), pubsub: gossipsub(gossipsubSettings), cache: groupcache({ discovery: [bootstrap(peers)] }) }
    })
    const first = await start([])
    const second = await start(first.getMultiaddrs().map(String))
    try {
      const caches = [first.services.cache, second.services.cache]
      await bothReady(caches)
      const [a, b] = caches.map(cache => cache.group<string>('group', { load: key => `${key} from ${cache.name}` }))
      for (let i = 0; i < 20; i++) expect(await a?.get(`k${i}`)).to.equal(await b?.get(`k${i}`))
      // the application stops the service alone; its node goes on
      await second.services.cache.stop()
      expect(second.status).to.equal('started')
      await until(() => first.services.cache.members.length === 1, { what: 'the goodbye' })
    } finally {
      await Promise.all([first.stop(), second.stop()])
    }
  })

  it('twenty-five nodes on one machine see each other and agree', async function () {
    this.timeout(60_000)
    const seed = await startNode({ name: 'n0' })
    const others = await Promise.all(Array.from({ length: 24 }, (_, i) => startNode({ name: `n${i + 1}`, discovery: [bootstrap([addressOf(seed)])] })))
    const nodes = [seed, ...others]
    await Promise.all(nodes.map(node => node.ready({ members: 25, signal: AbortSignal.timeout(45_000) })))
    const groups = nodes.map(node => node.group<string>('group', { load: key => `${key} from ${node.name}` }))
    for (let i = 0; i < 100; i++) expect(new Set(groups.map(group => group.owner(`k${i}`).name)).size).to.equal(1)
  })
})
