import { expect } from 'chai'
import { STAND_IN_TTL, TTL_JITTER } from '../../../src/constants.js'
import { LoadError } from '../../../src/errors.js'
import { GroupNetwork } from '../../support/group-network.js'
import { seeded } from '../../support/seeds.js'
import { rejection } from '../../support/thrown.js'
import type { LoadContext } from '../../../src/index.js'

/** A loader whose values are v1, v2, … in the order it is called, after it has done what a test wants of it. */
function counting (also: (context: LoadContext, run: number) => void = () => {}): (key: string, context: LoadContext) => string {
  let runs = 0
  return (_key, context) => {
    also(context, ++runs)
    return `v${runs}`
  }
}

describe('a value lives', () => {
  it('for ever by default', async () => {
    const net = new GroupNetwork('a')
    const group = net.node('a').group({ load: counting() })
    await group.get('k')
    await net.clock.advance(1e12)
    expect(await group.get('k')).to.equal('v1')
  })

  it('for the ttl of its group, to the millisecond', async () => {
    const net = new GroupNetwork('a')
    const group = net.node('a').group({ ttl: 1_000, load: counting() })
    await group.get('k')
    await net.clock.advance(999)
    expect([await group.get('k'), group.peek('k')]).to.deep.equal(['v1', 'v1'])
    await net.clock.advance(1)
    expect(group.peek('k')).to.equal(undefined)
    expect(await group.get('k')).to.equal('v2')
  })

  it('from the end of its load on, not from its beginning', async () => {
    const net = new GroupNetwork('a')
    const group = net.node('a').group({
      ttl: 1_000,
      load: () => new Promise<string>(resolve => { net.clock.setTimeout(() => { resolve('v') }, 5_000) })
    })
    const get = group.get('k')
    await net.clock.advance(5_000)
    await get
    await net.clock.advance(999)
    expect(group.peek('k')).to.equal('v')
  })

  it('for as long as its loader says, shorter or longer than the group\'s ttl; the last word counts', async () => {
    for (const ttl of [10, 5_000, Infinity]) {
      const net = new GroupNetwork('a')
      const group = net.node('a').group({ ttl: 1_000, load: counting((context) => { context.setTtl(7); context.setTtl(ttl) }) })
      await group.get('k')
      await net.clock.advance(ttl === Infinity ? 1e9 : ttl - 1)
      expect(group.peek('k'), `${ttl}`).to.equal('v1')
      await net.clock.advance(1)
      expect(group.peek('k'), `${ttl}`).to.equal(ttl === Infinity ? 'v1' : undefined)
    }
  })

  it('not at all when its loader says 0: it is handed out to all who wait, and not kept, here and afar', async () => {
    const net = new GroupNetwork('b', 'a')
    const owner = net.node('b').group({ load: counting((context) => { context.setTtl(0) }) })
    const group = net.node('a').group()
    expect(await Promise.all([owner.get('k'), owner.get('k'), group.get('k')])).to.deep.equal(['v1', 'v1', 'v1'])
    expect([owner.peek('k'), group.peek('k'), owner.stats().items, group.stats().hotItems]).to.deep.equal([undefined, undefined, 0, 0])
    expect(await group.get('k')).to.equal('v2')
  })

  it('not at all when its loader says 0, however long old values may be served; and the one before it is gone', async () => {
    const net = new GroupNetwork('a')
    const group = net.node('a').group({ ttl: 100, staleWhileRevalidate: 1e6, staleIfError: 1e6, load: counting((context, run) => { if (run > 1) context.setTtl(0) }) })
    await group.get('k')
    await net.clock.advance(100)
    expect(await group.get('k'), 'the old one, while it is loaded anew').to.equal('v1')
    await net.clock.advance(0)
    expect(group.peek('k')).to.equal(undefined)
    expect(await group.get('k')).to.equal('v3')
    expect(group.stats().items).to.equal(0)
  })

  for (const wrong of [-1, NaN, '5', null, undefined, 5n]) {
    it(`as its loader says, which may not be ${String(wrong)} (${typeof wrong}): that fails the load, which says so`, async () => {
      const group = new GroupNetwork('a').node('a').group({ load: counting((context) => { context.setTtl(wrong as number) }) })
      const err = await rejection(group.get('k'))
      expect(err).to.be.instanceOf(LoadError)
      expect((err.cause as Error).message).to.match(/^setTtl: expected a number from 0 on, got /)
    })
  }

  it('as long as was said before its load ended: what comes later is not heard', async () => {
    const net = new GroupNetwork('a')
    let late: LoadContext | undefined
    const group = net.node('a').group({ ttl: 1_000, load: counting(context => { late = context }) })
    await group.get('k')
    late?.setTtl(5)
    late?.setTags(['late'])
    await group.removeByTag('late')
    await net.clock.advance(999)
    expect(group.peek('k')).to.equal('v1')
  })

  it('up to a tenth shorter than was said, so that values loaded together are not all loaded anew together', async () => {
    const net = new GroupNetwork('a')
    const group = net.node('a').group({ ttl: 1_000, load: key => key }, seeded(1))
    const keys = Array.from({ length: 200 }, (_, i) => `${i}`)
    await group.getMany(keys.slice(0, 100))
    await Promise.all(keys.slice(100).map(key => group.set(key, key)))
    const alive = (): number => keys.filter(key => group.peek(key) !== undefined).length
    await net.clock.advance(1_000 * (1 - TTL_JITTER))
    expect(alive()).to.equal(200)
    await net.clock.advance(500 * TTL_JITTER)
    expect(alive()).to.be.within(70, 130)
    await net.clock.advance(500 * TTL_JITTER)
    expect(alive()).to.equal(0)
  })

  it('for ever without jitter: no part is taken of what has no end', async () => {
    const net = new GroupNetwork('a')
    const group = net.node('a').group({}, () => 1)
    await group.get('k')
    await net.clock.advance(1e12)
    expect(group.peek('k')).to.equal('k from a')
  })
})

describe('a copy', () => {
  it('never outlives the owner\'s value: what is left of its life travels', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group({ ttl: 1_000, load: counting() })
    const group = net.node('a').group()
    await net.node('b').handle.get('k')
    await net.clock.advance(900)
    expect(await group.get('k')).to.equal('v1')
    await net.clock.advance(99)
    expect(group.peek('k')).to.equal('v1')
    await net.clock.advance(1)
    expect(group.peek('k')).to.equal(undefined)
    expect(await group.get('k')).to.equal('v2')
  })

  it('lives no longer than hot.ttl, whatever its value\'s own ttl', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group({ ttl: 60_000 })
    const group = net.node('a').group({ hot: { ttl: 200 } })
    await group.get('k')
    await net.clock.advance(199)
    expect(group.peek('k')).to.equal('k from b')
    await net.clock.advance(1)
    expect(group.peek('k')).to.equal(undefined)
  })

  it('of a copy is not made: a member that does not own a key passes it on, not to be kept', async () => {
    const net = new GroupNetwork('b', 'c', 'a')
    net.node('b').group({ ttl: 1_000 })
    const [c, a] = [net.node('c').group(), net.node('a').group()]
    await c.get('k')
    net.setRing(['c', 'b', 'a'], 'a')
    expect(await a.get('k')).to.equal('k from b')
    expect([a.peek('k'), c.peek('k')]).to.deep.equal([undefined, 'k from b'])
  })

  it('is not made of what the asked member had to ask another one for: it would not tell of its removal', async () => {
    const net = new GroupNetwork('b', 'c', 'a')
    for (const name of ['b', 'c', 'a']) net.node(name).group()
    net.setRing(['c', 'b', 'a'], 'b', 'c')
    expect(await net.node('a').handle.get('k')).to.equal('k from c')
    expect(net.node('a').handle.peek('k')).to.equal(undefined)
  })

  it('is not made of what a member answers that is not the owner any more when the answer is there', async () => {
    const net = new GroupNetwork('b', 'c', 'a')
    for (const name of ['b', 'c', 'a']) net.node(name).group()
    net.beforeAnswer = () => { net.setRing(['c', 'b', 'a'], 'a') }
    expect(await net.node('a').handle.get('k')).to.equal('k from b')
    expect(net.node('a').handle.peek('k')).to.equal(undefined)
  })
})

describe('a value loaded in place of its owner', () => {
  it('is kept for a moment when the owner is certainly dead', async () => {
    const net = new GroupNetwork('x', 'a')
    net.node('x').isUp = false
    const group = net.node('a').group({ load: counting() })
    await group.get('k')
    await net.clock.advance(STAND_IN_TTL - 1)
    expect(group.peek('k')).to.equal('v1')
    await net.clock.advance(1)
    expect(group.peek('k')).to.equal(undefined)
  })

  it('is kept if that is known within a second: a process that is busy finds out late, and would load again and again', async () => {
    for (const [ms, kept] of [[999, 'v1'], [1_001, undefined]] as const) {
      const net = new GroupNetwork('x', 'a')
      net.node('x').isUp = false
      const node = net.node('a')
      node.touch = async () => {
        await new Promise<void>(resolve => { net.clock.setTimeout(resolve, ms) })
        return 'dead'
      }
      const group = node.group({ load: counting() })
      const got = group.get('k')
      await net.clock.advance(1_001)
      expect(await got).to.equal('v1')
      expect(group.peek('k'), `after ${ms} ms`).to.equal(kept)
    }
  })

  it('is not kept when the owner may be alive: it might remove the value without our knowing', async () => {
    const net = new GroupNetwork('x', 'a')
    net.loseTouch('x')
    const group = net.node('a').group({ load: counting() })
    expect([await group.get('k'), group.peek('k'), await group.get('k')]).to.deep.equal(['v1', undefined, 'v2'])
  })
})
