import { expect } from 'chai'
import { Arena } from '../../../src/cache/arena.js'
import { EntryStore } from '../../../src/cache/entry-store.js'
import { Entry } from '../../../src/cache/entry.js'
import { Readers } from '../../../src/cache/readers.js'
import { bytes } from '../../../src/codec/bytes.js'

const MAX = 16_384

describe('the entries that are read most', () => {
  it('are found until as many others came after them as there is room for, and some while longer', () => {
    const readers = new Readers<{ i: number }>()
    for (let i = 0; i < 3 * MAX; i++) readers.add(`k${i}`, { i })
    const isThere = (i: number): boolean => readers.get(`k${i}`)?.i === i
    expect([isThere(3 * MAX - 1), isThere(2 * MAX), isThere(MAX), isThere(MAX - 1), isThere(0)]).to.deep.equal([true, true, true, false, false])
  })

  it('are gone when they are deleted, wherever they were', () => {
    const readers = new Readers<object>()
    for (let i = 0; i < MAX + 1; i++) readers.add(`k${i}`, {})
    for (const key of ['k0', `k${MAX}`]) {
      readers.delete(key)
      expect(readers.get(key)).to.equal(undefined)
    }
  })
})

describe('a store whose entries are read often', () => {
  const text = (entry: Entry<Uint8Array> | undefined): string | undefined => entry === undefined ? undefined : Buffer.from(entry.value(bytes())).toString()
  function filled (count: number): EntryStore<Uint8Array> {
    const store = new EntryStore<Uint8Array>({ arena: new Arena(1 << 20), onEvict: () => {} })
    for (let i = 0; i < count; i++) store.set(`k${i}`, new Entry(Buffer.from(`v${i}`)))
    return store
  }
  const read = (store: EntryStore<Uint8Array>, key: string, times = 5): void => { for (let i = 0; i < times; i++) store.get(key) }

  it('knows which was not read for the longest time', () => {
    const store = filled(4)
    for (const key of ['k0', 'k1', 'k2', 'k3']) read(store, key)
    for (const key of ['k1', 'k0', 'k3']) read(store, key, 1)
    const gone: Array<string | undefined> = []
    for (let i = 0; i < 4; i++) {
      const before = store.keys()
      store.evictOldest()
      gone.push(before.find(key => !store.has(key)))
    }
    expect(gone).to.deep.equal(['k2', 'k1', 'k0', 'k3'])
  })

  it('gives out nothing that was deleted, taken or replaced, and what was read before stays what it was', () => {
    const store = filled(3)
    for (const key of ['k0', 'k1', 'k2']) read(store, key)
    const before = store.get('k0')
    store.delete('k0')
    store.take('k1')
    store.set('k2', new Entry(Buffer.from('new')))
    for (let i = 0; i < 100; i++) store.set(`other${i}`, new Entry(Buffer.from('xx')))
    expect(['k0', 'k1', 'k2'].map(key => text(store.get(key)))).to.deep.equal([undefined, undefined, 'new'])
    expect(text(before)).to.equal('v0')
  })

  it('counts no more for an entry than it gives back: lists of small lists take many times what they take encoded', () => {
    const store = filled(1)
    read(store, 'k0')
    const entry = store.get('k0') as Entry<Uint8Array>
    entry.cost = () => 2 ** 31 + 7
    expect(store.recount('k0', entry)).to.equal(true)
    expect(store.bytes).to.be.greaterThan(2 ** 30)
    store.delete('k0')
    expect(store.bytes).to.equal(0)
  })
})
