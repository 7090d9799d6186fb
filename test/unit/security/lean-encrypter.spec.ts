import { multiaddrConnectionPair } from '@libp2p/utils'
import { expect } from 'chai'
import { Uint8ArrayList } from 'uint8arraylist'
import { LeanEncrypter } from '../../../src/security/lean-encrypter.js'
import type { MessageStream, SecuredConnection } from '@libp2p/interface'

const bytes = (length: number, from: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (from + i) % 256)

/** What reaches the connection when an encrypter sends `data` on it. */
async function sent (data: Uint8Array | Uint8ArrayList, side: 'secureOutbound' | 'secureInbound'): Promise<Uint8Array | Uint8ArrayList> {
  const [connection] = multiaddrConnectionPair()
  const arrived: Array<Uint8Array | Uint8ArrayList> = []
  connection.send = message => arrived.push(message) > 0
  const secure = async (given: MessageStream): Promise<SecuredConnection> => {
    expect(given).to.equal(connection)
    given.send(data)
    return { connection: given } as SecuredConnection
  }
  const joined = new LeanEncrypter({ protocol: '/test', secureInbound: secure, secureOutbound: secure })
  expect(joined.protocol).to.equal('/test')
  expect((await joined[side](connection)).connection).to.equal(connection)
  expect(arrived).to.have.length(1)
  return arrived[0] as Uint8Array | Uint8ArrayList
}

describe('messages of an encrypter', () => {
  for (const side of ['secureOutbound', 'secureInbound'] as const) {
    it(`leave in one piece, however long one may be (${side})`, async () => {
      for (const length of [0, 1, 100, 65_535]) {
        const message = new Uint8ArrayList(bytes(2, 7), bytes(length, 9))
        expect(await sent(message, side)).to.deep.equal(Uint8Array.of(...bytes(2, 7), ...bytes(length, 9)))
      }
    })
  }

  it('are not copied when they are several, or in one piece already', async () => {
    const large = new Uint8ArrayList(bytes(2, 0), bytes(65_536, 0))
    const whole = bytes(10, 0)
    expect(await sent(large, 'secureOutbound')).to.equal(large)
    expect(await sent(whole, 'secureOutbound')).to.equal(whole)
  })
})
