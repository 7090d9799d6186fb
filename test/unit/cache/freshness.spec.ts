import { expect } from 'chai'
import { STAND_IN_TTL } from '../../../src/constants.js'
import { Lease } from '../../../src/cache/lease.js'
import { HOT_TTL, KEEP, content, ring, start, underLease } from './cache-fixture.js'

describe('freshness', () => {
  it('of what is owned ends with its ttl, to the millisecond; without one, never', () => {
    const { cache, clock, owned } = start()
    cache.storeOwned('k', content(10, { ttl: 50 }), KEEP)
    cache.storeOwned('for ever', content(), KEEP)
    clock.jump(49)
    expect([owned('k')?.ttl(clock.now()), owned('for ever')?.ttl(clock.now())]).to.deep.equal([1, Infinity])
    clock.jump(1)
    expect([owned('k'), cache.items]).to.deep.equal([undefined, 1])
    clock.jump(1e12)
    expect(owned('for ever')).to.not.equal(undefined)
  })

  it('starts anew with each value', () => {
    const { cache, clock, owned, copy } = start()
    const store = (): void => {
      cache.storeOwned('mine', content(10, { ttl: HOT_TTL }), KEEP)
      cache.storeCopy('k', content(), underLease())
    }
    store()
    clock.jump(60)
    store()
    clock.jump(60)
    expect([owned('mine'), copy('k')]).to.not.include(undefined)
  })

  it('of 0 or less is none: nothing is stored, and an older value of the key is gone', () => {
    const { cache, owned, copy } = start()
    cache.storeOwned('k', content(), KEEP)
    for (const ttl of [0, -5]) {
      cache.storeOwned('k', content(10, { ttl }), KEEP)
      cache.storeCopy('c', content(10, { ttl }), underLease())
      cache.storeStandIn('c', content(10, { ttl }), underLease())
    }
    expect([owned('k'), copy('c'), cache.items, cache.hotItems]).to.deep.equal([undefined, undefined, 0, 0])
  })

  it('is over with the ttl also for an entry that is held elsewhere, and its rest is never below 0', () => {
    const { cache, clock } = start()
    const entry = cache.storeOwned('k', content(10, { ttl: 50 }), KEEP)
    expect([entry.isFresh(49), entry.isFresh(50), entry.ttl(49), entry.ttl(500), clock.now()]).to.deep.equal([true, false, 1, 0, 0])
  })

  describe('of what is old', () => {
    function old (): ReturnType<typeof start> & { stale: (key: string) => unknown, fallback: (key: string) => unknown } {
      const fixture = start({ staleWhileRevalidate: 100, staleIfError: 200 })
      const { cache, clock } = fixture
      cache.storeOwned('k', content(10, { ttl: 50 }), KEEP)
      return { ...fixture, stale: key => cache.stale(key, clock.now()), fallback: key => cache.fallback(key, clock.now()) }
    }

    it('allows it while it is renewed, and longer when that fails; then it is dropped', () => {
      const { cache, clock, owned, stale, fallback } = old()
      const found = (): unknown[] => [owned('k'), stale('k'), fallback('k')].map(entry => entry !== undefined)
      expect(found()).to.deep.equal([true, false, false])
      clock.jump(50)
      expect(found()).to.deep.equal([false, true, true])
      clock.jump(99)
      expect(found()).to.deep.equal([false, true, true])
      clock.jump(1)
      expect(found()).to.deep.equal([false, false, true])
      clock.jump(99)
      expect(found()).to.deep.equal([false, false, true])
      expect(cache.items).to.equal(1)
      clock.jump(1)
      expect(found()).to.deep.equal([false, false, false])
      expect(cache.items).to.equal(0)
    })

    it('does not allow it where it has no such time', () => {
      const { cache, clock } = start()
      cache.storeOwned('k', content(10, { ttl: 50 }), KEEP)
      clock.jump(50)
      expect([cache.stale('k', 50), cache.fallback('k', 50)]).to.deep.equal([undefined, undefined])
    })

    it('does not allow it for what moved, nor is that given away', () => {
      const { cache, clock, stale, fallback, movedTo } = old()
      clock.jump(60)
      cache.reassign(ring(() => 'other'))
      expect([stale('k'), fallback('k'), movedTo('k'), cache.items]).to.deep.equal([undefined, undefined, undefined, 0])
    })

    it('keeps a value with a ttl of 0 for these times', () => {
      const { cache, stale, owned } = old()
      cache.storeOwned('k', content(3, { ttl: 0 }), KEEP)
      expect([owned('k'), (stale('k') as { bytes: Uint8Array }).bytes.length]).to.deep.equal([undefined, 3])
    })
  })

  describe('of a copy', () => {
    it('ends with the hot cache\'s time or its own ttl, whichever is first; then it is not held', () => {
      const { cache, clock, copy } = start()
      cache.storeCopy('short', content(10, { ttl: 30 }), underLease())
      cache.storeCopy('long', content(10, { ttl: 1e6 }), underLease())
      clock.jump(29)
      expect(copy('short')).to.not.equal(undefined)
      clock.jump(1)
      expect([copy('short'), copy('long') !== undefined, cache.hotItems]).to.deep.equal([undefined, true, 1])
      clock.jump(HOT_TTL - 31)
      expect(copy('long')).to.not.equal(undefined)
      clock.jump(1)
      expect([copy('long'), cache.hotItems, cache.hotBytes]).to.deep.equal([undefined, 0, 0])
    })

    it('ends with its lease, and goes on as long as that does', () => {
      const { cache, clock, copy } = start()
      const lease = new Lease('owner', 40)
      cache.storeCopy('k', content(), { keep: true, lease })
      clock.jump(39)
      lease.until = 60
      clock.jump(20)
      expect(copy('k')).to.not.equal(undefined)
      const entry = copy('k')
      lease.end()
      expect([copy('k'), entry?.isFresh(clock.now()), cache.hotItems]).to.deep.equal([undefined, false, 0])
    })

    it('needs a lease that is running, and makes that needed until it ends', () => {
      const { cache, clock, copy } = start()
      clock.jump(1_000)
      const [ended, running] = [new Lease('owner', 1_000), new Lease('owner', 1_001)]
      for (const lease of [undefined, ended]) cache.storeCopy('k', content(), { keep: true, lease })
      expect([copy('k'), cache.hotItems, ended.neededUntil]).to.deep.equal([undefined, 0, 0])
      cache.storeCopy('k', content(), { keep: true, lease: running })
      expect([copy('k') !== undefined, running.neededUntil]).to.deep.equal([true, 1_000 + HOT_TTL])
      cache.storeCopy('short', content(10, { ttl: 5 }), { keep: true, lease: running })
      expect(running.neededUntil).to.equal(1_000 + HOT_TTL)
      const unneeded = new Lease('owner', Infinity)
      cache.storeCopy('k', content(), { keep: false, lease: unneeded })
      expect(unneeded.neededUntil).to.equal(0)
    })
  })

  it('of a stand-in is short, with or without a lease, also where there is no hot cache', () => {
    for (const lease of [undefined, new Lease('owner', Infinity)]) {
      const { cache, clock, copy } = start({ hot: false })
      cache.storeStandIn('k', content(), { keep: true, lease })
      cache.storeStandIn('short', content(10, { ttl: 7 }), { keep: true, lease })
      clock.jump(7)
      expect([copy('k') !== undefined, copy('short')]).to.deep.equal([true, undefined])
      clock.jump(STAND_IN_TTL - 8)
      expect(copy('k')).to.not.equal(undefined)
      clock.jump(1)
      expect([copy('k'), cache.hotItems]).to.deep.equal([undefined, 0])
    }
    const { cache, copy } = start()
    cache.storeStandIn('k', content(), { keep: true, lease: new Lease('owner', 0) })
    expect(copy('k')).to.equal(undefined)
  })
})
