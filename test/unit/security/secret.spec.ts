import { expect } from 'chai'
import { InvalidParametersError } from '@libp2p/interface'
import { clusterSecurity } from '../../../src/index.js'
import { secretsOption, stretch } from '../../../src/security/secret.js'
import { rejection, thrownBy } from '../../support/thrown.js'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

describe('a secret', () => {
  it('is any well-formed string or bytes of at least eight bytes, or up to four of them', () => {
    expect(secretsOption(undefined)).to.deep.equal([])
    expect(secretsOption('12345678').map(text)).to.deep.equal(['12345678'])
    expect(secretsOption('éééé').map(text), 'bytes count, not characters').to.deep.equal(['éééé'])
    expect(secretsOption(Buffer.from('a buffer')).map(text)).to.deep.equal(['a buffer'])
    expect(secretsOption(['the new one', new Uint8Array(8)])).to.deep.equal([Buffer.from('the new one'), new Uint8Array(8)])
    expect(secretsOption(['aaaaaaaa', 'bbbbbbbb', 'cccccccc', 'dddddddd'])).to.have.length(4)
  })

  it('is copied: what the caller does to its bytes later changes nothing', () => {
    const mine = Buffer.from('my own bytes')
    const [copy] = secretsOption(mine)
    mine.fill(0)
    expect(text(copy as Uint8Array)).to.equal('my own bytes')
  })

  const refused: Array<[what: string, value: unknown, message: string]> = [
    ['an empty string', '', 'secret: expected a well-formed string or a Uint8Array of at least 8 bytes, got a string of 0 bytes'],
    ['a short string', 'hunter2', 'got a string of 7 bytes'],
    ['lone surrogates', 'hunter2hunter2\ud800', 'got a string with lone surrogates'],
    ['no bytes', new Uint8Array(0), 'got a Uint8Array of 0 bytes'],
    ['few bytes', Buffer.from('hunter2'), 'got a Uint8Array of 7 bytes'],
    ['null', null, 'got null'],
    ['a number', 123_456_789, 'got a value of type number'],
    ['an object', { secret: 'hunter2hunter2' }, 'got a value of type object'],
    ['an empty array', [], 'secret: expected 1 to 4 secrets in the array, got an array of 0'],
    ['five secrets', Array.from({ length: 5 }, () => 'hunter2hunter2'), 'got an array of 5'],
    ['an array with a short one', ['hunter2hunter2', 'hunter2'], 'secret 2 of 2: expected'],
    ['an array with a hole', ['hunter2hunter2', undefined], 'secret 2 of 2: expected'],
    ['an array of arrays', [['hunter2hunter2']], 'got an array']
  ]
  for (const [what, value, message] of refused) {
    it(`may not be ${what}, and the message shows nothing of it`, async () => {
      const err = thrownBy(() => secretsOption(value)) as Error
      expect(err).to.be.instanceOf(InvalidParametersError)
      expect(err.message).to.include(message)
      expect(err.stack).not.to.match(/hunter2|123456789|123_456_789/)
      // undefined is allowed as a whole; here it is not
      if (value !== undefined) expect((await rejection(clusterSecurity({ secret: value as string }))).message).to.equal(err.message)
    })
  }
})

describe('stretching', () => {
  // computed with Python: hashlib.scrypt and RFC 5869 by hand
  const vectors: Array<[secret: Uint8Array, cluster: string, id: string, prologue: string]> = [
    [Buffer.from('correct horse battery staple'), 'default', 'a9162bfe02f52997', 'fcfbbadb6c281941ace8c53318a4c72e3e6783336aea7904c7d4670a358f5806'],
    [Buffer.from('Ünïcode ☃ secret'), 'shop/☃', '41e2d2b26cc6d967', '78f6abb6e635e991b4142236772e29d3c6508af1fa12f34b2c20dcde74a984bd'],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 'default', 'd862a04e36d1bbf4', '574c6b605aff98aa320adaa45d786d4a01611a95e6151468ec6b0125afb03a5c']
  ]
  for (const [secret, cluster, id, prologue] of vectors) {
    it(`is what docs/protocol.md says: ${id}`, async () => {
      const key = await stretch(secret, cluster)
      expect(key.id).to.equal(id)
      expect(Buffer.from(key.prologue).toString('hex')).to.equal(prologue)
    })
  }

  it('gives another key for each cluster', async () => {
    const [a, b] = await Promise.all(['a', 'b'].map(cluster => stretch(Buffer.from('the same secret'), cluster)))
    expect(a?.id).not.to.equal(b?.id)
    expect(a?.prologue).not.to.deep.equal(b?.prologue)
  })
})
