// Starting, stopping, starting again, and calls that come at the wrong time.

import { expect } from 'chai'
import { GonePeers } from '../../src/gone-peers.js'
import { bootstrap, createGroupcache } from '../../src/index.js'
import { stopClusters, testNodes } from '../support/clusters.js'
import { addressOf, keyOwnedBy, startCluster, startManual, startNode, stopNodes } from '../support/nodes.js'
import { all, patch } from '../support/patch.js'
import { TimerWatch } from '../support/timers.js'
import { until } from '../support/until.js'
import type { StandaloneGroupcache } from '../../src/index.js'

function nameOf (work: Promise<unknown>): Promise<string> {
  return work.then(() => 'no error', (err: Error) => err.name)
}

describe('life and calls at the wrong time', () => {
  afterEach(stopNodes)
  afterEach(stopClusters)

  it('a node that starts again does not believe in those who stopped meanwhile', async () => {
    const [a, b] = await testNodes(2) as [StandaloneGroupcache, StandaloneGroupcache]
    await a.stop()
    expect(a.members.map(member => member.name)).to.deep.equal(['n0'])
    await b.stop()
    await a.start()
    expect(a.members).to.have.length(1)
    const group = a.group<string>('group', { load: key => key })
    for (let i = 0; i < 20; i++) await group.get(`k${i}`)
    expect(group.stats()).to.include({ peerGets: 0, loads: 20 })
  })

  it('start and stop right behind each other end stopped', async () => {
    const node = await startNode()
    await node.stop()
    const starting = node.start()
    await node.stop()
    await starting
    expect(node.libp2p.status).to.equal('stopped')
    expect(node.multiaddrs).to.deep.equal([])
  })

  it('a node that is stopped twice at once says goodbye, and both wait until it has stopped', async () => {
    const [a, b] = await testNodes(2) as [StandaloneGroupcache, StandaloneGroupcache]
    const events: string[] = []
    for (const kind of ['leave', 'fail'] as const) a.addEventListener(`member:${kind}`, ({ detail }) => { events.push(`${kind} ${detail.name}`) })
    const seen = await Promise.all([b.stop().then(() => b.libp2p.status), b.stop().then(() => b.libp2p.status)])
    expect(seen).to.deep.equal(['stopped', 'stopped'])
    await until(() => events.length > 0, { what: 'the end of the other one' })
    expect(events).to.deep.equal(['leave n1'])
  })

  it('a stopped node leaves no timer that would keep its process alive', async () => {
    const timers = new TimerWatch()
    const [a] = await startCluster(2) as [StandaloneGroupcache, StandaloneGroupcache]
    const group = a.group<string>('group', { load: key => key })
    await group.getMany(['a', 'b', 'c', 'd'])
    await stopNodes()
    expect(await timers.left()).to.deep.equal([])
    timers.end()
  })

  it('nodes that have stopped leave nothing, not even for the round of the event loop in which they say so', async () => {
    const open = (kind: string): number => process.getActiveResourcesInfo().filter(each => each.startsWith(kind)).length
    const kinds = ['TCP', 'Timeout']
    // mocha has a timer of its own from then on
    await Promise.resolve()
    const before = kinds.map(open)
    const nodes = [await createGroupcache({ listen: ['/ip4/127.0.0.1/tcp/0'], discovery: [] })] as StandaloneGroupcache[]
    nodes.push(await createGroupcache({ listen: ['/ip4/127.0.0.1/tcp/0'], discovery: [bootstrap([addressOf(nodes[0] as StandaloneGroupcache)])] }))
    await Promise.all(nodes.map(node => node.ready({ members: 2, signal: AbortSignal.timeout(10_000) })))
    expect(open('TCP')).to.be.greaterThan(before[0] as number)
    for (const node of nodes) await node.stop()
    for (const [i, kind] of kinds.entries()) expect(open(kind), kind).to.be.at.most(before[i] as number)
  })

  it('ready, addPeer and setPeers of a stopped node say so, and ready does when the node stops', async () => {
    const [node, other] = await Promise.all([startNode(), startNode()])
    expect(await nameOf(node.ready({ members: 5, signal: AbortSignal.abort('no error') }))).to.equal('AbortError')
    const waiting = nameOf(node.ready({ members: 5 }))
    await node.stop()
    expect(await waiting).to.equal('NotStartedError')
    expect(await nameOf(node.ready({ members: 5 }))).to.equal('NotStartedError')
    expect(await nameOf(node.addPeer(addressOf(other)))).to.equal('NotStartedError')
    expect(await nameOf(node.setPeers([addressOf(other)]))).to.equal('NotStartedError')
  })

  it('a node that cannot listen leaves no discovery source that was started and not stopped', async () => {
    const other = await startNode()
    const calls: string[] = []
    const starting = createGroupcache({
      listen: [`/ip4/127.0.0.1/tcp/${addressOf(other).split('/')[4]}`],
      discovery: [() => ({ start () { calls.push('start') }, stop () { calls.push('stop') } })]
    })
    expect(await nameOf(starting)).to.equal('ListenError')
    // what goes on in it was called off before that
    await new Promise(resolve => { setTimeout(resolve, 50) })
    expect(calls).to.deep.equal([])
  })

  it('what libp2p knows of peers that have gone is seen to while the node runs, however it was started and is stopped, and not after it could not listen', async () => {
    const calls: string[] = []
    const record = (name: 'start' | 'stop') => patch(GonePeers, name, original => function (this: GonePeers) {
      original.call(this)
      calls.push(name)
    })
    const undo = all(record('stop'), record('start'))
    const node = await createGroupcache({ listen: ['/ip4/127.0.0.1/tcp/0'], discovery: [] })
    try {
      expect(calls.at(-1)).to.equal('start')
      const failing = createGroupcache({ listen: [addressOf(node).replace(/\/p2p\/.*/, '')], discovery: [] })
      expect(await nameOf(failing)).to.equal('ListenError')
      expect(calls.at(-1)).to.equal('stop')
      for (const [start, stop] of [[() => node.start(), () => node.stop()], [() => node.libp2p.start(), () => node.libp2p.stop()]] as const) {
        await stop()
        expect(calls.at(-1)).to.equal('stop')
        await start()
        expect(calls.at(-1)).to.equal('start')
      }
    } finally {
      await node.stop()
      undo()
    }
  })

  it('a discovery source that cannot be stopped does not keep the node from stopping', async () => {
    const node = await createGroupcache({
      listen: ['/ip4/127.0.0.1/tcp/0'],
      discovery: [() => ({ start () {}, stop () { throw new Error('stuck') } })]
    })
    await node.stop()
    expect(node.libp2p.status).to.equal('stopped')
  })

  it('a peer that was removed stays removed, whatever discovery finds, until it is added again', async () => {
    const seed = await startNode({ name: 'seed' })
    let looks = 0
    const node = await startNode({
      name: 'node',
      discovery: [bootstrap([addressOf(seed)]), context => ({
        start () {
          timer = setInterval(() => {
            looks++
            void context.connect(addressOf(seed)).catch(() => { /* it was removed */ })
          }, 20)
        },
        stop () { clearInterval(timer) }
      })]
    })
    await node.ready({ members: 2, signal: AbortSignal.timeout(5_000) })
    await node.removePeer(seed.peerId)
    const before = looks
    await until(() => looks > before + 10, { what: 'ten more finds' })
    expect(node.members.map(member => member.name)).to.deep.equal(['node'])
    await node.addPeer(addressOf(seed))
    expect(node.members.map(member => member.name)).to.have.members(['node', 'seed'])
  })
  let timer: NodeJS.Timeout | undefined

  it('a peer is known by the address it was added with, a DNS name without a peer id', async () => {
    const [node, other] = await Promise.all(['node', 'other'].map(name => startNode({ name, membership: 'manual' }))) as [StandaloneGroupcache, StandaloneGroupcache]
    const address = addressOf(other).replace(/\/p2p\/.*/, '').replace('/ip4/127.0.0.1', '/dns4/localhost')
    await node.addPeer(address)
    await other.stop()
    await node.setPeers([address])
    expect(node.members).to.have.length(2)
    await node.removePeer(address)
    expect(node.members).to.have.length(1)
  })

  it('a member in manual mode is dialled again where it said that it listens', async () => {
    const [a, b] = await startManual(2) as [StandaloneGroupcache, StandaloneGroupcache]
    const [atA] = [a, b].map(node => node.group<string>('group', { load: key => `${key} from ${node.name}`, hot: false }))
    await a.libp2p.hangUp(b.peerId)
    await a.libp2p.peerStore.delete(b.peerId)
    await until(() => a.stats().connections === 0, { what: 'no connection' })
    const key = keyOwnedBy('n1', atA as NonNullable<typeof atA>)
    expect(await atA?.get(key)).to.equal(`${key} from n1`)
  })

  it("one caller's abort of addPeer is its own", async () => {
    const [node, other] = await Promise.all([startNode(), startNode()])
    const controller = new AbortController()
    const aborted = nameOf(node.addPeer(addressOf(other), { signal: controller.signal }))
    const patient = node.addPeer(addressOf(other))
    controller.abort()
    await patient
    expect(await aborted).to.be.oneOf(['AbortError', 'no error'])
    expect(node.members).to.have.length(2)
  })

  it('remove works while the others do not have the group yet', async () => {
    const [a] = await testNodes(2) as [StandaloneGroupcache, StandaloneGroupcache]
    const group = a.group<string>('group', { load: key => key })
    const mine = keyOwnedBy('n0', group)
    await group.get(mine)
    await group.remove(mine)
    expect(group.peek(mine)).to.equal(undefined)
    await group.remove(keyOwnedBy('n1', group))
  })

  it('a signal may be shared by many gets without a warning', async () => {
    const node = await startNode()
    const gate = Promise.withResolvers<string>()
    const group = node.group<string>('group', { load: () => gate.promise })
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => { warnings.push(warning) }
    process.on('warning', onWarning)
    const { signal } = new AbortController()
    const gets = Array.from({ length: 50 }, () => group.get('k', { signal }))
    gate.resolve('v')
    await Promise.all(gets)
    await new Promise(resolve => { setImmediate(resolve) })
    process.off('warning', onWarning)
    expect(warnings).to.deep.equal([])
  })
})
