// The guarantees between real nodes, one test each: in manual mode, where the ring is to stay as it is, over loopback.

import { expect } from 'chai'
import { LEASE } from '../../src/constants.js'
import { GroupNotFoundError, LoadError } from '../../src/index.js'
import { stopClusters, testCluster, testNodes } from '../support/clusters.js'
import { addressOf, keyOwnedBy, startManual, startNode, stopNodes } from '../support/nodes.js'
import { until } from '../support/until.js'
import type { Group, GroupOptions, StandaloneGroupcache } from '../../src/index.js'

type Nodes = [StandaloneGroupcache, StandaloneGroupcache, StandaloneGroupcache]

describe('guarantees', () => {
  /** Keys in the order in which any node's loader was called. */
  let loaded: string[]

  beforeEach(() => { loaded = [] })
  afterEach(stopNodes)
  afterEach(stopClusters)

  function groupAt (node: StandaloneGroupcache, options: Partial<GroupOptions<string>> = {}): Group<string> {
    return node.group<string>('group', {
      load: async key => {
        loaded.push(key)
        await new Promise(resolve => { setImmediate(resolve) })
        return `${key} from ${node.name}`
      },
      ...options
    })
  }

  it('one load: thousands of concurrent gets of one cold key at all nodes run the loader once', async () => {
    const nodes = await testNodes(3)
    const groups = nodes.map(node => groupAt(node))
    for (const name of ['n0', 'n1', 'n2']) {
      const key = keyOwnedBy(name, groups[0] as Group<string>)
      const values = await Promise.all(groups.flatMap(group => Array.from({ length: 1_000 }, () => group.get(key))))
      expect(new Set(values)).to.deep.equal(new Set([`${key} from ${name}`]))
      expect(loaded.filter(other => other === key)).to.have.length(1)
    }
  })

  it('a dead owner fails no get: its successor loads once for all, and the ring forgets it', async () => {
    const nodes = await startManual(3) as Nodes
    const groups = nodes.map(node => groupAt(node, { hot: false }))
    const [a, b] = groups as [Group<string>, Group<string>]
    const keys = Array.from({ length: 20 }, (_, i) => keyOwnedBy('n2', a, i * 20))
    await nodes[2].stop()
    // manual mode: the dead owner stays on the ring, so each get runs into it
    for (const key of new Set(keys)) {
      const values = await Promise.all([a, b].flatMap(group => Array.from({ length: 50 }, () => group.get(key))))
      expect(new Set(values).size, key).to.equal(1)
      expect(loaded.filter(other => other === key), key).to.have.length(1)
    }
  })

  it('alone with two dead peers, a get loads here', async () => {
    const nodes = await startManual(3) as Nodes
    const [a] = nodes.map(node => groupAt(node)) as [Group<string>]
    await Promise.all([nodes[1].stop(), nodes[2].stop()])
    for (let i = 0; i < 20; i++) expect(await a.get(`k${i}`)).to.equal(`k${i} from n0`)
  })

  it('two nodes with different rings answer every key, without a loop or a hang', async () => {
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(name => startNode({ name, membership: 'manual' }))) as Nodes
    // a believes in b alone, b in c alone, c in a alone
    await a.setPeers([addressOf(b)])
    await b.setPeers([addressOf(c)])
    await c.setPeers([addressOf(a)])
    const groups = [a, b, c].map(node => groupAt(node))
    const gets = Array.from({ length: 200 }, (_, i) => groups.map(group => group.get(`k${i}`, { timeout: 5_000 }))).flat()
    for (const value of await Promise.all(gets)) expect(value).to.match(/^k\d+ from [abc]$/)
  })

  it('same view, same owner: members agree on every key, whatever order they joined in', async () => {
    const nodes = await testNodes(4)
    const groups = nodes.map(node => groupAt(node))
    for (let i = 0; i < 300; i++) {
      expect(new Set(groups.map(group => group.owner(`key-${i}`).name)).size).to.equal(1)
    }
  })

  it('a member that leaves is known to be gone before its stop has finished', async () => {
    const nodes = await testNodes(3) as Nodes
    const left: string[] = []
    for (const node of [nodes[0], nodes[1]]) node.addEventListener('member:leave', event => { left.push(`${event.detail.name} ${event.detail.state} at ${node.name}`) })
    await until(() => nodes.every(node => node.stats().connections === 2), { what: 'the full mesh' })
    await nodes[2].stop()
    expect(left).to.have.members(['n2 left at n0', 'n2 left at n1'])
    expect(nodes[0].members.map(member => member.name)).to.have.members(['n0', 'n1'])
  })

  it('a member that comes back under its old key and name takes its place again', async () => {
    const nodes = await testNodes(2)
    const [first, second] = nodes as [StandaloneGroupcache, StandaloneGroupcache]
    await second.stop()
    await until(() => first.members.length === 1, { what: 'the leave' })
    await second.start()
    await second.addPeer(addressOf(first))
    await Promise.all(nodes.map(node => node.ready({ members: 2, signal: AbortSignal.timeout(5_000) })))
    expect(first.members.map(member => member.name)).to.have.members(['n0', 'n1'])
  })

  it('values move: a key that a new member takes over is fetched from its previous owner, not loaded again', async () => {
    const cluster = await testCluster(1, { member: index => ({ name: ['first', 'second'][index] }) })
    const before = groupAt(cluster.nodes[0] as StandaloneGroupcache)
    const keys = Array.from({ length: 200 }, (_, i) => `key-${i}`)
    await Promise.all(keys.map(key => before.get(key)))
    const after = groupAt(await cluster.add())
    await cluster.nodes[0]?.ready({ members: 2, signal: AbortSignal.timeout(5_000) })
    const moved = keys.filter(key => after.owner(key).self)
    expect(moved.length).to.be.greaterThan(20)
    for (const key of keys) expect(await after.get(key)).to.equal(`${key} from first`)
    expect(loaded).to.have.length(200)
  })

  it('an abort or a timeout is the own affair of who asked for it', async () => {
    const nodes = await startManual(2)
    let gate = Promise.withResolvers<string>()
    const [a] = nodes.map(node => groupAt(node, { load: () => gate.promise })) as [Group<string>]
    for (const name of ['n0', 'n1']) {
      gate = Promise.withResolvers<string>()
      const key = keyOwnedBy(name, a)
      const controller = new AbortController()
      const patient = a.get(key)
      const aborted = a.get(key, { signal: controller.signal }).catch((err: Error) => err.name)
      const timed = a.get(key, { timeout: 20 }).catch((err: Error) => err.name)
      controller.abort()
      expect(await aborted).to.equal('AbortError')
      expect(await timed).to.equal('TimeoutError')
      gate.resolve('value')
      expect(await patient).to.equal('value')
    }
  })

  it('a slow load is waited for, however short the rpc timeout: only silence counts', async () => {
    const nodes = await startManual(2, { rpc: { timeout: 100 } })
    const gate = Promise.withResolvers<string>()
    const [a, b] = nodes.map(node => groupAt(node, { load: key => { loaded.push(key); return gate.promise } })) as [Group<string>, Group<string>]
    const key = keyOwnedBy('n1', a)
    const started = performance.now()
    const got = a.get(key)
    await until(() => performance.now() - started > 500, { what: 'five timeouts' })
    gate.resolve('late')
    expect(await got).to.equal('late')
    expect(loaded).to.deep.equal([key])
    expect(b.stats().loads).to.equal(1)
  })

  it('a peer that lacks the group is passed over, and the reason is kept', async () => {
    const nodes = await startManual(2)
    const here = (nodes[0] as StandaloneGroupcache).group<string>('only here', { load: key => `${key} loaded` })
    const bad = (nodes[0] as StandaloneGroupcache).group<string>('failing here', { load: () => { throw new Error('no') } })
    const key = keyOwnedBy('n1', here)
    expect(await here.get(key)).to.equal(`${key} loaded`)
    const failure = await bad.get(key).then(() => undefined, (err: unknown) => err) as LoadError
    expect(failure).to.be.instanceOf(LoadError)
    expect(failure.earlier).to.be.instanceOf(GroupNotFoundError)
    expect(failure.earlier).to.include({ group: 'failing here' })
  })

  it('with loadLocallyOnLoadError off, the error of the owner is the answer and the load runs once', async () => {
    const nodes = await startManual(2)
    const [a] = nodes.map(node => groupAt(node, {
      loadLocallyOnLoadError: false,
      load: key => { loaded.push(key); throw new Error(`no at ${node.name}`) }
    })) as [Group<string>]
    const key = keyOwnedBy('n1', a)
    const failure = await a.get(key).then(() => undefined, (err: unknown) => err) as LoadError
    expect(failure).to.be.instanceOf(LoadError)
    expect(failure.message).to.include('no at n1')
    expect(failure.peerId?.toString()).to.equal(nodes[1]?.peerId.toString())
    expect(loaded).to.deep.equal([key])
  })

  it('a remove whose owner is certainly dead is done by its successor, at once', async () => {
    const nodes = await startManual(3) as Nodes
    const groups = nodes.map(node => groupAt(node)) as [Group<string>, Group<string>, Group<string>]
    const [a, b] = groups
    const key = keyOwnedBy('n2', a)
    for (const group of groups) await group.get(key)
    await nodes[2].stop()
    const started = performance.now()
    await a.remove(key)
    expect([a.peek(key), b.peek(key)]).to.deep.equal([undefined, undefined])
    // and with what was loaded in its place since
    const [first] = await Promise.all([a.get(key), b.get(key)])
    await a.remove(key)
    expect([a.peek(key), b.peek(key)]).to.deep.equal([undefined, undefined])
    expect(loaded.filter(other => other === key)).to.have.length(2)
    expect(await b.get(key)).to.equal(first)
    expect(loaded.filter(other => other === key)).to.have.length(3)
    expect(performance.now() - started).to.be.lessThan(LEASE)
  })

  it('stop leaves nothing: pending gets are rejected, later ones too, and no socket is open', async () => {
    const nodes = await startManual(2) as [StandaloneGroupcache, StandaloneGroupcache]
    let aborted = 0
    const [a, b] = nodes.map(node => groupAt(node, {
      load: (_key, { signal }) => new Promise<string>((_resolve, reject) => {
        signal.addEventListener('abort', () => { aborted++; reject(signal.reason as Error) })
      })
    })) as [Group<string>, Group<string>]
    const own = a.get(keyOwnedBy('n0', a)).catch((err: Error) => err.name)
    const remote = a.get(keyOwnedBy('n1', a)).catch((err: Error) => err.name)
    await until(() => b.stats().loads === 1, { what: 'the remote load' })
    await nodes[0].stop()
    expect(await Promise.all([own, remote])).to.deep.equal(['NotStartedError', 'NotStartedError'])
    expect(await a.get('later').catch((err: Error) => err.name)).to.equal('NotStartedError')
    expect(await a.remove('later').catch((err: Error) => err.name)).to.equal('NotStartedError')
    expect(aborted).to.equal(1)
    await nodes[0].stop()
    await nodes[1].stop()
    await until(() => !process.getActiveResourcesInfo().some(resource => resource.startsWith('TCP')), { what: 'no TCP handle' })
  })

  it('two caches in one process do not meet', async () => {
    const [a, b] = await Promise.all([startNode({ name: 'a' }), startNode({ name: 'b' })])
    const [atA, atB] = [groupAt(a), groupAt(b)]
    expect(await atA.get('k')).to.equal('k from a')
    expect(await atB.get('k')).to.equal('k from b')
  })

  it('await using stops the node', async () => {
    let node: StandaloneGroupcache
    {
      await using scoped = await startNode()
      node = scoped
      expect(node.libp2p.status).to.equal('started')
    }
    expect(node.libp2p.status).to.equal('stopped')
  })
})
