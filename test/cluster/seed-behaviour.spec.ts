// What the reference implementation's own integration tests assert, over real nodes.

import { expect } from 'chai'
import { LoadError } from '../../src/index.js'
import { stopClusters, testNodes } from '../support/clusters.js'
import { addressOf, keyOwnedBy, startManual, startNode, stopNodes } from '../support/nodes.js'
import { until } from '../support/until.js'
import type { Group, GroupOptions, StandaloneGroupcache } from '../../src/index.js'

/** A group whose loader tells where it ran. */
function groupAt (node: StandaloneGroupcache, options: Partial<GroupOptions<string>> = {}): Group<string> {
  return node.group<string>('group', { load: key => `${key} from ${node.name}`, ...options })
}

describe('the behaviour of the reference implementation', () => {
  afterEach(stopNodes)
  afterEach(stopClusters)

  it('one node owns and loads everything', async () => {
    const node = await startNode({ name: 'alone' })
    const group = groupAt(node)
    for (let i = 0; i < 50; i++) {
      expect(group.owner(`k${i}`).self).to.equal(true)
      expect(await group.get(`k${i}`)).to.equal(`k${i} from alone`)
    }
    expect(group.stats()).to.include({ gets: 50, loads: 50, items: 50 })
  })

  it('setPeers routes to each owner, and stops routing to a dropped one', async () => {
    const [a, b, c] = await Promise.all(['n0', 'n1', 'n2'].map(name => startNode({ name, membership: 'manual' }))) as [StandaloneGroupcache, StandaloneGroupcache, StandaloneGroupcache]
    const [atA] = [a, b, c].map(node => groupAt(node, { hot: false })) as [Group<string>]
    await a.setPeers([addressOf(b), addressOf(c)])
    for (const name of ['n0', 'n1', 'n2']) {
      const key = keyOwnedBy(name, atA)
      expect(await atA.get(key)).to.equal(`${key} from ${name}`)
    }
    const key = keyOwnedBy('n2', atA, 5_000)
    await a.setPeers([addressOf(b)])
    expect(a.members.map(member => member.name)).to.have.members(['n0', 'n1'])
    expect(await atA.get(key)).to.not.equal(`${key} from n2`)
  })

  it('setPeers adds the healthy peers although one is not, and names the one that is not', async () => {
    const [a, b] = await Promise.all(['a', 'b'].map(name => startNode({ name, membership: 'manual' }))) as [StandaloneGroupcache, StandaloneGroupcache]
    const dead = await startNode({ membership: 'manual' })
    const deadAddress = addressOf(dead)
    await dead.stop()
    const failure = await a.setPeers([deadAddress, addressOf(b), 'nonsense']).then(() => undefined, (err: unknown) => err)
    expect(failure).to.be.instanceOf(AggregateError)
    expect((failure as AggregateError).errors.map((err: Error) => err.name)).to.have.members(['PeerUnreachableError', 'InvalidParametersError'])
    expect((failure as AggregateError).message).to.include(deadAddress)
    expect(a.members.map(member => member.name)).to.have.members(['a', 'b'])
  })

  it('setPeers ignores its own address and keeps a listed member that is away', async () => {
    const [a, b] = await startManual(2) as [StandaloneGroupcache, StandaloneGroupcache]
    const addresses = [addressOf(a), addressOf(b)]
    await b.stop()
    await a.setPeers(addresses)
    expect(a.members.map(member => member.name)).to.have.members(['n0', 'n1'])
  })

  it("a loader's error reaches the caller, at the owner and from afar", async () => {
    const nodes = await testNodes(2)
    const [here] = nodes.map(node => groupAt(node, { load: key => { throw new RangeError(`no ${key} at ${node.name}`) } })) as [Group<string>]
    for (const name of ['n0', 'n1']) {
      const key = keyOwnedBy(name, here)
      const failure = await here.get(key).then(() => undefined, (err: unknown) => err)
      expect(failure, name).to.be.instanceOf(LoadError)
      expect(failure).to.include({ key, group: 'group' })
      expect((failure as LoadError).cause).to.be.instanceOf(RangeError)
      expect((failure as LoadError).message).to.include(`no ${key} at n0`)
    }
  })

  it('a joined peer gets requests, a removed one does not', async () => {
    const [a, b] = await Promise.all(['a', 'b'].map(name => startNode({ name, membership: 'manual' }))) as [StandaloneGroupcache, StandaloneGroupcache]
    const [atA, atB] = [groupAt(a, { hot: false }), groupAt(b)]
    await a.addPeer(addressOf(b))
    const key = keyOwnedBy('b', atA)
    expect(await atA.get(key)).to.equal(`${key} from b`)
    expect(atB.stats().serverGets).to.equal(1)
    await a.removePeer(addressOf(b))
    expect(await atA.get(key)).to.equal(`${key} from a`)
    expect(atB.stats().serverGets).to.equal(1)
    expect(a.members).to.have.length(1)
  })

  it('addPeer is not broadcast: the peer keeps its own view in manual mode', async () => {
    const [a, b] = await Promise.all(['a', 'b'].map(name => startNode({ name, membership: 'manual' }))) as [StandaloneGroupcache, StandaloneGroupcache]
    await a.addPeer(addressOf(b))
    expect(a.members).to.have.length(2)
    expect(b.members).to.have.length(1)
  })

  it('ten nodes each own a part', async function () {
    this.timeout(60_000)
    const nodes = await testNodes(10)
    const groups = nodes.map(node => groupAt(node))
    const owners = new Map<string, number>()
    for (let i = 0; i < 500; i++) {
      const value = await (groups[i % 10] as Group<string>).get(`key-${i}`)
      const owner = value.split(' from ')[1] as string
      owners.set(owner, (owners.get(owner) ?? 0) + 1)
      for (const group of groups) expect(group.owner(`key-${i}`).name).to.equal(owner)
    }
    expect(owners.size).to.equal(10)
    expect(groups.reduce((sum, group) => sum + group.stats().loads, 0)).to.equal(500)
  })

  it('the owner caches', async () => {
    const nodes = await testNodes(2)
    const [here, there] = nodes.map(node => groupAt(node, { hot: false })) as [Group<string>, Group<string>]
    const key = keyOwnedBy('n1', here)
    for (let i = 0; i < 3; i++) await here.get(key)
    expect(there.stats()).to.include({ loads: 1, serverGets: 3 })
    expect(there.peek(key)).to.equal(`${key} from n1`)
    expect(here.peek(key)).to.equal(undefined)
  })

  it('the hot cache answers, until its TTL ends', async () => {
    const nodes = await testNodes(2)
    const [here, there] = nodes.map(node => groupAt(node, { hot: { ttl: 400 } })) as [Group<string>, Group<string>]
    const key = keyOwnedBy('n1', here)
    await here.get(key)
    await here.get(key)
    expect(here.stats()).to.include({ gets: 2, hotHits: 1, peerGets: 1 })
    await until(() => here.peek(key) === undefined, { what: 'the end of the hot TTL' })
    await here.get(key)
    expect(here.stats()).to.include({ gets: 3, hotHits: 1, peerGets: 2 })
    expect(there.stats().loads).to.equal(1)
  })

  it('remove reaches the owner and the copy here', async () => {
    const nodes = await testNodes(2)
    const [here, there] = nodes.map(node => groupAt(node)) as [Group<string>, Group<string>]
    const key = keyOwnedBy('n1', here)
    await here.get(key)
    await here.remove(key)
    expect(here.peek(key)).to.equal(undefined)
    expect(there.peek(key)).to.equal(undefined)
    await here.get(key)
    expect(there.stats().loads).to.equal(2)
  })

  it('the counters tell a local load, its failure, a cached one, a remote load and its failure', async () => {
    const nodes = await startManual(2)
    const [here, there] = nodes.map(node => groupAt(node, {
      hot: false,
      load: key => {
        if (key.endsWith('!')) throw new Error('no')
        return key
      }
    })) as [Group<string>, Group<string>]
    const mine = keyOwnedBy('n0', here)
    await here.get(mine)
    expect(here.stats()).to.include({ gets: 1, loads: 1, loadErrors: 0, mainHits: 0 })
    await here.get(mine)
    expect(here.stats()).to.include({ gets: 2, loads: 1, mainHits: 1 })
    const theirs = keyOwnedBy('n1', here)
    await here.get(theirs)
    expect(here.stats()).to.include({ gets: 3, loads: 1, peerGets: 1, peerErrors: 0 })
    expect(there.stats()).to.include({ gets: 0, loads: 1, serverGets: 1 })
    const bad = ['!', '!!', '!!!', '!!!!', '!!!!!'].map(tail => `x${tail}`)
    const badHere = bad.find(key => here.owner(key).self) ?? keyOwnedBy('n0', { owner: key => here.owner(`${key}!`) }) + '!'
    await here.get(badHere).catch(() => {})
    expect(here.stats()).to.include({ gets: 4, loads: 2, loadErrors: 1 })
    await nodes[1]?.stop()
    await here.get(keyOwnedBy('n1', here, 100))
    expect(here.stats()).to.include({ gets: 5, peerGets: 2, peerErrors: 1, loads: 3 })
  })
})
