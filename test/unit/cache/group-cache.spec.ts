import { expect } from 'chai'
import * as fc from 'fast-check'
import { Entry } from '../../../src/cache/entry.js'
import { GroupCache } from '../../../src/cache/group-cache.js'
import { messagePack } from '../../../src/codec/message-pack.js'
import { FakeClock } from '../../support/fake-clock.js'
import type { Codec } from '../../../src/interface/group.js'

const TTL = 100

function start (options: { maxBytes?: number, hot?: false | { maxItems?: number } } = {}): { cache: GroupCache<unknown>, clock: FakeClock } {
  const clock = new FakeClock()
  const hot = options.hot === false ? false : { maxItems: 1_000, ttl: TTL, ...options.hot }
  return { clock, cache: new GroupCache({ clock, maxBytes: options.maxBytes ?? 1e6, hot }) }
}

const KEEP = { keep: true }
const bytes = (size = 10): Uint8Array => new Uint8Array(size)
const cost = (key: string, size: number): number => new Entry(bytes(size)).cost(key)

describe('a cache', () => {
  it('keeps copies of their own of what came from the network, not the buffer around it', () => {
    const { cache } = start()
    const packet = new Uint8Array(64 * 1024).fill(7)
    cache.storeCopy('k', packet.subarray(10, 13), KEEP)
    packet.fill(0)
    expect([...cache.copy('k')?.bytes ?? []]).to.deep.equal([7, 7, 7])
    expect(cache.copy('k')?.bytes.buffer.byteLength).to.equal(3)
  })

  it('counts key, value and bookkeeping: two bytes for a unit of the key, the value, and a fixed part', () => {
    expect(cost('', 0)).to.be.within(100, 400)
    expect(cost('kéy', 70) - cost('', 0)).to.equal(6 + 70)
  })

  it('counts exactly what it holds, keeps its limit and never serves what it should not, whatever happens to it', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'longer key')
    const operation = fc.oneof(
      fc.record({ do: fc.constantFrom('storeOwned' as const, 'storeCopy' as const), key, size: fc.nat({ max: 900 }) }),
      fc.record({ do: fc.constantFrom('owned' as const, 'copy' as const, 'remove' as const, 'takeMoved' as const), key }),
      fc.record({ do: fc.constant('reassign' as const), mine: fc.subarray(['a', 'b', 'c', 'd', 'e']) }),
      fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 80 }) }),
      fc.record({ do: fc.constantFrom('forgetMoved' as const, 'clear' as const) }))
    fc.assert(fc.property(fc.array(operation, { maxLength: 60 }), fc.integer({ min: 400, max: 4_000 }), (operations, maxBytes) => {
      const { cache, clock } = start({ maxBytes })
      // what was last stored under each key, and may be there still
      const [main, hot] = [new Map<string, Uint8Array>(), new Map<string, { value: Uint8Array, until: number }>()]
      const moved = new Map<string, Uint8Array>()
      for (const one of operations) {
        if (one.do === 'storeOwned') {
          const value = bytes(one.size)
          main.set(one.key, value)
          moved.delete(one.key)
          cache.storeOwned(one.key, value, KEEP)
        } else if (one.do === 'storeCopy') {
          const value = bytes(one.size)
          hot.set(one.key, { value: cache.storeCopy(one.key, value, KEEP).bytes, until: clock.now() + TTL })
        } else if (one.do === 'owned') {
          expect(cache.owned(one.key)?.bytes).to.be.oneOf([undefined, main.get(one.key)])
        } else if (one.do === 'copy') {
          const held = hot.get(one.key)
          expect(cache.copy(one.key)?.bytes).to.be.oneOf([undefined, held !== undefined && clock.now() < held.until ? held.value : undefined])
        } else if (one.do === 'takeMoved') {
          expect(cache.takeMoved(one.key)?.bytes).to.be.oneOf([undefined, moved.get(one.key)])
          moved.delete(one.key)
        } else if (one.do === 'remove') {
          cache.remove(one.key)
          for (const map of [main, hot, moved]) map.delete(one.key)
        } else if (one.do === 'reassign') {
          cache.reassign(key => (one.mine).includes(key))
          for (const [key, value] of main) {
            if ((one.mine).includes(key)) continue
            moved.set(key, value)
            main.delete(key)
          }
          for (const key of one.mine) moved.delete(key)
        } else if (one.do === 'pass') {
          clock.jump(one.ms)
        } else {
          cache[one.do]()
          moved.clear()
          if (one.do === 'clear') for (const map of [main, hot]) map.clear()
        }
        expect(cache.bytes + cache.hotBytes).to.be.at.most(maxBytes)
        if (cache.items + cache.hotItems === 0) expect(cache.bytes + cache.hotBytes).to.equal(0)
      }
    }), { numRuns: 400 })
  })

  it('counts the sum of the costs of what is in it', () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.nat({ max: 100 }), { maxKeys: 30 }), fc.array(fc.string()), (entries, removed) => {
      const { cache } = start()
      for (const key of Object.keys(entries)) cache.storeOwned(key, bytes(3), KEEP)
      for (const [key, size] of Object.entries(entries)) cache.storeOwned(key, bytes(size), KEEP)
      for (const [key, size] of Object.entries(entries)) cache.storeCopy(`hot ${key}`, bytes(size), KEEP)
      for (const key of removed) cache.remove(key)
      const left = Object.entries(entries).filter(([key]) => !removed.includes(key))
      expect([cache.items, cache.bytes]).to.deep.equal([left.length, left.reduce((sum, [key, size]) => sum + cost(key, size), 0)])
    }))
  })

  it('holds up to its limit and then forgets what was not used for the longest time', () => {
    const { cache } = start({ maxBytes: 10 * cost('k0', 10) })
    for (let i = 0; i < 10; i++) cache.storeOwned(`k${i}`, bytes(), KEEP)
    expect([cache.items, cache.evictions]).to.deep.equal([10, 0])
    cache.owned('k0')
    cache.storeOwned('x1', bytes(), KEEP)
    expect([cache.owned('k0') !== undefined, cache.owned('k1'), cache.evictions]).to.deep.equal([true, undefined, 1])
  })

  it('takes room from the hot cache first, as long as that is larger than an eighth of main', () => {
    const unit = cost('k00', 10)
    const { cache } = start({ maxBytes: 20 * unit })
    for (let i = 0; i < 10; i++) cache.storeCopy(`h0${i}`, bytes(), KEEP)
    for (let i = 0; i < 10; i++) cache.storeOwned(`m0${i}`, bytes(), KEEP)
    expect([cache.items, cache.hotItems]).to.deep.equal([10, 10])
    for (let i = 10; i < 18; i++) cache.storeOwned(`m${i}`, bytes(), KEEP)
    expect([cache.items, cache.hotItems, cache.evictions]).to.deep.equal([18, 2, 8])
    // 2 of 18 is less than an eighth: now main gives way to itself
    cache.storeOwned('m18', bytes(), KEEP)
    expect([cache.items, cache.hotItems, cache.owned('m00')]).to.deep.equal([18, 2, undefined])
  })

  it('does not let copies drive out what it owns', () => {
    const unit = cost('k00', 10)
    const { cache } = start({ maxBytes: 20 * unit })
    for (let i = 10; i < 30; i++) cache.storeOwned(`m${i}`, bytes(), KEEP)
    for (let i = 10; i < 90; i++) cache.storeCopy(`h${i}`, bytes(), KEEP)
    expect(cache.items).to.be.at.least(17)
    expect(cache.hotItems).to.be.within(1, 3)
  })

  it('does not hold what alone is larger than it, and keeps the rest', () => {
    const { cache } = start({ maxBytes: 2_000 })
    cache.storeOwned('small', bytes(), KEEP)
    expect(cache.storeOwned('large', bytes(3_000), KEEP).bytes).to.have.length(3_000)
    expect(cache.storeCopy('large', bytes(3_000), KEEP).bytes).to.have.length(3_000)
    expect([cache.owned('large'), cache.copy('large'), cache.items, cache.hotItems]).to.deep.equal([undefined, undefined, 1, 0])
  })

  it('holds no more copies than hot.maxItems, and none without a hot cache', () => {
    const few = start({ hot: { maxItems: 3 } }).cache
    for (let i = 0; i < 10; i++) few.storeCopy(`k${i}`, bytes(), KEEP)
    expect([few.hotItems, few.evictions, few.copy('k9') !== undefined, few.copy('k6')]).to.deep.equal([3, 7, true, undefined])
    const none = start({ hot: false }).cache
    expect(none.storeCopy('k', bytes(4), KEEP).bytes).to.have.length(4)
    expect([none.copy('k'), none.hotItems, none.hotBytes]).to.deep.equal([undefined, 0, 0])
  })

  it('serves a copy until its time is up, to the millisecond, and then does not hold it', () => {
    const { cache, clock } = start()
    cache.storeCopy('k', bytes(), KEEP)
    clock.jump(TTL - 1)
    expect(cache.copy('k')).to.not.equal(undefined)
    clock.jump(1)
    expect([cache.copy('k'), cache.hotItems, cache.hotBytes]).to.deep.equal([undefined, 0, 0])
  })

  it('starts a copy\'s time anew when it is stored anew, and has none for what it owns', () => {
    const { cache, clock } = start()
    cache.storeCopy('k', bytes(), KEEP)
    cache.storeOwned('mine', bytes(), KEEP)
    clock.jump(60)
    cache.storeCopy('k', bytes(), KEEP)
    clock.jump(60)
    expect(cache.copy('k')).to.not.equal(undefined)
    clock.jump(1e9)
    expect(cache.owned('mine')).to.not.equal(undefined)
  })

  it('stores nothing with keep: false, and leaves what is there', () => {
    const { cache } = start()
    const value = bytes(5)
    expect([cache.storeOwned('k', value, { keep: false }).bytes, cache.storeCopy('k', value, { keep: false }).bytes]).to.deep.equal([value, value])
    expect([cache.items, cache.hotItems, cache.bytes, cache.hotBytes]).to.deep.equal([0, 0, 0, 0])
  })

  it('drops the copy of what it owns now', () => {
    const { cache } = start()
    cache.storeCopy('k', bytes(), KEEP)
    cache.storeOwned('k', bytes(), KEEP)
    expect([cache.copy('k'), cache.hotItems]).to.deep.equal([undefined, 0])
  })

  describe('when the ring changes', () => {
    it('does not serve what it does not own any more, and gives it away once', () => {
      const { cache } = start()
      const value = bytes(7)
      cache.storeOwned('k', value, KEEP)
      cache.storeOwned('mine', bytes(), KEEP)
      cache.reassign(key => key === 'mine')
      expect([cache.owned('k'), cache.copy('k'), cache.owned('mine') !== undefined]).to.deep.equal([undefined, undefined, true])
      expect(cache.takeMoved('mine')).to.equal(undefined)
      expect(cache.takeMoved('k')?.bytes).to.equal(value)
      expect([cache.takeMoved('k'), cache.items]).to.deep.equal([undefined, 1])
    })

    it('drops what it lost and regains: that may be old', () => {
      const { cache } = start()
      cache.storeOwned('k', bytes(), KEEP)
      cache.reassign(() => false)
      cache.reassign(() => true)
      expect([cache.owned('k'), cache.takeMoved('k'), cache.items]).to.deep.equal([undefined, undefined, 0])
      cache.storeOwned('k', bytes(), KEEP)
      cache.reassign(() => true)
      expect(cache.owned('k')).to.not.equal(undefined)
    })

    it('serves what it loads anew although it held an older one for the new owner', () => {
      const { cache } = start()
      cache.storeOwned('k', bytes(1), KEEP)
      cache.reassign(() => false)
      const anew = bytes(2)
      cache.storeOwned('k', anew, KEEP)
      expect([cache.owned('k')?.bytes, cache.takeMoved('k')]).to.deep.equal([anew, undefined])
    })

    it('does not give away what was removed meanwhile', () => {
      const { cache } = start()
      cache.storeOwned('k', bytes(), KEEP)
      cache.reassign(() => false)
      cache.remove('k')
      expect(cache.takeMoved('k')).to.equal(undefined)
    })

    it('forgets what moved when the time for that is over, and only that', () => {
      const { cache } = start()
      cache.storeOwned('k', bytes(), KEEP)
      cache.storeOwned('mine', bytes(), KEEP)
      cache.reassign(key => key === 'mine')
      cache.forgetMoved()
      expect([cache.takeMoved('k'), cache.items, cache.owned('mine') !== undefined]).to.deep.equal([undefined, 1, true])
    })
  })

  describe('entry', () => {
    /** A codec that counts its decodes. */
    function counted (): { codec: Codec<unknown>, decodes: () => number } {
      const codec = messagePack<unknown>()
      let decodes = 0
      return { codec: { ...codec, decode: encoded => { decodes++; return codec.decode(encoded) } }, decodes: () => decodes }
    }

    it('decodes once, for null and undefined as well, and freezes all of what it decoded', () => {
      for (const value of [null, undefined, 0, { a: [{ b: [1] }], u: Uint8Array.of(1) }]) {
        const { codec, decodes } = counted()
        const entry = new Entry<unknown>(codec.encode(value))
        const first = entry.value(codec)
        expect(entry.value(codec)).to.equal(first)
        expect([decodes(), first]).to.deep.equal([1, value])
        if (first === null || typeof first !== 'object') continue
        const { a } = first as { a: Array<{ b: number[] }> }
        for (const part of [first, a, a[0], a[0]?.b]) expect(Object.isFrozen(part)).to.equal(true)
      }
    })

    it('gives each reader a value of its own where it holds what cannot be frozen', () => {
      for (const part of [new Set([1]), new Date(5), new ArrayBuffer(2)]) {
        const { codec } = counted()
        const entry = new Entry<unknown>(codec.encode({ part }))
        const [one, two] = [entry.value(codec), entry.value(codec)] as Array<{ part: unknown }>
        expect(one).to.deep.equal(two)
        expect(one?.part).to.not.equal(two?.part)
      }
    })
  })
})
