import { expect } from 'chai'
import { Entry } from '../../../src/cache/entry.js'
import { bytes } from '../../../src/codec/bytes.js'
import { messagePack } from '../../../src/codec/message-pack.js'
import { KEEP, content, cost, hex, start, underLease } from './cache-fixture.js'
import type { Codec } from '../../../src/interface/group.js'

/** A codec that counts its decodes. */
function counted (): { codec: Codec<unknown>, decodes: () => number } {
  const codec = messagePack<unknown>()
  let decodes = 0
  return { codec: { ...codec, decode: encoded => { decodes++; return codec.decode(encoded) } }, decodes: () => decodes }
}

const encoded = (value: unknown): ReturnType<typeof content> => content(0, { bytes: messagePack().encode(value) })

describe('an entry', () => {
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

  it('throws what the codec throws, each time', () => {
    const entry = new Entry<unknown>(Uint8Array.of(0x92, 1))
    for (let i = 0; i < 2; i++) expect(() => entry.value(messagePack())).to.throw(Error)
    expect(entry.isDecoded).to.equal(false)
  })

  it('counts key, value and bookkeeping', () => {
    expect(cost('', 0)).to.be.within(300, 700)
    expect(cost('k'.repeat(132), 0) - cost('k'.repeat(32), 0)).to.be.within(100, 120)
    expect(cost('日本', 0) - cost('ab', 0)).to.be.within(100, 300)
    expect(cost('', 1_024) - cost('', 32)).to.equal(1_024 - 32)
  })

  describe('of a store', () => {
    it('shares its decoded value among the many who read it, and not for the few', () => {
      const { codec, decodes } = counted()
      const { cache, owned } = start({ codec })
      cache.storeOwned('k', encoded({ a: 1 }), KEEP)
      const values = Array.from({ length: 20 }, () => cache.decode('k', owned('k') as Entry<unknown>))
      expect(values[10]).to.equal(values[19])
      expect([decodes() <= 4, values.every(value => Object.isFrozen(value))]).to.deep.equal([true, true])
    })

    it('is counted with its decoded value from when that is kept, until it goes', () => {
      const { cache, owned } = start()
      cache.storeOwned('other', content(), KEEP)
      const other = cache.bytes
      cache.storeOwned('k', encoded('x'.repeat(5_000)), KEEP)
      const before = cache.bytes
      for (let i = 0; i < 10; i++) cache.decode('k', owned('k') as Entry<unknown>)
      expect(cache.bytes - before).to.be.within(5_000, 16_000)
      expect(cache.bytes).to.equal(other + (owned('k') as Entry<unknown>).cost('k'))
      cache.remove('k')
      expect(cache.bytes).to.equal(other)
    })

    it('makes room for a decoded value, if need be by its own end', () => {
      const { cache, owned } = start({ maxBytes: 10_000 })
      for (let i = 0; i < 5; i++) cache.storeOwned(`x${i}`, content(), KEEP)
      cache.storeOwned('k', encoded('x'.repeat(3_000)), KEEP)
      for (let i = 0; i < 10; i++) {
        const entry = owned('k')
        if (entry === undefined) break
        expect(cache.decode('k', entry)).to.equal('x'.repeat(3_000))
        expect(cache.bytes).to.be.at.most(10_000)
      }
      expect(cache.evictions).to.be.at.least(1)
    })

    it('is not counted when another one has its place', () => {
      const { cache, owned } = start()
      const old = cache.storeOwned('k', encoded('x'.repeat(5_000)), KEEP)
      for (let i = 0; i < 5; i++) owned('k')
      const oldKept = owned('k') as Entry<unknown>
      cache.storeOwned('k', content(), KEEP)
      const before = cache.bytes
      for (const entry of [old, oldKept]) expect(cache.decode('k', entry)).to.equal('x'.repeat(5_000))
      expect(cache.bytes).to.equal(before)
    })

    it('that is held keeps its bytes and its value after it was evicted, removed or replaced, however often it was read', () => {
      for (const reads of [0, 1, 2, 3, 10]) {
        for (const size of [3, 1_000, 20_000]) {
          const { cache, owned, copy } = start({ maxBytes: 400_000 })
          const value = 'v'.repeat(size)
          const stored = [cache.storeOwned('mine', encoded(value), KEEP), cache.storeCopy('copy', encoded(value), underLease())]
          for (let i = 1; i < reads; i++) [owned('mine'), copy('copy')]
          const read = reads === 0 ? [] : [owned('mine')?.hold(), copy('copy')?.hold()]
          cache.remove('mine')
          cache.remove('copy')
          // others take its place, and would write over its memory
          for (let i = 0; i < 600; i++) cache.storeOwned(`x${i}`, content(size), KEEP)
          for (const entry of [...stored, ...read]) {
            expect(hex(entry), `${reads} reads of ${size}`).to.equal(Buffer.from(messagePack().encode(value)).toString('hex'))
            expect(entry === undefined ? undefined : cache.decode('mine', entry)).to.equal(value)
          }
        }
      }
    })

    it('that is not held never gives out what lies in its place later', () => {
      for (const reads of [1, 2, 3, 10]) {
        const { cache, owned } = start({ maxBytes: 400_000 })
        cache.storeOwned('mine', encoded('mine'), KEEP)
        for (let i = 1; i < reads; i++) owned('mine')
        const read = owned('mine') as Entry<unknown>
        cache.remove('mine')
        cache.storeOwned('other', encoded('other'), KEEP)
        // from the third time on it is shared, and held when it goes
        if (reads < 3) expect(() => read.view).to.throw('not held')
        else expect(cache.decode('mine', read)).to.equal('mine')
      }
    })

    it('does not let readers of bytes follow what its memory is used for next', () => {
      const { cache, owned } = start({ codec: bytes() })
      for (const size of [10, 1_000, 20_000]) {
        cache.storeOwned('k', content(size), KEEP)
        const values = Array.from({ length: 10 }, () => cache.decode('k', owned('k') as Entry<unknown>))
        cache.remove('k')
        for (let i = 0; i < 20; i++) cache.storeOwned(`x${i}`, { ...content(), bytes: new Uint8Array(size).fill(255) }, KEEP)
        for (const value of values) expect(value).to.deep.equal(content(size).bytes)
      }
    })
  })
})
