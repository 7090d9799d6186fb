import { expect } from 'chai'
import { refusalReason } from '../../../src/rpc/refusal-reason.js'

function error (name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}

const REFUSED = error('EncryptionFailedError', 'Protocol selection failed - could not negotiate /noise')
const GONE = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

describe('the reason of a refusal', () => {
  it('is the secret or the cluster when no encryption is in common, or its handshake fails', () => {
    for (const err of [REFUSED, error('EncryptionFailedError', 'handshake stage 1 validation fail: Invalid chacha20poly1305 decryption')]) {
      expect(refusalReason(err)).to.include('`secret` and `cluster`')
    }
  })

  it('is the allow list when this node denies the peer', () => {
    for (const name of ['DialDeniedError', 'ConnectionInterceptedError']) expect(refusalReason(error(name, 'x'))).to.include('`allow`')
  })

  it('is found among the failures at several addresses', () => {
    expect(refusalReason(new AggregateError([GONE, REFUSED]))).to.include('`secret`')
  })

  it('is not read into other failures', () => {
    const others = [
      GONE, new AggregateError([]), new AggregateError([GONE, GONE]), undefined, 'Protocol selection failed',
      error('UnsupportedProtocolError', REFUSED.message),
      error('EncryptionFailedError', 'read ECONNRESET'),
      error('EncryptionFailedError', 'Payload identity key does not match expected remote identity key')
    ]
    for (const err of others) expect(refusalReason(err), String(err)).to.equal(undefined)
  })
})
