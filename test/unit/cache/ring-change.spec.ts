import { expect } from 'chai'
import { Lease } from '../../../src/cache/lease.js'
import { LEASE, STAND_IN_TTL } from '../../../src/constants.js'
import { KEEP, content, cost, hex, ring, start, underLease } from './cache-fixture.js'

const others = (): string => 'other'
const mine = (): string => 'self'

describe('when the ring changes, a cache', () => {
  it('does not serve what it does not own any more as its own, and has it for the new owner', () => {
    const { cache, owned, copy, movedTo } = start()
    const value = hex(cache.storeOwned('k', content(7), KEEP))
    cache.storeOwned('mine', content(), KEEP)
    cache.reassign(ring(key => key === 'mine' ? 'self' : 'other'))
    expect([owned('k'), copy('k'), owned('mine') !== undefined]).to.deep.equal([undefined, undefined, true])
    expect(movedTo('mine')).to.equal(undefined)
    for (const time of ['once', 'and once more, if it did not get there']) expect(hex(movedTo('k')), time).to.equal(value)
    expect(cache.items).to.equal(2)
  })

  it('drops what it lost and regains: that may be old', () => {
    const { cache, owned, movedTo } = start()
    cache.storeOwned('k', content(), KEEP)
    cache.reassign(ring(others))
    cache.reassign(ring(mine))
    expect([owned('k'), movedTo('k'), cache.items]).to.deep.equal([undefined, undefined, 0])
    cache.storeOwned('k', content(), KEEP)
    cache.reassign(ring(mine))
    expect(owned('k')).to.not.equal(undefined)
  })

  it('serves what it loads anew although it held an older one for the new owner', () => {
    const { cache, owned, movedTo } = start()
    cache.storeOwned('k', content(1), KEEP)
    cache.reassign(ring(others))
    cache.storeOwned('k', content(2), KEEP)
    expect([owned('k')?.bytes.length, movedTo('k')]).to.deep.equal([2, undefined])
  })

  it('does not give away what was removed, or evicted and loaded anew, meanwhile', () => {
    const { cache, owned, movedTo } = start({ maxBytes: 2 * cost('k', 10) })
    cache.storeOwned('k', content(), KEEP)
    cache.reassign(ring(others))
    cache.remove('k')
    expect(movedTo('k')).to.equal(undefined)
    cache.storeOwned('k', content(), KEEP)
    cache.reassign(ring(others))
    for (const key of ['1', '2', '3']) cache.storeOwned(key, content(), KEEP)
    expect(movedTo('k')).to.equal(undefined)
    cache.storeOwned('k', content(), KEEP)
    expect(owned('k')).to.not.equal(undefined)
  })

  it('gives away only what is fresh, and holds nothing else for it', () => {
    const { cache, clock, movedTo } = start()
    cache.storeOwned('k', content(10, { ttl: 5 }), KEEP)
    cache.reassign(ring(others))
    clock.jump(5)
    expect([movedTo('k'), cache.items]).to.deep.equal([undefined, 0])
  })

  it('forgets what moved when the time for that is over, and only that', () => {
    const { cache, owned, movedTo } = start()
    cache.storeOwned('k', content(), KEEP)
    cache.storeOwned('mine', content(), KEEP)
    cache.reassign(ring(key => key === 'mine' ? 'self' : 'other'))
    cache.moved.dropAll()
    expect([movedTo('k'), cache.items, owned('mine') !== undefined]).to.deep.equal([undefined, 1, true])
  })

  it('drops copies under the lease of a member that is not the owner any more, and those of its own keys', () => {
    const owners: Record<string, string | undefined> = { stays: 'a', moves: 'b', mine: 'self', nobody: undefined }
    const { cache, copy } = start()
    for (const key of Object.keys(owners)) cache.storeCopy(key, content(), underLease('a'))
    cache.reassign(ring(key => owners[key]))
    expect(Object.keys(owners).filter(key => copy(key) !== undefined)).to.deep.equal(['stays'])
    expect(cache.hotItems).to.equal(1)
  })

  it('makes a stand-in for an owner that is dead its own where it is the heir, with all of its ttl', () => {
    for (const [keep, heir, kept] of [[{ keep: true, lease: undefined }, 'self', true], [{ keep: true, lease: undefined }, 'other', false], [underLease('a'), 'self', false]] as const) {
      const { cache, clock, owned, copy } = start()
      const value = hex(cache.storeStandIn('k', content(10, { ttl: 60_000, tags: ['t'] }), keep))
      cache.reassign(ring(() => heir))
      expect([owned('k') !== undefined, copy('k')]).to.deep.equal([kept, undefined])
      if (!kept) continue
      expect([hex(owned('k')), owned('k')?.ttl(clock.now()), owned('k')?.tags]).to.deep.equal([value, 60_000, ['t']])
    }
  })

  it('serves a stand-in for an owner that is dead for a while only, and does not inherit it after that', () => {
    const { cache, clock, copy, owned } = start()
    cache.storeStandIn('k', content(), { keep: true, lease: undefined })
    clock.jump(STAND_IN_TTL - 1)
    expect(copy('k')).to.not.equal(undefined)
    clock.jump(1)
    cache.reassign(ring(mine))
    expect([copy('k'), owned('k'), cache.items, cache.hotItems]).to.deep.equal([undefined, undefined, 0, 0])
  })

  it('drops stand-ins of keys that have another owner now or are its own', () => {
    const owners: Record<string, string> = { stays: 'a', moves: 'b', mine: 'self', 'without lease': 'a' }
    const { cache, copy } = start({ hot: false })
    for (const key of Object.keys(owners)) cache.storeStandIn(key, content(), key === 'without lease' ? { keep: true, lease: undefined } : underLease('a'))
    cache.reassign(ring(key => owners[key]))
    expect(Object.keys(owners).filter(key => copy(key) !== undefined)).to.deep.equal(['stays'])
  })
})

describe('what waits for new owners', () => {
  it('is listed without what is old, the value used last first, with what it takes', () => {
    const { cache, clock, owned } = start()
    for (const key of ['a', 'b', 'c', 'old', 'mine']) cache.storeOwned(key, content(10, key === 'old' ? { ttl: 5 } : {}), KEEP)
    owned('a')
    cache.reassign(ring(key => key === 'mine' ? 'self' : 'other'))
    clock.jump(5)
    expect([...cache.moved.list(() => clock.now())]).to.deep.equal(['a', 'c', 'b'].map(key => ({ key, bytes: cost(key, 10) })))
  })

  it('is listed without what is gone by then', () => {
    const { cache } = start()
    for (const key of ['a', 'b', 'c']) cache.storeOwned(key, content(), KEEP)
    cache.reassign(ring(others))
    const keys: string[] = []
    for (const { key } of cache.moved.list(() => 0)) {
      keys.push(key)
      cache.moved.drop('b')
    }
    expect(keys).to.deep.equal(['c', 'a'])
  })

  it('is dropped when it has got there, and nothing else is', () => {
    const { cache, owned } = start()
    cache.storeOwned('k', content(), KEEP)
    cache.storeOwned('mine', content(), KEEP)
    cache.reassign(ring(key => key === 'mine' ? 'self' : 'other'))
    cache.moved.drop('k')
    cache.moved.drop('mine')
    expect([cache.items, owned('mine') !== undefined]).to.deep.equal([1, true])
  })

  it('is served as a copy while contact with the new owner lasts that has begun in time', () => {
    const lease = new Lease('b', Infinity)
    for (const [begins, ends, at, isServed] of [[0, Infinity, 0, true], [0, Infinity, 50_000, true], [0, 40_000, 50_000, false], [LEASE / 2, Infinity, LEASE / 2, true], [LEASE / 2 + 1, Infinity, LEASE / 2 + 1, false]] as const) {
      const { cache, clock, copy, owned } = start()
      const began = clock.now()
      lease.until = Infinity
      const value = hex(cache.storeOwned('k', content(), KEEP))
      cache.reassign(ring(() => 'b', id => id === 'b' && clock.now() - began >= begins ? lease : undefined))
      for (const time of [begins, ends, at].sort((a, b) => a - b)) {
        if (time > at) break
        clock.jump(began + time - clock.now())
        if (time === ends) lease.end()
        copy('k')
      }
      expect([hex(copy('k')), owned('k')], `${begins} ${ends} ${at}`).to.deep.equal([isServed ? value : undefined, undefined])
    }
  })

  it('waits for the next one when the ring changes again, unless the last one may have removed it without a word', () => {
    for (const [hasContact, after, waits] of [[true, 60_000, true], [false, 60_000, false], [false, LEASE / 2, true]] as const) {
      const { cache, clock, movedTo } = start()
      const lease = hasContact ? new Lease('b', Infinity) : undefined
      const value = hex(cache.storeOwned('k', content(), KEEP))
      cache.reassign(ring(() => 'b', () => lease))
      cache.moved.copy('k', clock.now())
      clock.jump(after)
      cache.reassign(ring(() => 'b'))
      cache.reassign(ring(() => 'c'))
      expect(hex(movedTo('k')), `${hasContact} ${after}`).to.equal(waits ? value : undefined)
    }
  })
})
