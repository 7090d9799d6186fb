import { expect } from 'chai'
import { bytes } from '../../../src/codec/bytes.js'
import { MAX_VALUE_BYTES } from '../../../src/constants.js'
import { CodecError, ValueTooLargeError } from '../../../src/errors.js'
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

  it('is one frozen object for all readers', async () => {
    const group = new GroupNetwork('a').node('a').group<{ list: number[] }>({ load: () => ({ list: [1] }) })
    const [first, second] = [await group.get('k'), await group.get('k')]
    expect(first).to.equal(second)
    expect(() => { first.list.push(2) }).to.throw(TypeError)
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
