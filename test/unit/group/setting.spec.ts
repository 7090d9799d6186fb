import { expect } from 'chai'
import { INVALIDATION_TIMEOUT } from '../../../src/constants.js'
import { CodecError, OwnerUnreachableError } from '../../../src/errors.js'
import { GroupNetwork } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import { rejection } from '../../support/thrown.js'

function three (options: object = {}): { net: GroupNetwork, b: ReturnType<GroupNetwork['node']>['handle'], a: ReturnType<GroupNetwork['node']>['handle'], c: ReturnType<GroupNetwork['node']>['handle'] } {
  const net = new GroupNetwork('b', 'a', 'c')
  for (const name of ['b', 'a', 'c']) net.node(name).group({ load: () => 'loaded', ...options })
  return { net, b: net.node('b').handle, a: net.node('a').handle, c: net.node('c').handle }
}

describe('a set', () => {
  it('stores at the owner alone, and its value is what the next get anywhere returns, without a load', async () => {
    const { b, a, c } = three()
    await a.set('k', 'set')
    expect([a, b, c].map(group => group.stats()).map(({ items, hotItems }) => [items, hotItems])).to.deep.equal([[0, 0], [1, 0], [0, 0]])
    for (const group of [a, b, c]) expect(await group.get('k')).to.equal('set')
    expect([a, b, c].map(group => group.stats().loads)).to.deep.equal([0, 0, 0])
  })

  it('lives as long as the group\'s values do, or as it says', async () => {
    const { net, b, a } = three({ ttl: 1_000 })
    await a.set('as the group', 'v')
    await a.set('shorter', 'v', { ttl: 10 })
    await a.set('longer', 'v', { ttl: 5_000 })
    await a.set('for ever', 'v', { ttl: Infinity })
    const alive = (): string[] => ['as the group', 'shorter', 'longer', 'for ever'].filter(key => b.peek(key) !== undefined)
    await net.clock.advance(9)
    expect(alive()).to.have.length(4)
    await net.clock.advance(1)
    expect(alive()).to.deep.equal(['as the group', 'longer', 'for ever'])
    await net.clock.advance(990)
    expect(alive()).to.deep.equal(['longer', 'for ever'])
    await net.clock.advance(4_000)
    expect(alive()).to.deep.equal(['for ever'])
  })

  it('for 0 ms leaves nothing: neither the new value nor the one before', async () => {
    const { b, a } = three()
    await a.get('k')
    await a.set('k', 'set', { ttl: 0 })
    expect([b.peek('k'), a.peek('k'), await a.get('k')]).to.deep.equal([undefined, undefined, 'loaded'])
  })

  it('is not undone by a load that began before it', async () => {
    const gate = Promise.withResolvers<string>()
    const { b, a } = three({ load: () => gate.promise })
    const gets = [b.get('k'), a.get('k')]
    await settled()
    await a.set('k', 'set')
    gate.resolve('old')
    expect(await Promise.all(gets)).to.deep.equal(['old', 'old'])
    expect([b.peek('k'), await a.get('k')]).to.deep.equal(['set', 'set'])
  })

  it('of a value that cannot be encoded rejects, and leaves what there was', async () => {
    const { b, a } = three()
    await a.get('k')
    expect(await rejection(a.set('k', () => {}))).to.be.instanceOf(CodecError)
    expect([b.peek('k'), a.peek('k')]).to.deep.equal(['loaded', 'loaded'])
  })

  it('of what the caller goes on changing stores what it was', async () => {
    const { a } = three()
    const value = { list: [1] }
    await a.set('k', value)
    value.list.push(2)
    expect(await a.get('k')).to.deep.equal({ list: [1] })
  })

  it('twice at once leaves one of the two values, the same for all', async () => {
    const { b, a, c } = three()
    await Promise.all([a.set('k', 'of a'), c.set('k', 'of c')])
    const value = await b.get('k')
    expect(value).to.be.oneOf(['of a', 'of c'])
    expect([await a.get('k'), await c.get('k')]).to.deep.equal([value, value])
  })

  it('is stored by the member that owns the key in the end, when the one before died with the value, before it could say so', async () => {
    const { net, a, c } = three()
    net.beforeAnswer = (_from, to, verb) => {
      if (verb !== 'set' || to !== 'b') return
      net.loseTouch('b')
      net.setRing(['c', 'a'], 'a', 'c')
    }
    const set = a.set('k', 'set')
    await net.clock.advance(20_000)
    await set
    expect([await c.get('k'), await a.get('k')]).to.deep.equal(['set', 'set'])
    expect(c.stats().items).to.equal(1)
  })

  it('is stored by the next owner when the one before is dead and off the ring by then', async () => {
    const net = new GroupNetwork('x', 'b', 'c', 'a')
    for (const name of ['b', 'c', 'a']) net.node(name).group({ load: () => 'loaded' })
    net.beforeWork = (_from, to) => {
      if (to !== 'x' || !net.node('x').isUp) return
      net.node('x').isUp = false
      net.setRing(['b', 'c', 'a'], 'a', 'b', 'c')
    }
    await net.node('a').handle.set('k', 'set')
    await net.clock.advance(10_000)
    expect(await net.node('c').handle.get('k')).to.equal('set')
    expect(net.node('b').handle.stats().items).to.equal(1)
  })

  it('that reaches nobody is an OwnerUnreachableError with the last failure; the old copy here is gone in any case', async () => {
    const { net, a } = three()
    await a.get('k')
    net.loseTouch('b')
    const failed = rejection(a.set('k', 'set'))
    await net.clock.advance(INVALIDATION_TIMEOUT)
    const err = await failed
    expect(err).to.be.instanceOf(OwnerUnreachableError)
    expect(err).to.include({ group: 'g', key: 'k', peerId: net.node('b').peerId })
    expect((err.cause as Error).name).to.equal('PeerUnreachableError')
    expect(a.peek('k')).to.equal(undefined)
  })

  it('is refused before start and after stop', async () => {
    const { net, a } = three()
    net.node('a').isOpen = false
    for (const call of [a.set('k', 'v'), a.remove('k'), a.removeMany(['k']), a.removeByTag('t'), a.clear()]) expect((await rejection(call)).name).to.equal('NotStartedError')
  })
})
