import { expect } from 'chai'
import { TagIndex } from '../../../src/cache/tag-index.js'
import { KEEP, content, cost, ring, start, underLease } from './cache-fixture.js'

const tagged = (...tags: string[]): ReturnType<typeof content> => content(10, { tags })

describe('removal by tag', () => {
  it('reaches what is owned, copied, loaded in place of another and moved, and nothing else', () => {
    const { cache, owned, copy, movedTo } = start()
    cache.storeOwned('moved', tagged('red'), KEEP)
    cache.storeOwned('moved too', tagged('blue'), KEEP)
    cache.reassign(ring(() => 'other'))
    cache.storeOwned('owned', tagged('red', 'blue'), KEEP)
    cache.storeOwned('untagged', content(), KEEP)
    cache.storeCopy('copy', tagged('red'), underLease())
    cache.storeStandIn('stand-in', tagged('blue', 'red'), underLease())
    cache.storeCopy('other', tagged('blue'), underLease())
    cache.removeTagged('red')
    expect([owned('owned'), copy('copy'), copy('stand-in'), movedTo('moved')]).to.deep.equal([undefined, undefined, undefined, undefined])
    expect([owned('untagged'), copy('other'), movedTo('moved too')]).to.not.include(undefined)
    cache.removeTagged('never used')
    expect([cache.items, cache.hotItems]).to.deep.equal([2, 1])
  })

  it('knows the tags of the present value, not of the one before', () => {
    const { cache, owned } = start()
    cache.storeOwned('k', tagged('old', 'both'), KEEP)
    cache.storeOwned('k', tagged('both', 'new'), KEEP)
    cache.removeTagged('old')
    expect(owned('k')?.tags).to.deep.equal(['both', 'new'])
    cache.removeTagged('both')
    expect([owned('k'), cache.items, cache.bytes]).to.deep.equal([undefined, 0, 0])
  })

  it('spares a value without tags that was stored under a key whose tagged one was evicted, removed, taken or cleared', () => {
    const ways: Array<(fixture: ReturnType<typeof start>) => void> = [
      ({ cache }) => { for (let i = 0; i < 10; i++) cache.storeOwned(`x${i}`, content(), KEEP) },
      ({ cache }) => { cache.remove('k') },
      ({ cache, movedTo }) => {
        cache.reassign(ring(() => 'other'))
        movedTo('k')
      },
      ({ cache }) => { cache.clear() }
    ]
    for (const forget of ways) {
      const fixture = start({ maxBytes: 5 * cost('x1', 10) })
      fixture.cache.storeOwned('k', tagged('red'), KEEP)
      forget(fixture)
      fixture.cache.storeOwned('k', content(), KEEP)
      fixture.cache.removeTagged('red')
      expect(fixture.owned('k')).to.not.equal(undefined)
    }
  })

  it('spares a value that was too large to be stored', () => {
    const { cache, owned } = start({ maxBytes: 3_000 })
    cache.storeOwned('k', content(5_000, { tags: ['red'] }), KEEP)
    cache.storeOwned('k', content(), KEEP)
    cache.removeTagged('red')
    expect(owned('k')).to.not.equal(undefined)
  })

  it('is counted: a tag in the cost of its entry', () => {
    const { cache } = start()
    cache.storeOwned('k', content(), KEEP)
    const plain = cache.bytes
    cache.storeOwned('k', tagged('a', 'bc'), KEEP)
    expect(cache.bytes - plain).to.be.within(400, 3_000)
    cache.storeOwned('k', content(), KEEP)
    expect(cache.bytes).to.equal(plain)
  })
})

describe('a tag index', () => {
  it('holds no tag without keys, whatever was added and deleted', () => {
    const index = new TagIndex()
    index.add('a', ['x', 'y', 'x'])
    index.add('b', ['x'])
    expect([index.keysOf('x'), index.keysOf('y'), index.keysOf('z'), index.size]).to.deep.equal([['a', 'b'], ['a'], [], 2])
    index.delete('a', ['x', 'y', 'x'])
    index.delete('a', ['x', 'z'])
    expect([index.keysOf('x'), index.size]).to.deep.equal([['b'], 1])
    index.delete('b', ['x'])
    expect(index.size).to.equal(0)
  })
})
