import { peerIdFromString } from '@libp2p/peer-id'
import { expect } from 'chai'
import { HandshakeRefusedError, NameTakenError } from '../../src/errors.js'
import { Warnings } from '../../src/warnings.js'

describe('the warnings', () => {
  let said: Array<{ code: string, message: string }>
  let warnings: Warnings

  beforeEach(() => {
    said = []
    warnings = new Warnings((message, { code }) => { said.push({ code, message }) })
  })

  for (const address of ['/ip4/0.0.0.0/tcp/0', '/ip4/10.0.0.7/tcp/4001', '/ip6/::/tcp/0', '/dns4/web-1.internal/tcp/4001']) {
    it(`of an open door are said for ${address}, once`, () => {
      warnings.openDoor(['/ip4/127.0.0.1/tcp/0', address])
      warnings.openDoor([address])
      expect(said.map(({ code }) => code)).to.deep.equal(['GROUPCACHE_NO_SECRET'])
      expect(said[0]?.message).to.include(`reach ${address} can join`).and.include('secret')
    })
  }

  it('of an open door are not said where only this machine gets in, or nobody', () => {
    for (const listen of [[], ['/ip4/127.0.0.1/tcp/4001', '/ip4/127.1.2.3/tcp/0', '/ip6/::1/tcp/0', '/dns4/localhost/tcp/0'], ['/unix/%2Ftmp%2Fsocket']]) warnings.openDoor(listen)
    expect(said).to.deep.equal([])
  })

  it('of a name that is taken are said once, with what to do', () => {
    const err = new NameTakenError({ name: 'web', peerId: peerIdFromString('12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg') })
    warnings.takenName(err)
    warnings.takenName(err)
    expect(said.map(({ code }) => code)).to.deep.equal(['GROUPCACHE_NAME_TAKEN'])
    expect(said[0]?.message).to.include('"web"').and.include('owns no keys')
  })

  it('of a refused attempt are said once, also when it is one of several failures; other failures are not', () => {
    warnings.refusal(new Error('no answer'))
    warnings.refusal(new AggregateError([new Error('no answer')]))
    warnings.refusal(undefined)
    expect(said).to.deep.equal([])
    warnings.refusal(new AggregateError([new Error('no answer'), new HandshakeRefusedError('/ip4/10.0.0.7/tcp/4001', 'check this')]))
    warnings.refusal(new HandshakeRefusedError('/ip4/10.0.0.8/tcp/4001', 'check that'))
    expect(said).to.deep.equal([{ code: 'GROUPCACHE_HANDSHAKE_REFUSED', message: 'cannot reach /ip4/10.0.0.7/tcp/4001: check this' }])
  })
})
