// An encrypter as it is, at less cost for many small messages: what is sent leaves in one write, and what is received is
// taken apart by a decoder of our own.
//
// Noise sends each message as two buffers, its length and itself, and TCP writes each by itself: two system calls here
// and, as the other end wakes up for two bytes, two reads there. Joined, they are one.

import { serviceCapabilities } from '@libp2p/interface'
import { decodeQuietly } from './noise-messages.js'
import type { ConnectionEncrypter, MessageStream, SecureConnectionOptions, SecuredConnection } from '@libp2p/interface'

/** Any one message of Noise's. What is more is several, of which large buffers are better left where they are. */
const MAX_JOINED_BYTES = 2 + 65_535

export class LeanEncrypter implements ConnectionEncrypter {
  readonly [Symbol.toStringTag] = 'groupcache/lean-encrypter'
  readonly [serviceCapabilities] = ['@libp2p/connection-encryption']
  readonly protocol: string
  readonly #encrypter: ConnectionEncrypter

  constructor (encrypter: ConnectionEncrypter) {
    this.protocol = encrypter.protocol
    this.#encrypter = encrypter
  }

  async secureOutbound (connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return quiet(await this.#encrypter.secureOutbound(joining(connection), options))
  }

  async secureInbound (connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return quiet(await this.#encrypter.secureInbound(joining(connection), options))
  }
}

/** The same connection: libp2p and the encrypter both hold on to it. */
function joining (connection: MessageStream): MessageStream {
  const send = connection.send.bind(connection)
  // subarray() of a list copies its parts into one
  connection.send = data => send(data instanceof Uint8Array || data.byteLength > MAX_JOINED_BYTES ? data : data.subarray())
  return connection
}

function quiet (secured: SecuredConnection): SecuredConnection {
  decodeQuietly(secured.connection)
  return secured
}
