import { expect } from 'chai'
import * as fc from 'fast-check'
import { HOT_TTL, KEEP, content, cost, hex, ring, start, underLease } from './cache-fixture.js'

describe('a cache', () => {
  it('keeps copies of their own of what came from the network, not the buffer around it', () => {
    for (const size of [3, 40_000]) {
      const { cache, copy, owned } = start()
      const packet = new Uint8Array(64 * 1024).fill(7)
      cache.storeCopy('copied', content(0, { bytes: packet.subarray(10, 10 + size) }), underLease())
      cache.storeOwned('owned', content(0, { bytes: packet.subarray(10, 10 + size) }), KEEP)
      packet.fill(0)
      for (const bytes of [copy('copied')?.bytes, owned('owned')?.bytes]) {
        expect(bytes?.every(byte => byte === 7)).to.equal(true)
        expect(bytes?.buffer.byteLength).to.equal(size)
      }
    }
  })

  it('keeps long values that are the whole of their buffer as they are', () => {
    const { cache, owned } = start()
    const { bytes } = content(40_000)
    cache.storeOwned('k', content(0, { bytes }), KEEP)
    expect(owned('k')?.bytes).to.equal(bytes)
  })

  it('counts exactly what it holds, keeps its limit and never serves what it should not, whatever happens to it', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'longer key')
    const operation = fc.oneof(
      fc.record({ do: fc.constantFrom('storeOwned' as const, 'storeCopy' as const), key, size: fc.nat({ max: 900 }), tag: fc.constantFrom('', 'red', 'blue') }),
      fc.record({ do: fc.constantFrom('owned' as const, 'copy' as const, 'remove' as const, 'movedTo' as const), key }),
      fc.record({ do: fc.constant('removeTagged' as const), tag: fc.constantFrom('red', 'blue') }),
      fc.record({ do: fc.constant('reassign' as const), mine: fc.subarray(['a', 'b', 'c', 'd', 'e']) }),
      fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 80 }) }),
      fc.record({ do: fc.constantFrom('forgetMoved' as const, 'clear' as const) }))
    fc.assert(fc.property(fc.array(operation, { maxLength: 60 }), fc.oneof(fc.integer({ min: 600, max: 9_000 }), fc.constant(140_000)), (operations, maxBytes) => {
      const { cache, clock, owned, copy, movedTo } = start({ maxBytes })
      interface Held { value: string, tag: string, until: number }
      // what was last stored under each key, and may be there still
      const [main, hot, moved] = [new Map<string, Held>(), new Map<string, Held>(), new Map<string, Held>()]
      let serial = 0
      for (const one of operations) {
        if (one.do === 'storeOwned' || one.do === 'storeCopy') {
          const bytes = new Uint8Array(one.size).fill(++serial % 256)
          const stored = content(0, { bytes, tags: one.tag === '' ? [] : [one.tag] })
          const isOwned = one.do === 'storeOwned'
          ;(isOwned ? main : hot).set(one.key, { value: Buffer.from(bytes).toString('hex'), tag: one.tag, until: isOwned ? Infinity : clock.now() + HOT_TTL })
          if (isOwned) {
            moved.delete(one.key)
            hot.delete(one.key)
            cache.storeOwned(one.key, stored, KEEP)
          } else {
            cache.storeCopy(one.key, stored, underLease('other'))
          }
        } else if (one.do === 'owned') {
          expect(hex(owned(one.key))).to.be.oneOf([undefined, main.get(one.key)?.value])
        } else if (one.do === 'copy') {
          const held = hot.get(one.key)
          expect(hex(copy(one.key))).to.be.oneOf([undefined, held !== undefined && clock.now() < held.until ? held.value : undefined])
        } else if (one.do === 'movedTo') {
          expect(hex(movedTo(one.key))).to.be.oneOf([undefined, moved.get(one.key)?.value])
        } else if (one.do === 'remove') {
          cache.remove(one.key)
          for (const map of [main, hot, moved]) map.delete(one.key)
        } else if (one.do === 'removeTagged') {
          cache.removeTagged(one.tag)
          for (const map of [main, hot, moved]) {
            for (const [key, { tag }] of map) if (tag === one.tag) map.delete(key)
          }
        } else if (one.do === 'reassign') {
          cache.reassign(ring(key => one.mine.includes(key) ? 'self' : 'other'))
          for (const [key, held] of main) {
            if (one.mine.includes(key)) continue
            moved.set(key, held)
            main.delete(key)
          }
          for (const key of one.mine) for (const map of [moved, hot]) map.delete(key)
        } else if (one.do === 'pass') {
          clock.jump(one.ms)
        } else {
          if (one.do === 'clear') cache.clear()
          else cache.moved.dropAll()
          moved.clear()
          if (one.do === 'clear') for (const map of [main, hot]) map.clear()
        }
        expect(cache.bytes + cache.hotBytes).to.be.at.most(maxBytes)
        if (cache.items + cache.hotItems === 0) expect(cache.bytes + cache.hotBytes).to.equal(0)
      }
    }), { numRuns: 600 })
  })

  it('counts the sum of the costs of what is in it', () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.nat({ max: 100 }), { maxKeys: 30 }), fc.array(fc.string()), (entries, removed) => {
      const { cache } = start()
      for (const key of Object.keys(entries)) cache.storeOwned(key, content(3), KEEP)
      for (const [key, size] of Object.entries(entries)) cache.storeOwned(key, content(size), KEEP)
      for (const [key, size] of Object.entries(entries)) cache.storeCopy(`hot ${key}`, content(size), underLease())
      for (const key of removed) cache.remove(key)
      const left = Object.entries(entries).filter(([key]) => !removed.includes(key))
      expect([cache.items, cache.bytes]).to.deep.equal([left.length, left.reduce((sum, [key, size]) => sum + cost(key, size), 0)])
    }))
  })

  it('holds up to its limit and then forgets what was not used for the longest time', () => {
    const { cache, owned } = start({ maxBytes: 10 * cost('k0', 10) })
    for (let i = 0; i < 10; i++) cache.storeOwned(`k${i}`, content(), KEEP)
    expect([cache.items, cache.evictions]).to.deep.equal([10, 0])
    owned('k0')
    cache.storeOwned('x1', content(), KEEP)
    expect([owned('k0') !== undefined, owned('k1'), cache.evictions]).to.deep.equal([true, undefined, 1])
  })

  it('takes room from the hot cache first, as long as that is larger than an eighth of main', () => {
    const { cache, owned } = start({ maxBytes: 20 * cost('k00', 10) })
    for (let i = 0; i < 10; i++) cache.storeCopy(`h0${i}`, content(), underLease())
    for (let i = 0; i < 10; i++) cache.storeOwned(`m0${i}`, content(), KEEP)
    expect([cache.items, cache.hotItems]).to.deep.equal([10, 10])
    for (let i = 10; i < 18; i++) cache.storeOwned(`m${i}`, content(), KEEP)
    expect([cache.items, cache.hotItems, cache.evictions]).to.deep.equal([18, 2, 8])
    // 2 of 18 is less than an eighth: now main gives way to itself
    cache.storeOwned('m18', content(), KEEP)
    expect([cache.items, cache.hotItems, owned('m00')]).to.deep.equal([18, 2, undefined])
  })

  it('does not let copies drive out what it owns', () => {
    const { cache } = start({ maxBytes: 20 * cost('k00', 10) })
    for (let i = 10; i < 30; i++) cache.storeOwned(`m${i}`, content(), KEEP)
    for (let i = 10; i < 90; i++) cache.storeCopy(`h${i}`, content(), underLease())
    expect(cache.items).to.be.at.least(17)
    expect(cache.hotItems).to.be.within(1, 3)
  })

  it('does not hold what alone is larger than it, nor what it held under that key, and keeps the rest', () => {
    const { cache, owned, copy } = start({ maxBytes: 2_000 })
    cache.storeOwned('small', content(), KEEP)
    cache.storeOwned('large', content(), KEEP)
    expect(cache.storeOwned('large', content(3_000), KEEP).bytes).to.have.length(3_000)
    expect(cache.storeCopy('large', content(3_000), underLease()).bytes).to.have.length(3_000)
    expect([owned('large'), copy('large'), cache.items, cache.hotItems]).to.deep.equal([undefined, undefined, 1, 0])
  })

  it('holds no more copies than hot.maxItems, and none without a hot cache', () => {
    const few = start({ hot: { maxItems: 3 } })
    for (let i = 0; i < 10; i++) few.cache.storeCopy(`k${i}`, content(), underLease())
    expect([few.cache.hotItems, few.cache.evictions, few.copy('k9') !== undefined, few.copy('k6')]).to.deep.equal([3, 7, true, undefined])
    const none = start({ hot: false })
    expect(none.cache.storeCopy('k', content(4), underLease()).bytes).to.have.length(4)
    expect([none.copy('k'), none.cache.hotItems, none.cache.hotBytes]).to.deep.equal([undefined, 0, 0])
  })

  it('stores nothing with keep: false, and leaves what is there', () => {
    const { cache, owned } = start()
    cache.storeOwned('there', content(7), KEEP)
    const before = cache.bytes
    for (const key of ['there', 'new']) {
      const { bytes } = content(5)
      const stored = [
        cache.storeOwned(key, content(0, { bytes }), { keep: false }),
        cache.storeCopy(key, content(0, { bytes }), { ...underLease(), keep: false }),
        cache.storeStandIn(key, content(0, { bytes }), { keep: false, lease: undefined })
      ]
      for (const entry of stored) expect(entry.bytes).to.equal(bytes)
    }
    expect([cache.items, cache.hotItems, cache.bytes, cache.hotBytes, owned('there')?.bytes.length]).to.deep.equal([1, 0, before, 0, 7])
  })

  it('drops copies and stand-ins of what it owns now', () => {
    const { cache, copy } = start()
    cache.storeCopy('k', content(), underLease())
    cache.storeStandIn('k', content(), underLease())
    cache.storeOwned('k', content(), KEEP)
    expect([copy('k'), cache.hotItems]).to.deep.equal([undefined, 0])
  })
})
