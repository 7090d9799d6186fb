import { expect } from 'chai'
import { freeze } from '../../../src/codec/freeze.js'

describe('freeze()', () => {
  it('freezes all that a value holds', () => {
    const value = { a: [{ b: [1] }], c: { d: 'e' } }
    expect(freeze(value)).to.be.greaterThan(100)
    for (const part of [value, value.a, value.a[0], value.a[0]?.b, value.c]) expect(Object.isFrozen(part)).to.equal(true)
  })

  it('says when a value, or some part of it, cannot be frozen', () => {
    for (const part of [new Date(), new Set(), new Map(), new ArrayBuffer(1), /x/g]) {
      expect([freeze(part), freeze([1, { part }, 2]), Object.isFrozen(part)]).to.deep.equal([undefined, undefined, false])
    }
  })

  it('measures: letters of one or two bytes, numbers that are small integers or not, names, typed arrays', () => {
    expect([freeze('x'.repeat(100)), freeze('é'.repeat(100)), freeze('ж'.repeat(100))]).to.deep.equal([124, 124, 224])
    expect([freeze(null), freeze(undefined), freeze(true), freeze(-5), freeze(0.5), freeze(2 ** 31)]).to.deep.equal([0, 0, 0, 0, 16, 16])
    expect(freeze([1, 2, 'abcd'])).to.equal(56 + 3 * 8 + 28)
    expect(freeze({ one: 1, two: 2 })).to.equal(56 + 2 * 8 + 6)
    expect([freeze(new Uint8Array(1_000)), freeze(10n ** 100n)].every(size => (size ?? 0) > 50)).to.equal(true)
  })

  it('comes to an end where a part is in itself or in many places, and counts it once', () => {
    const circular: unknown[] = []
    circular.push(circular, { circular })
    expect(freeze(circular)).to.be.within(100, 200)
    let wide: unknown = ['end']
    for (let i = 0; i < 100; i++) wide = [wide, wide]
    expect(freeze(wide)).to.be.lessThan(10_000)
  })
})
