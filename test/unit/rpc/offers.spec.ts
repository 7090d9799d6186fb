import { expect } from 'chai'
import fc from 'fast-check'
import { MAX_OFFER_KEYS } from '../../../src/constants.js'
import { ProtocolViolationError } from '../../../src/errors.js'
import { decodeOffer, decodeTaken, encodeOffer } from '../../../src/rpc/offer-exchange.js'

const text = fc.string({ unit: 'binary' }).filter(each => each.isWellFormed())

describe('an offer of keys on the wire', () => {
  it('arrives as it was', () => {
    fc.assert(fc.property(text.filter(group => Buffer.byteLength(group) <= 255), fc.array(text, { maxLength: MAX_OFFER_KEYS }), (group, keys) => {
      expect(decodeOffer(encodeOffer({ group, keys }))).to.deep.equal({ group, keys })
    }))
  })

  it('is refused when it is cut off, too long, of too many keys or no UTF-8, and nothing else happens', () => {
    const good = encodeOffer({ group: 'g', keys: ['a', 'ü'] })
    for (let end = 0; end < good.length; end++) expect(() => decodeOffer(good.subarray(0, end))).to.throw(ProtocolViolationError)
    expect(() => decodeOffer(Buffer.concat([good, Buffer.of(0)]))).to.throw(ProtocolViolationError)
    expect(() => decodeOffer(encodeOffer({ group: 'g', keys: Array<string>(MAX_OFFER_KEYS + 1).fill('k') }))).to.throw(ProtocolViolationError, `more than ${MAX_OFFER_KEYS}`)
    expect(() => decodeOffer(Buffer.of(1, 0xff, 0, 0))).to.throw(ProtocolViolationError)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      try {
        decodeOffer(bytes)
      } catch (err) {
        expect(err).to.be.instanceOf(ProtocolViolationError)
      }
    }))
  })

  it('is answered for each key, or that there is no such group', () => {
    expect(decodeTaken(Uint8Array.of(1, 1, 0), 2)).to.deep.equal([true, false])
    expect(decodeTaken(Uint8Array.of(0), 2)).to.equal(undefined)
    for (const wrong of [[], [1], [1, 1], [1, 1, 1, 1], [2, 1, 1], [0, 0, 0]]) expect(() => decodeTaken(Uint8Array.from(wrong), 2), wrong.join()).to.throw(ProtocolViolationError, 'expected an answer of 1 + 2 bytes')
  })
})
