// What the options of a group do; what they may be is in settings.spec.ts.

import { expect } from 'chai'
import { bytes } from '../../../src/codec/bytes.js'
import { json } from '../../../src/codec/json.js'
import { DEMAND_HALF_LIFE } from '../../../src/cache/demand.js'
import { DEFAULT_HOT_TTL, DEFAULT_MAX_BYTES } from '../../../src/constants.js'
import { LoadError } from '../../../src/errors.js'
import { GroupNetwork } from '../../support/group-network.js'
import { rejection } from '../../support/thrown.js'

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`)

describe('maxBytes', () => {
  it('bounds main and hot together, keys and bookkeeping counted; what was not used for the longest time goes', async () => {
    const net = new GroupNetwork('b', 'a')
    const options = { maxBytes: 100_000, codec: bytes(), load: () => new Uint8Array(1_000) }
    const [owner, group] = [net.node('b').group<Uint8Array>(options), net.node('a').group<Uint8Array>(options)]
    for (const key of numbers(200)) {
      await group.get(key)
      await group.get('0')
      for (const each of [owner, group]) {
        const { bytes, hotBytes } = each.stats()
        expect(bytes + hotBytes).to.be.at.most(100_000)
      }
    }
    expect([group.peek('0')?.length, group.peek('199')?.length, group.peek('1')]).to.deep.equal([1_000, 1_000, undefined])
    const { items, evictions } = owner.stats()
    expect([items + evictions, items > 50, items < 100]).to.deep.equal([200, true, true])
  })

  it('is 64 MiB by default', async () => {
    const group = new GroupNetwork('a').node('a').group<Uint8Array>({ codec: bytes(), load: () => new Uint8Array(1024 * 1024) })
    for (const key of numbers(70)) await group.get(key)
    const { bytes: used, items } = group.stats()
    expect(DEFAULT_MAX_BYTES).to.equal(64 * 1024 * 1024)
    expect([used <= DEFAULT_MAX_BYTES, items]).to.deep.equal([true, 63])
  })
})

describe('hot', () => {
  it('false keeps no copies: each get asks the owner', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group()
    const group = net.node('a').group({ hot: false })
    await group.get('k')
    await group.get('k')
    expect([group.peek('k'), net.requests]).to.deep.equal([undefined, ['a→b get k', 'a→b get k']])
    expect(group.stats()).to.include({ hotItems: 0, hotBytes: 0, hotHits: 0 })
  })

  it('false still keeps what was loaded in place of a dead owner, for a moment', async () => {
    const net = new GroupNetwork('x', 'a')
    net.node('x').isUp = false
    const group = net.node('a').group({ hot: false })
    for (let i = 0; i < 5; i++) await group.get('k')
    expect(group.stats()).to.include({ loads: 1, hotHits: 4 })
  })

  it('keeps maxItems copies, those used last', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group()
    const group = net.node('a').group({ hot: { maxItems: 3 } })
    for (const key of ['1', '2', '3', '1', '4']) await group.get(key)
    expect(numbers(5).filter(key => group.peek(key) !== undefined)).to.deep.equal(['1', '3', '4'])
    expect(group.stats()).to.include({ hotItems: 3, evictions: 1 })
  })

  it('keeps copies for 30 s by default', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group()
    const group = net.node('a').group()
    // contact with the owner renews their lease
    for (let now = 0; now < DEFAULT_HOT_TTL; now += 1_000) {
      await group.get(now === 0 ? 'k' : `contact ${now}`)
      await net.clock.advance(now === DEFAULT_HOT_TTL - 1_000 ? 999 : 1_000)
    }
    expect(group.peek('k')).to.equal('k from b')
    await net.clock.advance(1)
    expect(group.peek('k')).to.equal(undefined)
  })
})

describe("hot.promote 'popular'", () => {
  function start (): { net: GroupNetwork, get: (key: string, by?: string) => Promise<unknown>, has: (key: string, name?: string) => boolean } {
    const net = new GroupNetwork('b', 'a', 'c')
    for (const name of ['b', 'a', 'c']) net.node(name).group({ hot: { promote: 'popular' } })
    return { net, get: (key, by = 'a') => net.node(by).handle.get(key), has: (key, name = 'a') => net.node(name).handle.peek(key) !== undefined }
  }

  it('does not copy what is asked for once, and copies what is asked for again soon', async () => {
    const { net, get, has } = start()
    await get('k')
    expect(has('k')).to.equal(false)
    await net.clock.advance(DEMAND_HALF_LIFE / 20)
    await get('k')
    expect(has('k')).to.equal(true)
    await get('k')
    expect(net.requests).to.have.length(2)
  })

  it('counts what all members ask for together', async () => {
    const { get, has } = start()
    await get('k', 'c')
    await get('k', 'a')
    expect([has('k', 'c'), has('k', 'a')]).to.deep.equal([false, true])
  })

  it('does not count what the owner\'s own callers ask for', async () => {
    const { get, has } = start()
    for (let i = 0; i < 10; i++) await get('k', 'b')
    await get('k')
    expect(has('k')).to.equal(false)
  })

  it('forgets: what is asked for now and then is not copied, however long', async () => {
    const { net, get, has } = start()
    for (let i = 0; i < 50; i++) {
      await get('k')
      expect(has('k')).to.equal(false)
      await net.clock.advance(2 * DEMAND_HALF_LIFE)
    }
  })

  it('keeps a long tail, asked for once each, from pushing out what is popular', async () => {
    const { net, get, has } = start()
    for (let i = 0; i < 2; i++) await get('popular')
    for (const key of numbers(1_000)) await get(key)
    expect([has('popular'), net.node('a').handle.stats().hotItems]).to.deep.equal([true, 1])
  })

  it('remembers how popular a key is when its value is loaded anew', async () => {
    const net = new GroupNetwork('b', 'a')
    const options = { ttl: 100, staleWhileRevalidate: 1_000, hot: { promote: 'popular' } } as const
    net.node('b').group(options)
    const group = net.node('a').group(options)
    await group.get('k')
    await net.clock.advance(100)
    await group.get('k')
    await net.clock.advance(1)
    await group.get('k')
    expect(group.peek('k')).to.equal('k from b')
  })
})

describe("hot.promote 'always'", () => {
  it('is the default: what is asked for once is copied', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group()
    const group = net.node('a').group()
    await group.get('k')
    expect(group.peek('k')).to.equal('k from b')
  })
})

describe('load', () => {
  it('is given the key, and what it needs to be a good loader', async () => {
    const group = new GroupNetwork('a').node('a').group<string[]>({ load: (key, context) => [key, ...Object.keys(context).sort(), String(context.signal instanceof AbortSignal)] })
    expect(await group.get('k')).to.deep.equal(['k', 'setTags', 'setTtl', 'signal', 'true'])
  })

  it('may return a value or a promise', async () => {
    const net = new GroupNetwork('a')
    expect(await net.node('a').group({ load: () => 'at once' }).get('k')).to.equal('at once')
    expect(await net.node('a').group({ load: async () => 'later' }).get('k')).to.equal('later')
  })
})

describe('codec', () => {
  it('says how values become bytes, here and on the way', async () => {
    const net = new GroupNetwork('b', 'a')
    const load = (): unknown => ({ date: new Date(0), nothing: undefined })
    net.node('b').group<unknown>({ codec: json(), load })
    expect(await net.node('a').group<unknown>({ codec: json(), load }).get('k')).to.deep.equal({ date: '1970-01-01T00:00:00.000Z' })
  })
})

describe('loadLocallyOnLoadError', () => {
  const fail = (): never => { throw new Error('no database') }

  it('is on by default: where the owner cannot load, this member tries', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group({ load: fail })
    expect(await net.node('a').group().get('k')).to.equal('k from a')
  })

  it('off makes the owner\'s error the answer; who cannot be reached is still replaced', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group({ load: fail })
    const group = net.node('a').group({ loadLocallyOnLoadError: false })
    expect(await rejection(group.get('k'))).to.be.instanceOf(LoadError)
    net.node('b').isUp = false
    expect(await group.get('k')).to.equal('k from a')
  })
})
