import { expect } from 'chai'
import { bytes } from '../../../src/codec/bytes.js'
import { MAX_VALUE_BYTES } from '../../../src/constants.js'
import { CodecError, LoadError, ValueTooLargeError } from '../../../src/errors.js'
import { GroupNetwork } from '../../support/group-network.js'
import { rejection } from '../../support/thrown.js'
import type { Codec } from '../../../src/index.js'

describe('a value', () => {
  for (const value of [null, undefined, 0, '', false, [], { a: null }]) {
    it(`may be ${JSON.stringify(value) ?? 'undefined'}, and is cached like any other, here and afar`, async () => {
      const net = new GroupNetwork('b', 'a')
      const owner = net.node('b').group<unknown>({ load: () => value })
      const group = net.node('a').group<unknown>()
      for (let i = 0; i < 2; i++) {
        expect(await owner.get('k')).to.deep.equal(value)
        expect(await group.get('k')).to.deep.equal(value)
      }
      expect(owner.stats()).to.include({ loads: 1, mainHits: 1 })
      expect(group.stats()).to.include({ hotHits: 1 })
    })
  }

  it('is one frozen object for all who waited for it, and one for all who read it again and again', async () => {
    const group = new GroupNetwork('a').node('a').group<{ list: number[] }>({ load: () => ({ list: [1] }) })
    const [first, joined] = await Promise.all([group.get('k'), group.get('k')])
    expect(first).to.equal(joined)
    const later: Array<{ list: number[] } | undefined> = []
    for (let i = 0; i < 20; i++) later.push(await group.get('k'))
    expect(later.at(-1)).to.equal(later.at(-2))
    expect(later.at(-1)).to.equal(group.peek('k'))
    for (const value of [first, ...later]) expect(() => { value?.list.push(2) }).to.throw(TypeError)
  })

  it('that cannot be encoded is a CodecError that names the place', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group<unknown>({ load: () => ({ user: { save () {} } }) })
    const err = await rejection(net.node('a').group<unknown>({ loadLocallyOnLoadError: false }).get('k'))
    expect(err).to.be.instanceOf(CodecError)
    expect(err).to.include({ key: 'k', group: 'g' })
    expect(err.message).to.include('the value.user.save is a function')
  })

  it('for which a codec returns no bytes is a CodecError', async () => {
    const codec = { encode: () => 'text', decode: () => 'v' } as unknown as Codec<string>
    const err = await rejection(new GroupNetwork('a').node('a').group({ codec }).get('k'))
    expect(err).to.be.instanceOf(CodecError)
    expect(err.message).to.include('instead of a Uint8Array')
  })

  it('that cannot be decoded is a CodecError and is dropped, so the next get loads again', async () => {
    let works = false
    const codec: Codec<string> = { encode: value => Buffer.from(value), decode: bytes => { if (works) return Buffer.from(bytes).toString(); else throw new Error('garbled') } }
    const group = new GroupNetwork('a').node('a').group({ codec })
    expect(await rejection(group.get('k'))).to.be.instanceOf(CodecError)
    expect(group.stats().items).to.equal(0)
    works = true
    expect(await group.get('k')).to.equal('k from a')
    expect(group.stats().loads).to.equal(2)
  })

  it('that is too large is a ValueTooLargeError with its size, here and from afar', async () => {
    const net = new GroupNetwork('b', 'a')
    const owner = net.node('b').group<Uint8Array>({ codec: bytes(), load: () => new Uint8Array(MAX_VALUE_BYTES + 1) })
    const group = net.node('a').group<Uint8Array>({ codec: bytes(), loadLocallyOnLoadError: false })
    for (const err of [await rejection(owner.get('k')), await rejection(group.get('k'))]) {
      expect(err).to.be.instanceOf(ValueTooLargeError)
      expect(err).to.include({ key: 'k', group: 'g', bytes: MAX_VALUE_BYTES + 1 })
    }
  })

  it('that is larger than the cache is answered and not kept', async () => {
    const group = new GroupNetwork('a').node('a').group({ maxBytes: 1024, load: () => 'x'.repeat(2_000) })
    expect(await group.get('k')).to.have.length(2_000)
    expect(group.stats()).to.include({ items: 0, bytes: 0 })
  })
})

describe('a value of the default codec', () => {
  const kinds: Array<[string, () => unknown]> = [
    ['a string', () => 'ä☃😀'], ['a number', () => -1.5], ['NaN', () => NaN], ['true', () => true], ['null', () => null], ['undefined', () => undefined], ['a BigInt', () => 2n ** 70n],
    ['a Date', () => new Date(5)], ['a Set', () => new Set([1, 'a'])], ['a RegExp', () => /a+/gi], ['an ArrayBuffer', () => Uint8Array.of(1, 2).buffer],
    ['a Uint8Array', () => Uint8Array.of(1, 2)], ['an Int16Array', () => Int16Array.of(-1, 500)], ['a Float64Array', () => Float64Array.of(0.5)], ['a BigInt64Array', () => BigInt64Array.of(-5n)],
    ['an object of all that', () => ({ date: new Date(1), list: [new Set([1]), undefined, null], bytes: Uint8Array.of(3) })]
  ]
  for (const [what, make] of kinds) {
    it(`that is ${what} is the same for all, where it was loaded, from memory, from afar, and from a copy`, async () => {
      const net = new GroupNetwork('b', 'a')
      const owner = net.node('b').group<unknown>({ load: make })
      const group = net.node('a').group<unknown>()
      for (const each of [owner, group]) {
        for (let i = 0; i < 3; i++) expect(await each.get('k')).to.deep.equal(make())
        expect(each.peek('k')).to.deep.equal(make())
      }
      expect(owner.stats().loads).to.equal(1)
    })
  }

  class User { name = 'x' }
  const refused: Array<[string, () => unknown, string]> = [
    ['a Map', () => new Map(), 'the value is an instance of Map'],
    ['an Error', () => ({ list: [new Error('x')] }), 'the value.list[0] is an instance of Error'],
    ['an instance of a class', () => new User(), 'the value is an instance of User'],
    ['a function', () => () => {}, 'the value is a function'],
    ['a symbol', () => Symbol('s'), 'the value is a symbol']
  ]
  for (const [what, make, message] of refused) {
    it(`that is ${what} is refused by name, where it is loaded and where it is set`, async () => {
      const group = new GroupNetwork('a').node('a').group<unknown>({ load: make })
      for (const err of [await rejection(group.get('k')), await rejection(group.set('k', make()))]) {
        expect(err).to.be.instanceOf(CodecError)
        expect(err.message).to.include(message)
      }
      expect(group.stats()).to.include({ items: 0, loads: 1, loadErrors: 1 })
    })
  }

  it('that cannot be frozen is a new one for each reader: what one does to it, no other sees', async () => {
    const group = new GroupNetwork('a').node('a').group<{ tags: Set<string> }>({ load: () => ({ tags: new Set(['a']) }) })
    for (let i = 0; i < 5; i++) {
      const value = await group.get('k')
      expect([...value.tags]).to.deep.equal(['a'])
      value.tags.add('mine')
    }
  })

  it('that the loader goes on changing stays as it was when it was loaded', async () => {
    const value = { list: [1] }
    const group = new GroupNetwork('a').node('a').group<{ list: number[] }>({ load: () => value })
    await group.get('k')
    value.list.push(2)
    expect(await group.get('k')).to.deep.equal({ list: [1] })
  })
})

describe('a codec', () => {
  it('is asked to encode once for all, and to decode no more often than values are read', async () => {
    const calls = { encode: 0, decode: 0 }
    const codec: Codec<string> = {
      encode: value => { calls.encode++; return Buffer.from(value) },
      decode: encoded => { calls.decode++; return Buffer.from(encoded).toString() }
    }
    const net = new GroupNetwork('b', 'a')
    net.node('b').group({ codec })
    const group = net.node('a').group({ codec })
    expect(new Set(await Promise.all(Array.from({ length: 50 }, () => group.get('k'))))).to.deep.equal(new Set(['k from b']))
    expect(calls).to.deep.equal({ encode: 1, decode: 1 })
    for (let i = 0; i < 50; i++) await group.get('k')
    expect(calls.encode).to.equal(1)
    expect(calls.decode).to.be.at.most(5)
  })

  it('may hand out a buffer that it uses again, and decode what it is handed at once: nothing is mixed up', async () => {
    const shared = new Uint8Array(16)
    const codec: Codec<number> = { encode: value => { shared[0] = value; return shared.subarray(0, 1) }, decode: encoded => encoded[0] ?? NaN }
    const group = new GroupNetwork('a').node('a').group<number>({ codec, load: key => Number(key) })
    await group.getMany(['1', '2', '3'])
    expect(await group.getMany(['1', '2', '3'])).to.deep.equal([1, 2, 3])
  })
})

describe('maxValueBytes', () => {
  const options = { codec: bytes(), maxValueBytes: 100, load: (key: string) => new Uint8Array(Number(key)) }

  it('is the largest encoded value that a load may bring, to the byte; the error tells size and limit, here and from afar', async () => {
    const net = new GroupNetwork('b', 'a')
    const owner = net.node('b').group<Uint8Array>(options)
    const group = net.node('a').group<Uint8Array>({ ...options, loadLocallyOnLoadError: false })
    expect(await owner.get('100')).to.have.length(100)
    for (const err of [await rejection(owner.get('101')), await rejection(group.get('101'))]) {
      expect(err).to.be.instanceOf(ValueTooLargeError)
      expect(err).to.include({ group: 'g', key: '101', bytes: 101, limit: 100 })
      expect(err.message).to.equal('the value of "101" of group "g" has 101 bytes, the limit is 100')
    }
    expect(owner.stats()).to.include({ items: 1, loadErrors: 2 })
  })

  it('is the largest that may be set', async () => {
    const group = new GroupNetwork('a').node('a').group<Uint8Array>(options)
    await group.set('k', new Uint8Array(100))
    expect(await rejection(group.set('k', new Uint8Array(101)))).to.be.instanceOf(ValueTooLargeError)
    expect(group.peek('k')).to.have.length(100)
  })

  it('is no LoadError, but one like it: where the owner fails so, it is tried here', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group<Uint8Array>(options)
    expect(await net.node('a').group<Uint8Array>({ ...options, maxValueBytes: 200 }).get('150')).to.have.length(150)
    expect(await rejection(net.node('a').group<Uint8Array>(options).get('150'))).to.be.instanceOf(ValueTooLargeError).and.not.instanceOf(LoadError)
  })
})
