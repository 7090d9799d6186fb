import { expect } from 'chai'
import { DEMAND_HALF_LIFE, Demand, POPULAR_FROM } from '../../../src/cache/demand.js'
import { KEEP, content, start } from './cache-fixture.js'
import type { Entry } from '../../../src/cache/entry.js'

describe('demand', () => {
  it('is a count of which half is left after each half-life', () => {
    const demand = new Demand()
    demand.asked(0)
    demand.asked(0)
    expect(demand.count).to.equal(2)
    demand.asked(DEMAND_HALF_LIFE)
    expect(demand.count).to.equal(2)
    demand.asked(3 * DEMAND_HALF_LIFE)
    expect(demand.count).to.equal(1.5)
  })

  it('makes popular what is asked for again soon, and not what is asked for once, or seldom', () => {
    const soon = new Demand()
    expect([soon.asked(5), soon.asked(10)]).to.deep.equal([false, true])
    const seldom = new Demand()
    for (let i = 0; i < 100; i++) expect(seldom.asked(i * 2 * DEMAND_HALF_LIFE)).to.equal(false)
    const steady = new Demand()
    const interval = DEMAND_HALF_LIFE / 2
    const popular = Array.from({ length: 20 }, (_, i) => steady.asked(i * interval))
    expect([popular[0], popular.at(-1)]).to.deep.equal([false, true])
    expect(POPULAR_FROM).to.be.within(1, 2)
  })

  it('is of the key: of all entries that stand for the stored one, and of the value that replaces it', () => {
    const { cache, owned } = start()
    const stored = cache.storeOwned('k', content(), KEEP)
    expect([stored.asked(0), owned('k')?.asked(0)]).to.deep.equal([false, true])
    for (let i = 0; i < 5; i++) owned('k')
    expect([owned('k')?.demand?.count, stored.demand?.count]).to.deep.equal([2, 2])
    const anew = cache.storeOwned('k', content(5), KEEP)
    expect([anew.demand?.count, owned('k')?.asked(1)]).to.deep.equal([2, true])
    cache.storeOwned('other', content(), KEEP)
    expect(owned('other')?.asked(1)).to.equal(false)
  })

  it('ends with the key, and goes on apart for an entry that was removed', () => {
    const { cache, owned } = start()
    const old = cache.storeOwned('k', content(), KEEP)
    for (let i = 0; i < 5; i++) owned('k')?.asked(0)
    const kept = owned('k') as Entry<unknown>
    cache.remove('k')
    cache.storeOwned('k', content(), KEEP)
    expect([old.asked(0), kept.asked(0), owned('k')?.demand?.count]).to.deep.equal([false, true, 0])
  })

  it('is counted for an entry that was never stored', () => {
    const { cache } = start()
    const entry = cache.storeOwned('k', content(), { keep: false })
    expect([entry.asked(0), entry.asked(0)]).to.deep.equal([false, true])
  })
})
