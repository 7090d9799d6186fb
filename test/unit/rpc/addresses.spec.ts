import { expect } from 'chai'
import fc from 'fast-check'
import { toString } from 'uint8arrays/to-string'
import { isPeerIdText, parsePeerId } from '../../../src/rpc/addresses.js'

const ED25519 = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20]
const text = (bytes: readonly number[], base: 'base58btc' | 'base32' = 'base58btc'): string => toString(Uint8Array.from(bytes), base)
/** How one is told from another way of writing it by libp2p's own means. */
const isCanonical = (id: string): boolean => parsePeerId(id)?.toString() === id
const key = fc.array(fc.nat(255), { minLength: 32, maxLength: 32 })

describe('the text of a peer id', () => {
  it('is that of any Ed25519 key', () => {
    fc.assert(fc.property(key, bytes => {
      const id = text([...ED25519, ...bytes])
      expect([isPeerIdText(id), isCanonical(id)]).to.deep.equal([true, true])
    }))
  })

  it('is that of the hash of another key', () => {
    const id = 'QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC'
    expect([isPeerIdText(id), isCanonical(id)]).to.deep.equal([true, true])
  })

  it('is none of the other texts for it, nor anything near it', () => {
    fc.assert(fc.property(key, fc.nat(5), fc.nat(255), (bytes, at, byte) => {
      const id = text([...ED25519, ...bytes])
      const others = [
        `b${text([0x01, 0x72, ...ED25519, ...bytes], 'base32')}`,
        id.slice(0, -1), `${id}1`, `1${id}`, id.replace(/.$/, '0'), id.replace(/.{20}$/, '\ufffd$&').slice(0, id.length), `${id.slice(0, 30)}\ufffd${id.slice(31)}`, `${id} `, id.toLowerCase(),
        text([...ED25519.map((each, i) => i === at ? byte : each), ...bytes]),
        // the same number written in more bytes than it needs
        text([0x80, 0x00, ...ED25519.slice(1), ...bytes]), text([0x00, 0xa4, 0x00, ...ED25519.slice(2), ...bytes])
      ]
      for (const other of others) expect(isPeerIdText(other), other).to.equal(isCanonical(other))
      expect(isPeerIdText(others[0] as string)).to.equal(false)
    }))
    for (const other of ['', '12D3KooW', '12D3KooW'.padEnd(52, '!'), 'x']) expect(isPeerIdText(other), other).to.equal(false)
  })
})
