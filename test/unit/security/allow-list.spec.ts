import { expect } from 'chai'
import { InvalidParametersError } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { allowOption } from '../../../src/security/allow-list.js'
import { thrownBy } from '../../support/thrown.js'

const A = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'
const B = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'

describe('the allow list', () => {
  it('is of peer ids, as text or as libp2p has them; an empty one lets nobody in', () => {
    expect(allowOption(undefined)).to.equal(undefined)
    expect([...allowOption([A, peerIdFromString(B)]) ?? []]).to.deep.equal([A, B])
    expect(allowOption([])?.size).to.equal(0)
  })

  it('knows an id that is spelled as a CID', () => {
    expect([...allowOption([peerIdFromString(A).toCID().toString()]) ?? []]).to.deep.equal([A])
  })

  for (const [value, message] of [
    [A, `allow: expected an array of peer ids, got "${A}"`],
    [null, 'allow: expected an array of peer ids, got null'],
    [['web-1'], 'allow: expected peer ids such as 12D3KooW…, got "web-1"'],
    [[A, ''], 'got ""'],
    [[`/ip4/10.0.0.7/tcp/4001/p2p/${A}`], 'allow: expected peer ids'],
    [[5], 'got 5'],
    [[null], 'got null'],
    [[undefined], 'got undefined'],
    [[{}], 'got [object Object]']
  ] as const) {
    it(`may not be ${JSON.stringify(value)}`, () => {
      const err = thrownBy(() => allowOption(value)) as Error
      expect(err).to.be.instanceOf(InvalidParametersError)
      expect(err.message).to.include(message)
    })
  }
})
