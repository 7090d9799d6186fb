import { expect } from 'chai'
import { GroupNetwork } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import { SEEDS, seeded } from '../../support/seeds.js'
import type { GroupHandle } from '../../../src/group/group-handle.js'
import type { GroupStats } from '../../../src/index.js'

const NAMES = ['a', 'b', 'c'] as const
const NONE: GroupStats = { gets: 0, mainHits: 0, staleHits: 0, hotHits: 0, joined: 0, peerHits: 0, loaded: 0, peerGets: 0, peerErrors: 0, loads: 0, loadErrors: 0, takenOver: 0, serverGets: 0, evictions: 0, items: 0, bytes: 0, hotItems: 0, hotBytes: 0 }

describe('the numbers of a group', () => {
  it('are all there, and 0, before anything has happened', () => {
    expect(new GroupNetwork('a').node('a').group().stats()).to.deep.equal(NONE)
  })

  it('are a snapshot: they do not change in the caller\'s hands, nor can it change them', async () => {
    const group = new GroupNetwork('a').node('a').group()
    const before = group.stats()
    before.loads = 99
    await group.get('k')
    expect([before.gets, group.stats().loads]).to.deep.equal([0, 1])
  })

  it('say of each get where its value came from, once', async () => {
    const net = new GroupNetwork('b', 'a')
    const options = { ttl: 10, staleWhileRevalidate: 1_000, hot: { ttl: 10_000 } }
    const [owner, group] = [net.node('b').group(options), net.node('a').group(options)]
    await Promise.all([owner.get('k'), owner.get('k')])
    await owner.get('k')
    await group.get('k')
    await group.get('k')
    await net.clock.advance(10)
    await owner.get('k')
    await settled()
    expect(owner.stats()).to.include({ gets: 4, loaded: 1, joined: 1, mainHits: 2, staleHits: 1, hotHits: 0, peerHits: 0 })
    expect(group.stats()).to.include({ gets: 2, loaded: 0, joined: 0, mainHits: 0, staleHits: 0, hotHits: 1, peerHits: 1 })
  })

  it('count a get that was loaded in place of its owner as loaded here', async () => {
    const net = new GroupNetwork('b', 'a')
    const group = net.node('a').group()
    net.node('b').isUp = false
    await group.get('k')
    expect(group.stats()).to.include({ loaded: 1, peerHits: 0, peerErrors: 1 })
  })

  it('count a request for a value as the asker\'s peerGet and the asked one\'s serverGet, whoever it is', async () => {
    const net = new GroupNetwork('b', 'c', 'a')
    for (const name of NAMES) net.node(name).group({ hot: false })
    net.setRing(['c', 'b', 'a'], 'b')
    await net.node('a').handle.get('k')
    expect(net.requests).to.deep.equal(['a→b get k', 'b→c forwarded k'])
    const [a, b, c] = NAMES.map(name => net.node(name).handle.stats()) as [GroupStats, GroupStats, GroupStats]
    expect([a.peerGets, b.serverGets, b.peerGets, c.serverGets]).to.deep.equal([1, 1, 1, 1])
    expect([a.loads, b.loads, c.loads, b.gets]).to.deep.equal([0, 0, 1, 0])
  })

  it('count a forwarded request that brings no value as a peerError, too', async () => {
    const net = new GroupNetwork('b', 'c', 'a')
    for (const name of NAMES) net.node(name).group()
    net.setRing(['c', 'b', 'a'], 'b')
    net.node('c').isUp = false
    await net.node('a').handle.get('k')
    expect(net.node('b').handle.stats()).to.include({ peerGets: 1, peerErrors: 1, loads: 1 })
  })

  it('do not count what is asked of former owners, by either', async () => {
    const net = new GroupNetwork('b', 'a')
    const [a, b] = [net.node('a').group(), net.node('b').group()]
    await b.get('k')
    net.setRing(['a', 'b'])
    net.node('a').former = { id: 'b', since: net.clock.now() }
    await a.get('k')
    expect([a.stats().peerGets, b.stats().serverGets, a.stats().loads]).to.deep.equal([0, 0, 0])
  })

  it('count runs of the loader to renew old values as loads, and nothing else of them', async () => {
    const net = new GroupNetwork('a')
    const group = net.node('a').group({ ttl: 10, staleWhileRevalidate: 1_000 })
    await group.get('k')
    await net.clock.advance(10)
    await group.get('k')
    await settled()
    expect(group.stats()).to.include({ gets: 2, mainHits: 1, joined: 0, loads: 2 })
  })

  it('of a peek are none', async () => {
    const group = new GroupNetwork('a').node('a').group()
    await group.get('k')
    const before = group.stats()
    group.peek('k')
    group.peek('none')
    expect(group.stats()).to.deep.equal(before)
  })

  it('of what is held go down when it is removed', async () => {
    const net = new GroupNetwork('b', 'a')
    const [b, a] = [net.node('b').group(), net.node('a').group()]
    await a.get('k')
    const [mine, theirs] = [b.stats(), a.stats()]
    expect([mine.items, mine.bytes > 0, theirs.hotItems, theirs.hotBytes > 0]).to.deep.equal([1, true, 1, true])
    await a.clear()
    for (const group of [a, b]) expect(group.stats()).to.include({ items: 0, bytes: 0, hotItems: 0, hotBytes: 0, evictions: 0 })
  })

  for (const seed of SEEDS) {
    it(`add up, whatever happens (seed ${seed})`, async () => {
      const random = seeded(seed)
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
      const net = new GroupNetwork(...NAMES)
      let ran = 0
      let failed = 0
      const load = async (key: string): Promise<string> => {
        ran++
        for (let i = 0; i < 3; i++) await Promise.resolve()
        if (random() > 0.2) return key
        failed++
        throw new Error('no')
      }
      const options = { ttl: 50, staleWhileRevalidate: 20, staleIfError: 20, maxBytes: 8_000, hot: { maxItems: 5, ttl: 30 }, load }
      const groups = NAMES.map((name): GroupHandle<string> => net.node(name).group(options))
      let gets = 0
      const calls: Array<Promise<unknown>> = []
      const quiet = (call: Promise<unknown>): void => { calls.push(call.catch(() => {})) }
      for (let i = 0; i < 1_000; i++) {
        const group = pick(groups)
        const key = `k${Math.floor(random() ** 2 * 30)}`
        const dice = random()
        if (dice < 0.7) {
          gets++
          quiet(group.get(key, pick([undefined, { timeout: 1 }, { timeout: 1_000 }])))
        } else if (dice < 0.8) {
          const keys = [key, 'k0', 'k1', key]
          gets += new Set(keys).size
          quiet(group.getManySettled(keys))
        } else if (dice < 0.84) quiet(group.remove(key))
        else if (dice < 0.86) quiet(group.set(key, 'set'))
        else if (dice < 0.87) quiet(group.clear())
        else if (dice < 0.88) net.setRing(pick([['a', 'b', 'c'], ['b', 'c', 'a'], ['c', 'a', 'b']]), ...pick([[], ['a'], ['b']]))
        else await net.clock.advance(random() * 20)
      }
      await net.clock.advance(60_000)
      await Promise.all(calls)
      const stats = groups.map(group => group.stats())
      const sum = (field: keyof GroupStats): number => stats.reduce((total, one) => total + one[field], 0)
      const asked = (verbs: string): number => net.requests.filter(request => new RegExp(`→. (${verbs}) `).test(request)).length
      expect(sum('gets')).to.equal(gets)
      for (const { gets, mainHits, hotHits, joined, peerGets, peerErrors, loads, loadErrors, items, bytes, hotItems, hotBytes } of stats) {
        expect(mainHits + hotHits + joined, 'the rest are flights').to.be.at.most(gets)
        expect(peerErrors).to.be.at.most(peerGets)
        expect(loadErrors).to.be.at.most(loads)
        expect([items === 0, hotItems === 0]).to.deep.equal([bytes === 0, hotBytes === 0])
        expect(bytes + hotBytes).to.be.at.most(8_000)
      }
      expect(sum('peerGets')).to.equal(asked('get|forwarded'))
      expect(sum('serverGets')).to.equal(asked('get|forwarded'))
      expect([sum('loads'), sum('loadErrors') >= failed]).to.deep.equal([ran, true])
      expect(net.clock.timers).to.equal(0)
    })
  }
})

describe('gets', () => {
  it('are hits, joins and flights, each get one of them', async () => {
    const net = new GroupNetwork('b', 'a')
    let flights = 0
    net.node('b').group()
    const group = net.node('a').group()
    const node = net.node('a')
    const fetch = node.fetch.bind(node)
    node.fetch = (...args) => { flights++; return fetch(...args) }
    await Promise.all([group.get('1'), group.get('1'), group.get('2')])
    await Promise.all([group.get('1'), group.get('2'), group.get('3')])
    const { gets, mainHits, hotHits, joined } = group.stats()
    expect([gets, mainHits, hotHits, joined, flights]).to.deep.equal([6, 0, 2, 1, 3])
    expect(gets).to.equal(mainHits + hotHits + joined + flights)
  })
})
