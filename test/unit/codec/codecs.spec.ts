import { expect } from 'chai'
import * as fc from 'fast-check'
import { Packr } from 'msgpackr'
import { bytes } from '../../../src/codec/bytes.js'
import { json } from '../../../src/codec/json.js'
import { messagePack } from '../../../src/codec/message-pack.js'
import { thrownBy } from '../../support/thrown.js'

const codec = messagePack<unknown>()
const again = (value: unknown): unknown => codec.decode(codec.encode(value))

const leaf = fc.oneof(
  fc.string({ unit: 'binary' }), fc.double().filter(number => !Object.is(number, -0)), fc.integer(), fc.boolean(), fc.bigInt(), fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.constantFrom(null, undefined, NaN, Infinity), fc.date({ noInvalidDate: true }), fc.uint8Array(), fc.int32Array(), fc.float64Array())
const plain = fc.letrec(tie => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value'), { maxLength: 5 }), fc.dictionary(fc.string({ unit: 'binary' }).filter(key => key !== '__proto__'), tie('value'), { maxKeys: 5, noNullPrototype: true }))
})).value

describe('messagePack()', () => {
  it('gives plain data back as it was', () => {
    fc.assert(fc.property(plain, value => { expect(again(value)).to.deep.equal(value) }), { numRuns: 1_000 })
  })

  it('gives dates, sets, regular expressions and buffers back', () => {
    for (const value of [new Date(-1), new Date(NaN), new Set([1, 'a', [2]]), /a+/gi, Uint16Array.of(1, 500), new ArrayBuffer(3)]) {
      expect(again(value)).to.deep.equal(value)
    }
  })

  it('encodes a value the same whatever was encoded before', () => {
    const value = { a: 1, b: [{ a: 2, b: 3 }, { a: 4, b: 5 }] }
    const first = Buffer.from(codec.encode(value)).toString('hex')
    for (let i = 0; i < 100; i++) codec.encode({ a: i, b: i })
    expect(Buffer.from(codec.encode(value)).toString('hex')).to.equal(first)
    expect(Buffer.from(messagePack().encode(value)).toString('hex')).to.equal(first)
  })

  it('does not let a later encode change an earlier one', () => {
    const early = codec.encode('early')
    const hex = Buffer.from(early).toString('hex')
    for (let i = 0; i < 1_000; i++) codec.encode('x'.repeat(i))
    expect(Buffer.from(early).toString('hex')).to.equal(hex)
  })

  it('gives back bytes that do not keep, or follow, the buffer they came in', () => {
    for (const value of [Uint8Array.of(1, 2, 3), Buffer.from([1, 2, 3])]) {
      const encoded = Uint8Array.from(codec.encode({ value }))
      const decoded = codec.decode(encoded) as { value: Uint8Array }
      encoded.fill(0)
      expect([...decoded.value]).to.deep.equal([1, 2, 3])
      // a small Buffer may lie in Node's own pool, which it shares with others that come and go
      expect(decoded.value.buffer.byteLength).to.be.at.most(8_192)
    }
  })

  class User { name = 'x' }
  class CustomError extends Error { code = 5 }
  const circular: unknown[] = []
  circular.push({ circular })
  let deep: unknown = 1
  for (let i = 0; i < 600; i++) deep = [deep]
  const refused: Array<[string, unknown, RegExp]> = [
    ['a function', () => 1, /^the value is a function/],
    ['a function inside', { user: { list: [1, { save () {} }] } }, /the value\.user\.list\[1\]\.save is a function/],
    ['a symbol', { a: Symbol('s') }, /the value\.a is a symbol/],
    ['a Map', { m: new Map() }, /the value\.m is an instance of Map/],
    ['a class instance', [new User()], /the value\[0\] is an instance of User/],
    ['a boxed primitive', Object('x'), /instance of String/],
    ['a promise', Promise.resolve(1), /instance of Promise/],
    ['a member of a set', new Set([() => 1]), /a member of the value is a function/],
    ['a lone surrogate', { s: 'a\ud800' }, /the value\.s is a string with a lone surrogate/],
    ['a lone surrogate in a key', { 'a\udc00': 1 }, /the value has the property "a\\udc00"/],
    ['a cycle', circular, /nested deeper than 500 levels, or circular/],
    ['deep nesting', deep, /nested deeper/],
    ['a property under a symbol', { [Symbol('s')]: 1 }, /symbol/],
    ['an own property named __proto__', JSON.parse('{"__proto__": {"a": 1}}'), /__proto__/],
    ['an error', [new Error('x')], /the value\[0\] is an instance of Error/],
    ['an instance of a class of errors', new CustomError('x'), /CustomError/]
  ]
  for (const [what, value, message] of refused) {
    it(`refuses ${what}, and says where it is`, () => {
      const err = thrownBy(() => codec.encode(value))
      expect(err).to.be.instanceOf(TypeError)
      expect((err as TypeError).message).to.match(message)
      expect((err as TypeError).message.length).to.be.lessThan(300)
    })
  }

  it('gives back what it does not refuse, whatever it is', () => {
    const anything = fc.anything({ withBigInt: true, withBoxedValues: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, withSparseArray: false, withUnicodeString: true, key: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toJSON')) })
    fc.assert(fc.property(anything.filter(value => !hasNegativeZero(value)), value => {
      let encoded
      try {
        encoded = codec.encode(value)
      } catch (err) {
        expect(err).to.be.instanceOf(TypeError)
        return
      }
      expect(codec.decode(encoded)).to.deep.equal(value)
    }), { numRuns: 2_000 })
  })

  it('keeps nothing large after it has encoded something large, and gives out what is the whole of its buffer', () => {
    for (const length of [10, 100_000, 5_000_000, 10]) {
      const encoded = codec.encode('x'.repeat(length))
      expect(encoded.buffer.byteLength).to.equal(encoded.byteLength)
      expect(codec.decode(encoded)).to.have.length(length)
    }
  })

  it('encodes while it encodes: a property that is computed may do so', () => {
    const value = { get a () { return codec.encode({ b: 'x'.repeat(10_000) }).length }, c: 'c' }
    expect(again(value)).to.deep.equal({ a: codec.encode({ b: 'x'.repeat(10_000) }).length, c: 'c' })
  })

  it('does not follow references, which could make a value without end of a few bytes', () => {
    const withReferences = new Packr({ useRecords: false, moreTypes: true, structuredClone: true })
    const circular: unknown[] = []
    circular.push(circular)
    let wide: unknown = [1]
    for (let i = 0; i < 50; i++) wide = [wide, wide]
    for (const value of [circular, wide]) expect(() => codec.decode(withReferences.pack(value))).to.throw(Error)
  })

  it('refuses what holds more than data: errors, their constructors, and a byte that means nothing', () => {
    const text = (word: string): number[] => [0xa0 + word.length, ...Buffer.from(word)]
    const error = (name: string): number[] => [0xd4, 0x65, 0, 0x93, ...text(name), ...text('x'), 0xc0]
    for (const foreign of [error('Error'), error('Other'), error('constructor'), error('valueOf'), [0xc1]]) {
      for (const around of [[], [0x91], [0x81, ...text('a')], [0xd4, 0x73, 0, 0x91]]) {
        expect(() => codec.decode(Buffer.from([...around, ...foreign])), Buffer.from([...around, ...foreign]).toString('hex')).to.throw(TypeError, 'more than data')
      }
    }
  })

  it('throws at bytes that are none of its, or returns something: it never crashes', () => {
    const hostile = [
      Buffer.alloc(200_000, 0x91), Buffer.alloc(200_000, 0x81), Buffer.from('dd01ffffff'.repeat(1_000), 'hex'), Buffer.from('ddffffffff', 'hex'),
      // lengths of 4 GB and 2^32 items: array, map, string, bytes, extension
      Buffer.from('dfffffffff', 'hex'), Buffer.from('dbffffffff', 'hex'), Buffer.from('c6ffffffff', 'hex'), Buffer.from('c9ffffffff01', 'hex'), Buffer.alloc(0)
    ]
    const before = process.memoryUsage().rss
    for (const bytes of hostile) expect(() => codec.decode(bytes), bytes.subarray(0, 8).toString('hex')).to.throw(Error)
    expect(process.memoryUsage().rss - before).to.be.lessThan(300 * 1024 * 1024)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      const err = thrownBy(() => codec.decode(bytes))
      if (err !== undefined) expect(err).to.be.instanceOf(Error)
    }), { numRuns: 5_000 })
    expect(again('still works')).to.equal('still works')
    expect(Object.prototype).to.not.have.property('polluted')
  })
})

/** MessagePack has one zero among its integers. */
function hasNegativeZero (value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0)
  if (ArrayBuffer.isView(value)) return [...value as Float64Array].some(item => Object.is(item, -0))
  const parts: unknown[] = Object.values(value)
  if (value instanceof Set) parts.push(...value as Set<unknown>)
  return parts.some(hasNegativeZero)
}

describe('json()', () => {
  it('gives JSON values back as they were, from a view as well', () => {
    fc.assert(fc.property(fc.jsonValue(), value => {
      const encoded = json<unknown>().encode(value)
      const view = Buffer.concat([Buffer.from('junk'), encoded, Buffer.from('junk')]).subarray(4, 4 + encoded.length)
      expect(json().decode(view)).to.deep.equal(JSON.parse(JSON.stringify(value)))
    }))
    expect(Buffer.from(json().encode({ a: 'é' })).toString()).to.equal('{"a":"é"}')
  })

  it('refuses what JSON cannot say, and bytes that are no JSON', () => {
    const circular: unknown[] = []
    circular.push(circular)
    for (const value of [undefined, () => 1, Symbol('s'), 5n, circular]) expect(() => json().encode(value)).to.throw(TypeError)
    expect(() => json().decode(Buffer.from('{'))).to.throw(SyntaxError)
  })
})

describe('bytes()', () => {
  for (const kind of [Uint8Array, Buffer]) {
    it(`copies a ${kind.name} in`, () => {
      const value = kind.from([1, 2, 3])
      const encoded = bytes().encode(value)
      value[0] = 9
      expect([...encoded]).to.deep.equal([1, 2, 3])
      expect([...bytes().decode(encoded)]).to.deep.equal([1, 2, 3])
    })
  }

  it('gives out what is the whole of its buffer as it is, and a copy of what is a part of a larger one', () => {
    for (const size of [0, 3, 100_000]) {
      const whole = new Uint8Array(size)
      expect(bytes().decode(whole)).to.equal(whole)
      const around = new Uint8Array(size * 1.2 + 10).fill(7)
      for (const view of [around.subarray(0, size), around.subarray(5, size + 5), around.subarray(10, size + 10)]) {
        const decoded = bytes().decode(view)
        expect([decoded.byteLength, decoded.buffer === around.buffer]).to.deep.equal([size, false])
        expect(decoded.every(byte => byte === 7)).to.equal(true)
      }
    }
  })

  it('leaves a long one in its buffer that holds little else', () => {
    const around = new Uint8Array(1_000_000)
    expect(bytes().decode(around.subarray(10)).buffer).to.equal(around.buffer)
    expect(bytes().decode(around.subarray(101_000)).buffer).to.not.equal(around.buffer)
  })

  it('gives out short ones from shared buffers, each its own part, which cannot be given to another thread', () => {
    const codec = bytes()
    const around = new Uint8Array(2_000)
    const decoded = Array.from({ length: 100 }, (_, i) => codec.decode(around.fill(i).subarray(0, 500)))
    for (const [i, value] of decoded.entries()) expect(value.every(byte => byte === i)).to.equal(true)
    expect(new Set(decoded.map(({ buffer }) => buffer)).size).to.equal(Math.ceil(100 / 16))
    try {
      structuredClone(decoded[0], { transfer: [(decoded[0] as Uint8Array<ArrayBuffer>).buffer] })
    } catch (err) {
      // Node 20 copies it, later versions refuse
      expect((err as Error).name).to.equal('DataCloneError')
    }
    expect(decoded.map(({ byteLength }) => byteLength)).to.deep.equal(decoded.map(() => 500))
    expect(codec.decode(around.subarray(0, 1_025)).buffer.byteLength).to.equal(1_025)
  })

  it('refuses what are no bytes', () => {
    for (const value of ['text', [1, 2], new ArrayBuffer(2), Uint16Array.of(1), null, undefined]) {
      expect(() => bytes().encode(value as unknown as Uint8Array)).to.throw(TypeError, /^expected a Uint8Array, got /)
    }
  })
})
