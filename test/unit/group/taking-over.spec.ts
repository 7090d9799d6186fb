import { expect } from 'chai'
import { LEASE, TAKE_OVER_TIMEOUT } from '../../../src/constants.js'
import { GroupNetwork, gate } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import type { GroupHandle } from '../../../src/group/group-handle.js'

/** The key goes from c to b to a; each remembers who had it before. */
async function chain (): Promise<{ net: GroupNetwork, groups: Array<GroupHandle<string>> }> {
  const net = new GroupNetwork('c', 'b', 'a')
  const groups = ['a', 'b', 'c'].map(name => net.node(name).group())
  await groups[2]?.get('k')
  for (const [ring, heir, former] of [[['b', 'c', 'a'], 'b', 'c'], [['a', 'b', 'c'], 'a', 'b']] as const) {
    net.setRing([...ring])
    net.node(heir).former = { id: former, since: net.clock.now() }
  }
  return { net, groups }
}

describe('a new owner', () => {
  it('is given what the owner before the last one still has, by way of the last one, who keeps none of it', async () => {
    const { net, groups: [a, b, c] } = await chain()
    expect(await a?.get('k')).to.equal('k from c')
    expect(net.requests.slice(-2)).to.deep.equal(['a→b moved k', 'b→c moved k'])
    expect([a?.stats().takenOver, a?.stats().loads, a?.stats().items, b?.stats().items, b?.stats().hotItems, c?.stats().items]).to.deep.equal([1, 0, 1, 0, 0, 1])
  })

  it('loads when those who had the key before ask each other in a circle', async () => {
    const { net, groups: [a] } = await chain()
    net.node('b').former = { id: 'a', since: net.clock.now() }
    expect(await a?.get('k')).to.equal('k from a')
    expect(net.requests.slice(-2)).to.deep.equal(['a→b moved k', 'b→a moved k'])
  })

  it('has its question passed on so many times, and no more', async () => {
    const names = ['f', 'e', 'd', 'c', 'b', 'a'] as const
    for (const [depth, isFound] of [[4, true], [5, false]] as const) {
      const net = new GroupNetwork('a', 'b', 'c', 'd', 'e', 'f')
      const groups = new Map(names.map(name => [name, net.node(name).group()]))
      const order = names.slice(names.length - 1 - depth)
      for (const [i, name] of order.entries()) {
        net.setRing([name, ...names.filter(other => other !== name)])
        if (i === 0) await groups.get(name)?.get('k')
        else net.node(name).former = { id: order[i - 1] as string, since: net.clock.now() }
      }
      expect(await groups.get('a')?.get('k')).to.equal(isFound ? `k from ${order[0]}` : 'k from a')
    }
  })

  it('takes the value, its tags and the rest of its ttl', async () => {
    const net = new GroupNetwork('b', 'a')
    const [a, b] = [net.node('a').group({ load: () => 'loaded' }), net.node('b').group({ load: (key, context) => { context.setTags(['t']); return key }, ttl: 1_000 })]
    await b.get('k')
    await net.clock.advance(600)
    net.setRing(['a', 'b'])
    net.node('a').former = { id: 'b', since: net.clock.now() }
    expect(await a.get('k')).to.equal('k')
    await net.clock.advance(399)
    expect(a.peek('k')).to.equal('k')
    await net.clock.advance(1)
    expect(a.peek('k')).to.equal(undefined)
  })
})

describe('a member that has lost a key', () => {
  it('answers with its value as with a copy while it is in touch with the new owner, and not any more when it is removed', async () => {
    const net = new GroupNetwork('b', 'a', 'c')
    const [a, b] = ['a', 'b', 'c'].map((name): GroupHandle<string> => net.node(name).group({ hot: false })) as [GroupHandle<string>, GroupHandle<string>]
    await b.getMany(['k', 'l'])
    net.setRing(['a', 'b', 'c'], 'a', 'b')
    net.setRing(['b', 'a', 'c'], 'c')
    await b.get('other')
    expect([b.peek('k'), await b.get('k'), await net.node('c').handle.get('k')]).to.deep.equal(['k from b', 'k from b', 'k from b'])
    expect(a.stats().items).to.equal(1)
    await a.remove('k')
    expect([b.peek('k'), b.peek('l'), await b.get('k')]).to.deep.equal([undefined, 'l from b', 'k from a'])
  })

  it('gets in touch with the new owner first where that does not have the group yet, and loads nothing', async () => {
    const net = new GroupNetwork('b', 'a', 'c')
    const [b, c] = ['b', 'c'].map((name): GroupHandle<string> => net.node(name).group()) as [GroupHandle<string>, GroupHandle<string>]
    await b.get('k')
    net.setRing(['a', 'b', 'c'])
    expect([await c.get('k'), await b.get('k')]).to.deep.equal(['k from b', 'k from b'])
    expect([b.stats().loads, c.stats().loads]).to.deep.equal([1, 0])
  })

  it('does not when it has no contact with that one', async () => {
    const net = new GroupNetwork('b', 'a')
    const [, b] = ['a', 'b'].map((name): GroupHandle<string> => net.node(name).group()) as [GroupHandle<string>, GroupHandle<string>]
    await b.get('k')
    net.setRing(['a', 'b'])
    expect(b.peek('k')).to.equal(undefined)
    await net.clock.advance(LEASE)
    await b.get('other')
    expect([b.peek('k'), await b.get('k')]).to.deep.equal([undefined, 'k from a'])
  })
})

describe('a member that is offered keys', () => {
  /** b has had keys that are a's now. */
  async function offered (...keys: string[]): Promise<{ net: GroupNetwork, a: GroupHandle<string>, adopt: (...keys: string[]) => Promise<boolean[] | undefined> }> {
    const net = new GroupNetwork('b', 'a')
    const [a, b] = [net.node('a').group(), net.node('b').group()]
    await b.getMany(keys)
    net.setRing(['a', 'b'])
    net.node('a').former = { id: 'b', since: net.clock.now() }
    return { net, a, adopt: async (...offered) => net.node('a').cacheGroup?.adopt(offered) }
  }

  it('comes for their values, and loads nothing', async () => {
    const { a, adopt } = await offered('k', 'l')
    expect(await adopt('k', 'l', 'unknown')).to.deep.equal([true, true, false])
    expect([a.peek('k'), a.peek('l'), a.peek('unknown')]).to.deep.equal(['k from b', 'l from b', undefined])
    expect(a.stats()).to.include({ loads: 0, takenOver: 2, gets: 0, items: 2 })
  })

  it('does not come for what it has', async () => {
    const { net, a, adopt } = await offered('k')
    await a.set('k', 'newer')
    const before = net.requests.length
    expect(await adopt('k')).to.deep.equal([true])
    expect([net.requests.length, a.peek('k')]).to.deep.equal([before, 'newer'])
  })

  it('takes nothing that is not its own', async () => {
    const { net, adopt } = await offered('k')
    net.setRing(['b', 'a'])
    expect(await adopt('k')).to.deep.equal([false])
  })

  it('does not keep what is removed while it is on its way', async () => {
    const { net, a, adopt } = await offered('k')
    const slow = Promise.withResolvers<void>()
    net.beforeAnswer = (_from, _to, verb) => verb === 'moved' ? slow.promise : undefined
    const taken = adopt('k')
    await settled()
    await a.remove('k')
    slow.resolve()
    expect(await taken).to.deep.equal([false])
    expect(a.peek('k')).to.equal(undefined)
  })

  it('loads after all when a caller comes meanwhile and there is nothing to take over', async () => {
    const net = new GroupNetwork('b', 'a')
    const { load, resolve, calls } = gate()
    const a = net.node('a').group({ load })
    net.node('b').group()
    net.setRing(['a', 'b'])
    net.node('a').former = { id: 'b', since: net.clock.now() }
    const slow = Promise.withResolvers<void>()
    net.beforeAnswer = (_from, _to, verb) => verb === 'moved' ? slow.promise : undefined
    const taken = net.node('a').cacheGroup?.adopt(['k'])
    await settled()
    const got = a.get('k')
    slow.resolve()
    await settled()
    resolve('loaded')
    expect([await got, await taken, calls]).to.deep.equal(['loaded', [true], ['k']])
  })

  it('by several at once loads nothing either', async () => {
    const { net, a, adopt } = await offered('other')
    const slow = Promise.withResolvers<void>()
    net.beforeAnswer = (_from, _to, verb) => verb === 'moved' ? slow.promise : undefined
    const taken = [adopt('k'), adopt('k')]
    await settled()
    slow.resolve()
    expect(await Promise.all(taken)).to.deep.equal([[false], [false]])
    expect([a.stats().loads, net.requests.filter(request => request === 'a→b moved k').length]).to.deep.equal([0, 1])
    // the next offer is looked at anew
    expect(await adopt('other')).to.deep.equal([true])
  })

  it('gives up on one that does not answer', async () => {
    const { net, adopt } = await offered('k')
    net.beforeAnswer = () => new Promise(() => {})
    const taken = adopt('k')
    await net.clock.advance(TAKE_OVER_TIMEOUT)
    expect(await taken).to.deep.equal([false])
  })
})
