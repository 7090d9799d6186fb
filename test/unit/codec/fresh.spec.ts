// What is cached is exactly the value, in memory that nobody writes to, and is copied for that no more often than it has to be.

import { expect } from 'chai'
import { bytes } from '../../../src/codec/bytes.js'
import { fresh, isFresh } from '../../../src/codec/fresh.js'
import { messagePack } from '../../../src/codec/message-pack.js'
import { Encoder } from '../../../src/group/encoder.js'
import { groupSettings } from '../../../src/group/settings.js'
import type { Codec } from '../../../src/index.js'

describe('what a codec encodes', () => {
  it('is not copied once more where the codec is one of ours and it has memory of its own', () => {
    for (const [codec, value] of [[bytes(), new Uint8Array(10_000)], [messagePack(), 'x'.repeat(10_000)]] as Array<[Codec<unknown>, unknown]>) {
      expect(isFresh(codec, codec.encode(value))).to.equal(true)
      const cached = new Encoder('g', { codec, maxValueBytes: 1e9 }).encode('k', value)
      expect(cached).to.deep.equal(codec.encode(value))
      expect(cached.byteLength).to.equal(cached.buffer.byteLength)
    }
    // and so it is in a group
    for (const codec of [undefined, bytes(), messagePack()] as Array<Codec<Uint8Array> | undefined>) {
      const settings = groupSettings<Uint8Array>({ load: () => new Uint8Array(1), codec })
      expect(isFresh(settings.codec, settings.codec.encode(new Uint8Array(10_000)))).to.equal(true)
    }
    const own = new Uint8Array(8)
    expect(new Encoder('g', { codec: fresh({ encode: () => own, decode: () => '' }), maxValueBytes: 8 }).encode('k', '')).to.equal(own)
  })

  it('is the caller\'s no more: what is written to it later is not cached', () => {
    const value = new Uint8Array([1, 2, 3])
    const cached = new Encoder('g', { codec: bytes(), maxValueBytes: 10 }).encode('k', value)
    value.fill(9)
    expect([...cached]).to.deep.equal([1, 2, 3])
  })

  it('is copied where it is a view, or where the codec is somebody else\'s, also one made of ours', () => {
    const one = new Uint8Array([1, 2, 3])
    const reusing: Codec<string> = { encode: () => one, decode: () => '' }
    const wrapping: Codec<Uint8Array> = { ...bytes(), encode: () => one }
    const assigned = bytes()
    assigned.encode = () => one
    for (const each of [reusing, wrapping, assigned] as Array<Codec<unknown>>) {
      const { codec } = groupSettings({ load: () => 'v', codec: each })
      const cached = new Encoder('g', { codec, maxValueBytes: 10 }).encode('k', 'v')
      one[0] = 7
      expect(cached[0]).to.equal(1)
      one[0] = 1
    }
    const { codec } = groupSettings<string>({ load: () => 'v', codec: fresh({ encode: () => one.subarray(0, 2), decode: () => '' }) })
    const cached = new Encoder('g', { codec, maxValueBytes: 10 }).encode('k', 'v')
    expect([cached.byteLength, cached.buffer.byteLength]).to.deep.equal([2, 2])
    expect(isFresh(bytes(), new Uint8Array(new ArrayBuffer(8), 0, 4))).to.equal(false)
  })
})
