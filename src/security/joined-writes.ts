// Noise sends each message as two buffers, its length and itself, and TCP writes each by itself: two system calls
// here and, as the other end wakes up for two bytes, two reads and one exception there. Joined, they are one.

import { serviceCapabilities } from '@libp2p/interface'
import type { ConnectionEncrypter, MessageStream, SecureConnectionOptions, SecuredConnection } from '@libp2p/interface'

/** Beyond this the copy costs more than the system call. */
const MAX_JOINED_BYTES = 16 * 1024

/** An encrypter whose small messages leave in one piece. */
export class JoinedWrites implements ConnectionEncrypter {
  readonly [Symbol.toStringTag] = 'groupcache/joined-writes'
  readonly [serviceCapabilities] = ['@libp2p/connection-encryption']
  readonly protocol: string
  readonly #encrypter: ConnectionEncrypter

  constructor (encrypter: ConnectionEncrypter) {
    this.protocol = encrypter.protocol
    this.#encrypter = encrypter
  }

  secureOutbound (connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return this.#encrypter.secureOutbound(joining(connection), options)
  }

  secureInbound (connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return this.#encrypter.secureInbound(joining(connection), options)
  }
}

/** The same connection: libp2p and the encrypter both hold on to it. */
function joining (connection: MessageStream): MessageStream {
  const send = connection.send.bind(connection)
  // subarray() of a list copies its parts into one
  connection.send = data => send(data instanceof Uint8Array || data.byteLength > MAX_JOINED_BYTES ? data : data.subarray())
  return connection
}
