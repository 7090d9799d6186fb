// What a side door keeps for a key, and what is no such thing: any member may have stored it.

import { expect } from 'chai'
import { EnvelopeError, decodeEnvelope, encodeEnvelope, envelopeTimes } from '../../../src/side-door/envelope.js'
import type { Envelope } from '../../../src/side-door/envelope.js'

const GOOD: Envelope = { status: 200, storedAt: 1, fresh: Infinity, staleWhileRevalidate: 2, staleIfError: 0, headers: { etag: '"a"' }, body: Buffer.from('body') }
const withOther = (other: Partial<Envelope>): Uint8Array => encodeEnvelope({ ...GOOD, ...other })

describe('an answer as a side door keeps it', () => {
  it('comes out as it went in', () => {
    expect(decodeEnvelope(encodeEnvelope(GOOD))).to.deep.equal(GOOD)
    expect(envelopeTimes(encodeEnvelope(GOOD))).to.deep.equal({ fresh: Infinity, staleWhileRevalidate: 2, staleIfError: 0 })
    expect(decodeEnvelope(withOther({ status: 204, body: Buffer.alloc(0) })).status).to.equal(204)
  })

  it('is refused as what it is, and in no other way, where no response could be made of it', () => {
    const good = Buffer.from(encodeEnvelope(GOOD))
    const badJson = Buffer.from(good)
    badJson[39] = 0x7d
    const rows: Array<[string, Uint8Array]> = [
      ['is no answer', Buffer.alloc(0)], ['is no answer', Buffer.concat([Buffer.of(2), good.subarray(1)])], ['ends too soon', good.subarray(0, 45)], ['are no JSON', badJson],
      ...[0, 101, 199, 600, 65_535].map(status => [`got ${status}`, withOther({ status })] as [string, Uint8Array]),
      ...[204, 205, 304].map(status => [`status ${status} with a body of 4 bytes`, withOther({ status })] as [string, Uint8Array]),
      ['kept for NaN', withOther({ fresh: NaN })], ['kept for -1', withOther({ staleIfError: -1 })], ['stored at NaN', withOther({ storedAt: NaN })], ['stored at Infinity', withOther({ storedAt: Infinity })]
    ]
    for (const [message, bytes] of rows) expect(() => decodeEnvelope(bytes), message).to.throw(EnvelopeError, message)
  })

  it('passes on no header that it does not know, nor one that could not be sent', () => {
    const headers = { etag: 'a\nb', 'content-type': 'text/plain', 'x-other': 'y', __proto__: { location: '/' } }
    expect(decodeEnvelope(withOther({ headers })).headers).to.deep.equal({ 'content-type': 'text/plain' })
  })
})
