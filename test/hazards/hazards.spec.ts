// What went wrong in other caches of this kind, one test each, by the numbers of the list of hazards.
// 12 and 16 are of the membership and of discovery, and are tested there.

import { expect } from 'chai'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { bytes, createGroupcache, GroupNotFoundError, LoadError } from '../../src/index.js'
import { HashRing } from '../../src/ring/hash-ring.js'
import { hash32 } from '../../src/ring/hash.js'
import { GroupNetwork } from '../support/group-network.js'
import { stopClusters, testNodes } from '../support/clusters.js'
import { addressOf, keyOwnedBy, startManual, startNode, stopNodes } from '../support/nodes.js'
import { rejection } from '../support/thrown.js'
import { until } from '../support/until.js'
import type { Group, GroupOptions, StandaloneGroupcache } from '../../src/index.js'

type Node = StandaloneGroupcache
type Three<T> = [T, T, T]

describe('hazards:', () => {
  /** Runs of the loader at any node, as 'key at node'. */
  let loads: string[]

  beforeEach(() => { loads = [] })
  afterEach(stopNodes)
  afterEach(stopClusters)

  /** A group whose values tell how often their key was loaded. */
  function groupAt (node: Node, options: Partial<GroupOptions<string>> = {}): Group<string> {
    return node.group<string>('group', {
      load: async (key, context) => {
        loads.push(`${key} at ${node.name}`)
        context.setTags(['t'])
        const count = runs(key)
        await new Promise(resolve => { setImmediate(resolve) })
        return `${key} v${count}`
      },
      ...options
    })
  }

  const runs = (key: string): number => loads.filter(load => load.startsWith(`${key} at `)).length

  /** @param start - startManual, where the ring is to stay as it is */
  async function three (options: Partial<GroupOptions<string>> = {}, start: (count: number) => Promise<Node[]> = testNodes): Promise<{ nodes: Three<Node>, groups: Three<Group<string>> }> {
    const nodes = await start(3) as Three<Node>
    return { nodes, groups: nodes.map(node => groupAt(node, options)) as Three<Group<string>> }
  }

  it('1 · two nodes that disagree on the ring ask each other, and neither hangs', async () => {
    const [a, b] = await Promise.all(['a', 'b'].map(name => startNode({ name, membership: 'manual' }))) as [Node, Node]
    const groups = [groupAt(a), groupAt(b)]
    const whole = keyOwnedBy('a', groups[0] as Group<string>)
    expect(groups.map(group => group.owner(whole).name)).to.deep.equal(['a', 'b'])
    await a.addPeer(addressOf(b))
    const keys = Array.from({ length: 300 }, (_, i) => `k${i}`)
    const values = await Promise.all(groups.map(group => group.getMany(keys, { timeout: 5_000 })))
    expect(values.flat().every(value => value.includes(' v'))).to.equal(true)
    await b.addPeer(addressOf(a))
    await a.setPeers([])
    await Promise.all(groups.map(group => group.getMany(keys.map(key => `${key}!`), { timeout: 5_000 })))
  })

  it('2 · the first caller\'s abort and timeout are its own: all other waiters, here and afar, have their value', async () => {
    const gate = Promise.withResolvers<string>()
    let aborted = false
    const { groups: [a, b, c] } = await three({
      load: (key, { signal }) => {
        loads.push(`${key} at n0`)
        signal.addEventListener('abort', () => { aborted = true })
        return gate.promise
      }
    })
    const key = keyOwnedBy('n0', a)
    const first = new AbortController()
    const gone = [rejection(a.get(key, { signal: first.signal })), rejection(b.get(key, { timeout: 30 }))]
    const others = [a.get(key), b.get(key), c.get(key, { timeout: 5_000 })]
    await until(() => runs(key) === 1, { what: 'the load' })
    first.abort()
    expect((await Promise.all(gone)).map(({ name }) => name)).to.deep.equal(['AbortError', 'TimeoutError'])
    gate.resolve('value')
    expect(await Promise.all(others)).to.deep.equal(['value', 'value', 'value'])
    expect([runs(key), aborted]).to.deep.equal([1, false])
  })

  it('3 · a remove of many keys leaves no copy: not at the caller, not at the owners of other keys', async () => {
    const { groups } = await three()
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`)
    for (const group of groups) await group.getMany(keys)
    await groups[0].removeMany(keys)
    for (const group of groups) expect(keys.filter(key => group.peek(key) !== undefined)).to.deep.equal([])
    for (const group of groups) expect(await group.getMany(keys)).to.deep.equal(keys.map(key => `${key} v2`))
  })

  it('4 · keys that count up are spread as evenly as any others', () => {
    const ring = new HashRing()
    for (const name of ['n0', 'n1', 'n2']) ring.addPeer({ id: name, name, weight: 1 })
    for (const prefix of ['key-', 'user:', '', 'https://example.com/item/']) {
      const counts = new Map<string | undefined, number>()
      for (let i = 0; i < 1_000; i++) {
        const owner = ring.owner(hash32(`${prefix}${i}`))
        counts.set(owner, (counts.get(owner) ?? 0) + 1)
      }
      for (const count of counts.values()) expect(count, prefix).to.be.within(230, 440)
      expect(counts.size).to.equal(3)
    }
  })

  it('5 · a node that lost a key and regains it does not serve its old copy', async () => {
    const [a, b] = await Promise.all(['a', 'b'].map(name => startNode({ name, membership: 'manual' }))) as [Node, Node]
    const [atA, atB] = [groupAt(a), groupAt(b)]
    await b.addPeer(addressOf(a))
    const keys = Array.from({ length: 100 }, (_, i) => `k${i}`).filter(key => atB.owner(key).name === 'b')
    expect(keys.length).to.be.greaterThan(10)
    const first = await atA.getMany(keys)
    await a.addPeer(addressOf(b))
    await atA.set(keys[0] as string, 'new')
    expect(await atA.get(keys[0] as string)).to.equal('new')
    await a.removePeer(addressOf(b))
    expect(keys.filter(key => atA.peek(key) !== undefined), 'after it came back').to.deep.equal([])
    for (const [i, value] of (await atA.getMany(keys)).entries()) expect(value).to.not.equal(first[i])
  })

  it('6 · a load that began before a remove is not kept after it, nor joined', async () => {
    const gates = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
    const { groups: [a, b, c] } = await three({ load: key => { loads.push(`${key} at n0`); return (gates[runs(key) - 1] as PromiseWithResolvers<string>).promise } })
    const key = keyOwnedBy('n0', a)
    const before = [a.get(key), b.get(key)]
    await until(() => runs(key) === 1, { what: 'the load' })
    await c.remove(key)
    const after = [a.get(key), b.get(key), c.get(key)]
    await until(() => runs(key) === 2, { what: 'the second load' })
    gates[1]?.resolve('new')
    expect(await Promise.all(after)).to.deep.equal(['new', 'new', 'new'])
    gates[0]?.resolve('old')
    expect(await Promise.all(before)).to.deep.equal(['old', 'old'])
    for (const group of [a, b, c]) expect(await group.get(key)).to.equal('new')
  })

  it('7 · a failing loader runs once for the cluster where that is wanted, however many ask', async () => {
    const { nodes, groups: [a, b, c] } = await three({ loadLocallyOnLoadError: false, errorTtl: 60_000, load: key => { loads.push(`${key} at some`); throw new Error('no database') } })
    const key = keyOwnedBy('n0', a)
    for (const group of [a, b, c, b, a]) expect((await rejection(group.get(key))).message).to.include('no database')
    expect([runs(key), nodes.length]).to.deep.equal([1, 3])
  })

  it('8 · while an owner is away, its keys are loaded once for all, not by each caller at each get', async () => {
    const { nodes, groups: [a, b] } = await three({ hot: false }, startManual)
    const key = keyOwnedBy('n2', a)
    await nodes[2].stop()
    for (let i = 0; i < 5; i++) {
      const values = await Promise.all([a, b].flatMap(group => Array.from({ length: 20 }, () => group.get(key))))
      expect(new Set(values)).to.deep.equal(new Set([`${key} v1`]))
    }
    expect(runs(key)).to.equal(1)
  })

  it('9 · a loader that throws, or hangs, does not block its key', async () => {
    const behaviours: Array<() => Promise<string>> = [() => { throw new Error('at once') }, () => new Promise(() => {}), async () => 'fine']
    const { groups: [a, b] } = await three({ loadTimeout: 50, loadLocallyOnLoadError: false, load: key => { loads.push(`${key} at n1`); return (behaviours[runs(key) - 1] as () => Promise<string>)() } })
    const key = keyOwnedBy('n1', a)
    expect((await rejection(a.get(key))).message).to.include('at once')
    for (const err of await Promise.all([a, b].map(group => rejection(group.get(key))))) expect(err.message).to.include('did not settle within 50 ms')
    expect(await a.get(key)).to.equal('fine')
  })

  it('10 · what travels is what is left of a value\'s life: clocks need not agree', async () => {
    const now = Date.now
    try {
      const { groups: [a, b] } = await three({ ttl: 60_000 })
      const key = keyOwnedBy('n1', a)
      await b.get(key)
      // the clock on the wall jumps by a year, which nobody looks at
      Date.now = () => now() + 365 * 24 * 3_600_000
      expect([await a.get(key), await b.get(key), a.peek(key)]).to.deep.equal([`${key} v1`, `${key} v1`, `${key} v1`])
      expect(runs(key)).to.equal(1)
    } finally {
      Date.now = now
    }
  })

  it('11 · a peer that lacks the group answers so, and gets, sets and removes go on without it', async () => {
    const [a, b] = await testNodes(2) as [Node, Node]
    const group = groupAt(a)
    const failing = a.group<string>('failing', { load: () => { throw new Error('no') } })
    const key = keyOwnedBy('n1', group)
    expect(await group.get(key)).to.equal(`${key} v1`)
    const failure = await rejection(failing.get(key))
    expect(failure).to.be.instanceOf(LoadError).with.property('earlier').that.is.instanceOf(GroupNotFoundError)
    await group.set(key, 'set')
    expect(await group.get(key)).to.equal('set')
    await group.remove(key)
    await group.clear()
    expect(group.peek(key)).to.equal(undefined)
    expect(b.stats().members).to.equal(2)
  })

  it('13 · a set is stored at its owner alone, and no old copy is left', async () => {
    const { groups } = await three()
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`)
    for (const group of groups) await group.getMany(keys)
    await Promise.all(keys.map(key => groups[0].set(key, `${key} set`)))
    const stats = groups.map(group => group.stats())
    expect(stats.reduce((sum, { items }) => sum + items, 0)).to.equal(60)
    for (const { hotItems } of stats) expect(hotItems).to.equal(0)
    for (const group of groups) expect(await group.getMany(keys)).to.deep.equal(keys.map(key => `${key} set`))
    expect(loads).to.have.length(60)
  })

  it('14 · what is kept does not keep the network\'s buffers alive', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const nodes = await testNodes(2) as [Node, Node]
    // a small value that is kept comes in one frame with a large one that is not
    const small = nodes.map(node => node.group<Uint8Array>('small', { codec: bytes(), load: key => new Uint8Array(100).fill(key.length) }))[0] as Group<Uint8Array>
    const large = nodes.map(node => node.group<Uint8Array>('large', { codec: bytes(), hot: false, load: () => new Uint8Array(64 * 1024) }))[0] as Group<Uint8Array>
    const theirs = (group: Group<Uint8Array>, prefix: string): string[] => Array.from({ length: 400 }, (_, i) => `${prefix} ${i}`).filter(key => !group.owner(key).self)
    const fill = async (prefix: string): Promise<number> => {
      const largeKeys = theirs(large, prefix)
      const smallKeys = theirs(small, prefix)
      for (const [i, key] of smallKeys.entries()) await Promise.all([small.get(key), large.get(largeKeys[i % largeKeys.length] as string)])
      return smallKeys.length
    }
    await fill('warm')
    await large.clear()
    collect()
    const before = process.memoryUsage().arrayBuffers
    const count = await fill('key')
    await large.clear()
    expect(small.stats().hotItems).to.be.at.least(count)
    const grownBy = (): number => {
      collect()
      return process.memoryUsage().arrayBuffers - before
    }
    // buffers are let go of a moment after the collection that finds them
    await until(() => grownBy() < count * 64 * 1024 / 4, { what: 'that the frames are let go of' })
  })

  it('15 · any well-formed key is a key, here and afar: with slashes, spaces, commas, beyond ASCII, empty', async () => {
    const { groups } = await three()
    const keys = ['', '/', 'a/b c,d', '%2F', '日本', '😀', '\0', '__proto__', '\u00e9', 'e\u0301', 'k'.repeat(60_000)]
    const values = await Promise.all(groups.map(group => group.getMany(keys)))
    for (const each of values) expect(each).to.deep.equal(keys.map(key => `${key} v1`))
    await groups[0].removeMany(keys)
    expect(await groups[1].getMany(keys)).to.deep.equal(keys.map(key => `${key} v2`))
  })

  it('17 · the cache is bounded by default', async () => {
    const group = new GroupNetwork('a').node('a').group<Uint8Array>({ codec: bytes(), load: () => new Uint8Array(4 * 1024 * 1024) })
    for (let i = 0; i < 40; i++) await group.get(`${i}`)
    expect(group.stats().bytes).to.be.within(1, 64 * 1024 * 1024)
    expect(group.stats().evictions).to.be.at.least(40 - 16)
  })

  it('18 · errors can be told apart, and keep their cause and where they were', async () => {
    const { nodes, groups: [a] } = await three({ loadLocallyOnLoadError: false, load: () => { throw new RangeError('no such user') } })
    const key = keyOwnedBy('n1', a)
    const err = await rejection(a.get(key))
    expect(err).to.be.instanceOf(LoadError)
    expect(err).to.include({ name: 'LoadError', key, group: 'group' })
    expect([(err.cause as Error).message, String(err.peerId)]).to.deep.equal(['no such user', nodes[1].peerId.toString()])
    const own = await rejection(a.get(keyOwnedBy('n0', a)))
    expect(own.cause).to.be.instanceOf(RangeError)
    expect(own.peerId).to.equal(undefined)
  })

  it('19 · two caches in one process, with groups of the same name, know nothing of each other', async () => {
    const [a, b] = await Promise.all(['a', 'b'].map(name => createGroupcache({ name, discovery: [], listen: ['/ip4/127.0.0.1/tcp/0'] }))) as [Node, Node]
    try {
      const groups = [groupAt(a), groupAt(b)] as [Group<string>, Group<string>]
      await groups[0].set('k', 'of a')
      expect([await groups[0].get('k'), await groups[1].get('k')]).to.deep.equal(['of a', 'k v1'])
      await groups[1].clear()
      expect(groups[0].peek('k')).to.equal('of a')
      expect([a.members.length, b.members.length]).to.deep.equal([1, 1])
    } finally {
      await Promise.all([a.stop(), b.stop()])
    }
  })

  it('20 · a clear, and a removal by tag, reach every process', async () => {
    const nodes = await testNodes(3)
    const groups = nodes.map(node => groupAt(node)) as Three<Group<string>>
    const keys = Array.from({ length: 30 }, (_, i) => `k${i}`)
    for (const [i, work] of [() => groups[1].clear(), () => groups[2].removeByTag('t')].entries()) {
      for (const group of groups) await group.getMany(keys)
      await work()
      for (const group of groups) expect(group.stats()).to.include({ items: 0, hotItems: 0 })
      for (const group of groups) expect(await group.getMany(keys)).to.deep.equal(keys.map(key => `${key} v${i + 2}`))
    }
  })

  it('21 · bytes that are no value fail the get that meets them, and nothing else', async () => {
    const hostile = [Buffer.alloc(200_000, 0x91), Buffer.from('ddffffffff', 'hex'), Buffer.from('c9ffffffff01', 'hex'), Buffer.alloc(0)]
    const [a, b] = await testNodes(2) as [Node, Node]
    // one that sends what it likes, and one that expects MessagePack
    b.group<Uint8Array>('group', { codec: bytes(), load: key => hostile[Number(key.split('#')[1])] ?? Buffer.from('a163616263', 'hex') })
    const group = groupAt(a)
    const key = keyOwnedBy('n1', { owner: key => group.owner(`${key}#0`) })
    for (let i = 0; i < hostile.length; i++) {
      const bad = Array.from({ length: 200 }, (_, j) => `${key}${j}#${i}`).find(candidate => !group.owner(candidate).self) ?? ''
      expect((await rejection(group.get(bad))).name, bad).to.equal('CodecError')
    }
    expect(await group.get(keyOwnedBy('n0', group))).to.match(/ v1$/)
    expect(a.members).to.have.length(2)
  })

  it('22 · a full cache is as quick as an empty one', async () => {
    const group = new GroupNetwork('a').node('a').group<Uint8Array>({ codec: bytes(), maxBytes: 4 * 1024 * 1024, load: () => new Uint8Array(8) })
    const time = async (from: number): Promise<number> => {
      const started = performance.now()
      await group.getMany(Array.from({ length: 5_000 }, (_, i) => `key ${from + i}`))
      return performance.now() - started
    }
    await time(0)
    const filling = await time(5_000)
    for (let from = 10_000; group.stats().evictions < 1_000; from += 5_000) await time(from)
    expect(await time(1_000_000)).to.be.lessThan(10 * filling + 500)
  })
})
