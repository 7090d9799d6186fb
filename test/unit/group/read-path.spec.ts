import { expect } from 'chai'
import { NotStartedError } from '@libp2p/interface'
import { MAX_ASKED } from '../../../src/constants.js'
import { OverloadedError } from '../../../src/errors.js'
import { GroupNetwork, gate } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import { rejection } from '../../support/thrown.js'
import type { GroupStats } from '../../../src/index.js'

/** Flights that a node's own callers started: what the other numbers leave over. */
const flights = ({ gets, mainHits, hotHits, joined }: GroupStats): number => gets - mainHits - hotHits - joined

describe('a get', () => {
  it('of a key of ours loads once, into main, and is answered from there', async () => {
    const net = new GroupNetwork('a', 'b')
    const group = net.node('a').group()
    expect(await group.get('k')).to.equal('k from a')
    expect(await group.get('k')).to.equal('k from a')
    expect(group.stats()).to.include({ gets: 2, mainHits: 1, hotHits: 0, joined: 0, loads: 1, items: 1, hotItems: 0, peerGets: 0 })
    expect(net.requests).to.deep.equal([])
  })

  it('of another member\'s key asks the owner, keeps a hot copy, and asks again when its time is up', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group()
    const group = net.node('a').group({ hot: { ttl: 500 } })
    for (let i = 0; i < 3; i++) expect(await group.get('k')).to.equal('k from b')
    expect(net.requests).to.deep.equal(['a→b get k'])
    expect(group.stats()).to.include({ gets: 3, hotHits: 2, peerGets: 1, loads: 0, items: 0, hotItems: 1 })
    await net.clock.advance(500)
    await group.get('k')
    expect(net.requests).to.have.length(2)
    expect(net.node('b').cacheGroup?.stats()).to.include({ serverGets: 2, loads: 1 })
  })

  it('joins the one that is under way, on this node and at the owner', async () => {
    const net = new GroupNetwork('b', 'a', 'c')
    const { load, calls, resolve } = gate()
    net.node('b').group({ load })
    const [a, c] = [net.node('a').group(), net.node('c').group()]
    const gets = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? a : c).get('k'))
    await settled()
    resolve('v')
    expect(new Set(await Promise.all(gets))).to.deep.equal(new Set(['v']))
    expect(calls).to.deep.equal(['k'])
    expect(net.requests).to.have.members(['a→b get k', 'c→b get k'])
    expect(a.stats()).to.include({ gets: 10, joined: 9, peerGets: 1 })
  })

  it('finds main before hot, and both before a flight', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group()
    const group = net.node('a').group()
    await group.get('k')
    net.setRing(['a', 'b'])
    net.node('a').cacheGroup?.forget({ kind: 'keys', group: 'g', keys: ['k'] })
    await group.get('k')
    const before = group.stats()
    await group.get('k')
    expect(group.stats()).to.deep.equal({ ...before, gets: before.gets + 1, mainHits: before.mainHits + 1 })
  })

  it('goes to the successor when the owner is unreachable: one load for all, not at the askers', async () => {
    const net = new GroupNetwork('x', 'b', 'a', 'c')
    net.node('x').isUp = false
    for (const name of ['x', 'b', 'a', 'c']) net.node(name).group()
    const values = await Promise.all(['a', 'c', 'a'].map(async name => net.node(name).handle.get('k')))
    expect(values).to.deep.equal(['k from b', 'k from b', 'k from b'])
    expect(net.requests).to.have.members(['a→x get k', 'c→x get k', 'a→b forwarded k', 'c→b forwarded k'])
    expect(net.node('b').cacheGroup?.stats()).to.include({ loads: 1, items: 0, hotItems: 1 })
  })

  it('goes to the new owner, not to the successor, when the ring has replaced the unreachable one by then', async () => {
    const net = new GroupNetwork('x', 'b', 'c', 'a')
    net.node('x').isUp = false
    for (const name of ['b', 'c']) net.node(name).group()
    net.beforeWork = (_from, to) => { if (to === 'x') net.setRing(['b', 'c', 'a']) }
    expect(await net.node('a').group().get('k')).to.equal('k from b')
    expect(net.requests).to.deep.equal(['a→x get k', 'a→b forwarded k'])
  })

  it('loads here, never into main, when owner and successor are unreachable', async () => {
    const net = new GroupNetwork('x', 'b', 'a')
    net.node('x').isUp = net.node('b').isUp = false
    const group = net.node('a').group()
    expect(await group.get('k')).to.equal('k from a')
    expect(group.stats()).to.include({ peerGets: 2, peerErrors: 2, loads: 1, items: 0 })
    expect(await group.get('k')).to.equal('k from a')
    expect(group.stats()).to.include({ hotHits: 1, loads: 1 })
  })

  it('goes on to whoever comes after an owner and a successor that are gone: still one load for all', async () => {
    const net = new GroupNetwork('x', 'y', 'b', 'a', 'c')
    net.node('x').isUp = net.node('y').isUp = false
    for (const name of ['b', 'a', 'c']) net.node(name).group()
    const values = await Promise.all(['a', 'c'].map(async name => net.node(name).handle.get('k')))
    expect(values).to.deep.equal(['k from b', 'k from b'])
    expect(net.requests.filter(request => request.startsWith('a'))).to.deep.equal(['a→x get k', 'a→y forwarded k', 'a→b forwarded k'])
    expect(net.node('b').cacheGroup?.stats().loads).to.equal(1)
  })

  it('asks so many at the most, however many are gone', async () => {
    const gone = Array.from({ length: MAX_ASKED + 1 }, (_, i) => `x${i}`)
    const net = new GroupNetwork(...gone, 'b', 'a')
    for (const name of gone) net.node(name).isUp = false
    net.node('b').group()
    expect(await net.node('a').group().get('k')).to.equal('k from a')
    expect(net.requests).to.have.length(MAX_ASKED)
  })

  it('loads here when a successor is silent: nobody knows whether it is gone, and waiting for a third one takes longer', async () => {
    const net = new GroupNetwork('x', 'y', 'b', 'a')
    net.node('x').isUp = false
    net.loseTouch('y')
    net.node('b').group()
    expect(await net.node('a').group().get('k')).to.equal('k from a')
    expect(net.requests).to.deep.equal(['a→x get k', 'a→y forwarded k'])
  })

  it('loads here at once when the successor of an unreachable owner is this node', async () => {
    const net = new GroupNetwork('x', 'a', 'b')
    net.node('x').isUp = false
    net.node('b').group()
    expect(await net.node('a').group().get('k')).to.equal('k from a')
    expect(net.requests).to.deep.equal(['a→x get k'])
  })

  it('does not hang and loads once when two nodes disagree about the owner', async () => {
    const net = new GroupNetwork('a', 'b')
    const { load, calls, resolve } = gate()
    const [a, b] = [net.node('a').group({ load }), net.node('b').group({ load })]
    net.setRing(['b', 'a'], 'a')
    net.setRing(['a', 'b'], 'b')
    const get = a.get('k')
    await settled()
    resolve('v')
    expect(await get).to.equal('v')
    expect(calls).to.have.length(1)
    expect(net.requests).to.deep.equal(['a→b get k', 'b→a forwarded k'])
    expect(b.stats().serverGets).to.equal(1)
  })

  it('does not hang when both ask each other at once', async () => {
    const net = new GroupNetwork('a', 'b')
    const groups = [net.node('a').group(), net.node('b').group()]
    net.setRing(['b', 'a'], 'a')
    net.setRing(['a', 'b'], 'b')
    const values = await Promise.all(groups.map(group => group.get('k')))
    expect(values.every(value => value.startsWith('k from '))).to.equal(true)
    expect(net.requests.filter(request => request.includes('forwarded'))).to.have.length.at.most(2)
  })

  it('is forwarded at most once, through however many views', async () => {
    const net = new GroupNetwork('a', 'b', 'c', 'd')
    for (const [name, owner] of [['a', 'b'], ['b', 'c'], ['c', 'd'], ['d', 'a']] as const) {
      net.node(name).group()
      net.setRing([owner, name], name)
    }
    expect(await net.node('a').handle.get('k')).to.equal('k from c')
    expect(net.requests).to.deep.equal(['a→b get k', 'b→c forwarded k'])
  })

  it('asks the former owner of a key before the origin, and keeps what it has as its own', async () => {
    const net = new GroupNetwork('b', 'a')
    const [a, b] = [net.node('a').group(), net.node('b').group()]
    await b.get('k')
    net.setRing(['a', 'b'])
    net.node('a').former = { id: 'b', since: net.clock.now() }
    expect(await a.get('k')).to.equal('k from b')
    expect(a.stats()).to.include({ loads: 0, items: 1, peerGets: 0 })
    expect(await a.get('other')).to.equal('other from a')
    expect(net.requests).to.deep.equal(['a→b moved k', 'a→b moved other'])
  })

  it('goes to the origin when the former owner is unreachable, or slow', async () => {
    const net = new GroupNetwork('a', 'b')
    const group = net.node('a').group()
    const previous = net.node('b')
    previous.group()
    net.node('a').former = { id: 'b', since: net.clock.now() }
    previous.isUp = false
    expect(await group.get('k')).to.equal('k from a')
    previous.isUp = true
    net.beforeAnswer = () => new Promise(() => {})
    const slow = group.get('slow')
    await net.clock.advance(5_000)
    expect(await slow).to.equal('slow from a')
  })

  it('that a busy owner refuses goes nowhere else: that would take the next member down as well', async () => {
    const net = new GroupNetwork('x', 'b', 'a')
    for (const name of ['x', 'b']) net.node(name).group()
    net.beforeAnswer = () => { throw new OverloadedError('busy') }
    const group = net.node('a').group()
    expect(await rejection(group.get('k'))).to.be.instanceOf(OverloadedError)
    expect([net.requests, group.stats().loads]).to.deep.equal([['a→x get k'], 0])
  })

  it('goes on elsewhere when the owner lacks the group', async () => {
    const net = new GroupNetwork('b', 'a')
    expect(await net.node('a').group().get('k')).to.equal('k from a')
  })

  it('is refused before start, and what is open is rejected by close', async () => {
    const net = new GroupNetwork('a', 'b')
    const node = net.node('a')
    const group = node.group({ load: () => new Promise<string>(() => {}) })
    const open = rejection(group.get('k'))
    await settled()
    node.isOpen = false
    group.close()
    expect(await open).to.be.instanceOf(NotStartedError)
    expect(await rejection(group.get('k'))).to.be.instanceOf(NotStartedError)
    expect(await rejection(group.remove('k'))).to.be.instanceOf(NotStartedError)
    expect(net.clock.timers).to.equal(0)
  })

  it('that a peer answers after close leaves nothing in the cache', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group()
    const answer = Promise.withResolvers<void>()
    net.beforeAnswer = () => answer.promise
    const group = net.node('a').group()
    const open = rejection(group.get('k'))
    await settled()
    group.close()
    await open
    answer.resolve()
    await settled()
    expect(group.stats()).to.include({ items: 0, hotItems: 0 })
  })

  it('is counted once: gets are hits, joins and flights', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group({ load: key => { if (key === 'bad') throw new Error('no'); else return key } })
    const group = net.node('a').group({ loadLocallyOnLoadError: false })
    await Promise.allSettled(['x', 'x', 'y', 'bad', 'bad', 'x'].map(key => group.get(key)))
    await Promise.allSettled(['x', 'y', 'bad'].map(key => group.get(key)))
    expect(group.stats()).to.include({ gets: 9, mainHits: 0, hotHits: 2, joined: 3, peerGets: 4, peerErrors: 2, loads: 0 })
    expect(flights(group.stats())).to.equal(4)
  })
})

describe('a peek', () => {
  it('sees what this process has, and asks nobody', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group()
    const group = net.node('a').group()
    expect(group.peek('k')).to.equal(undefined)
    await group.get('k')
    const requests = net.requests.length
    expect(group.peek('k')).to.equal('k from b')
    await net.clock.advance(30_000)
    expect(group.peek('k')).to.equal(undefined)
    expect(net.requests).to.have.length(requests)
    expect(group.stats()).to.include({ gets: 1, hotHits: 0 })
  })
})
