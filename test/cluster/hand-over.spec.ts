// Values on their way to new owners, between real nodes.

import { expect } from 'chai'
import { bootstrap } from '../../src/index.js'
import { stopClusters, testCluster, testNodes } from '../support/clusters.js'
import { addressOf, startCluster, startNode, stopNodes } from '../support/nodes.js'
import { until } from '../support/until.js'
import { rejection } from '../support/thrown.js'
import type { Group, GroupOptions, HandOverProgress, StandaloneGroupcache } from '../../src/index.js'

const KEYS = Array.from({ length: 600 }, (_, i) => `key-${i}`)
let loaded: string[] = []

function groupAt (node: StandaloneGroupcache, options: Partial<GroupOptions<string>> = {}): Group<string> {
  return node.group<string>('g', {
    load: (key, { setTags }) => {
      loaded.push(key)
      setTags([`tag ${key.at(-1)}`])
      return `${key} from ${node.name}`
    },
    ...options
  })
}

const soon = (): AbortSignal => AbortSignal.timeout(10_000)

describe('values', () => {
  beforeEach(() => { loaded = [] })
  afterEach(stopClusters)

  it('stay in the cluster when a member stops: tags, ttls and all, and no get fails meanwhile', async () => {
    const nodes = await testNodes(3)
    const groups = nodes.map(node => groupAt(node, { ttl: 60_000, hot: false })) as [Group<string>, Group<string>, Group<string>]
    await groups[0].getMany(KEYS)
    const progress: HandOverProgress[] = []
    nodes[2]?.addEventListener('handover:progress', ({ detail }) => { progress.push(detail) })
    const owned = KEYS.filter(key => groups[2].owner(key).self)
    const stopped = nodes[2]?.stop()
    const meanwhile = new AbortController()
    void stopped?.then(() => { meanwhile.abort() })
    while (!meanwhile.signal.aborted) for (const group of groups.slice(0, 2)) await group.getMany(KEYS.slice(0, 50))
    // some of them were asked for before they were offered
    const last = progress.at(-1)
    expect(last).to.deep.include({ reason: 'stop', offered: last?.taken, isDone: true })
    expect(last?.taken).to.be.within(owned.length - 50, owned.length)
    for (const group of groups.slice(0, 2)) await group.getMany(KEYS)
    expect(loaded).to.have.length(KEYS.length)
    expect(groups[0].stats().takenOver + groups[1].stats().takenOver).to.equal(owned.length)
    const red = owned.filter(key => key.endsWith('7'))
    await groups[0].removeByTag('tag 7')
    expect(red.map(key => groups[0].peek(key) ?? groups[1].peek(key)).every(value => value === undefined)).to.equal(true)
  })

  it('go back to a member that starts again under its name, without being asked for', async () => {
    const cluster = await testCluster(3)
    const groups = cluster.nodes.map(node => groupAt(node))
    await groups[0]?.getMany(KEYS)
    const owned = KEYS.filter(key => groups[2]?.owner(key).self)
    await cluster.stop(2)
    const again = await cluster.add({ name: 'n2' })
    const group = groupAt(again)
    await again.ready({ members: 3, signal: soon() })
    expect(KEYS.filter(key => group.owner(key).self)).to.deep.equal(owned)
    await until(() => owned.every(key => group.peek(key) !== undefined), { what: 'all of them to be handed over' })
    expect(loaded).to.have.length(KEYS.length)
    await until(() => groups.slice(0, 2).reduce((sum, each) => sum + (each?.stats().items ?? 0), 0) + group.stats().items === KEYS.length, { what: 'each of them to be in one place' })
  })

  it('are found wherever they are while several members join in a row', async () => {
    const cluster = await testCluster(1)
    const groups = cluster.nodes.map(node => groupAt(node))
    await groups[0]?.getMany(KEYS)
    for (let i = 0; i < 3; i++) groups.push(groupAt(await cluster.add()))
    for (const node of cluster.nodes) await node.ready({ members: 4, signal: soon() })
    for (const group of groups) await group.getMany(KEYS)
    expect(loaded).to.have.length(KEYS.length)
  })

  it('go with the process where that is wanted', async () => {
    const nodes = await testNodes(2, { handOver: { timeout: 0 } })
    const groups = nodes.map(node => groupAt(node))
    await groups[0]?.getMany(KEYS)
    await nodes[1]?.stop()
    await groups[0]?.getMany(KEYS)
    expect(loaded.length).to.be.greaterThan(KEYS.length)
  })

  it('are not handed over past what is allowed', async () => {
    const nodes = await testNodes(2, { handOver: { maxBytes: 5_000 } })
    const groups = nodes.map(node => groupAt(node))
    await groups[0]?.getMany(KEYS)
    const progress: HandOverProgress[] = []
    nodes[1]?.addEventListener('handover:progress', ({ detail }) => { progress.push(detail) })
    await nodes[1]?.stop()
    expect(progress.at(-1)?.taken).to.be.within(1, 30)
    expect(progress.at(-1)?.bytes).to.be.at.most(5_000)
  })

  it('do not hold up a stop when nobody takes them', async () => {
    const nodes = await testNodes(2)
    await groupAt(nodes[0] as StandaloneGroupcache).getMany(KEYS)
    const began = performance.now()
    await nodes[0]?.stop()
    expect(performance.now() - began).to.be.below(4_000)
  })
})

describe('a name', () => {
  beforeEach(() => { loaded = [] })
  afterEach(stopNodes)

  it('is kept by the older of two live nodes; the newer is told, owns nothing, and reads all the same', async () => {
    const [older, another] = await startCluster(2) as [StandaloneGroupcache, StandaloneGroupcache]
    const newer = await startNode({ name: 'n0', discovery: [bootstrap([addressOf(another)])] })
    const [group, there] = [groupAt(newer), groupAt(older)]
    // the other one is enough, and known first
    const err = await rejection(newer.ready({ members: 2, signal: soon() }))
    expect(err).to.include({ name: 'NameTakenError', taken: 'n0' })
    expect(err.message).to.include(`"n0" is taken by ${older.peerId.toString()}`)
    expect(await rejection(newer.ready({ members: 1 }))).to.equal(err)
    for (const each of [group, there]) expect(KEYS.filter(key => each.owner(key).peerId.equals(newer.peerId))).to.deep.equal([])
    expect(await group.get('key-1')).to.equal(await there.get('key-1'))
    await older.stop()
    await until(() => KEYS.some(key => group.owner(key).self), { what: 'the newer one to be on the ring' })
    await newer.ready({ members: 2, signal: soon() })
  })
})
