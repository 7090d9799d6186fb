// Noise that only ends well between two holders of one secret. Multistream agrees on the secret, by its public
// id; the prologue proves that both have it.

import { serviceCapabilities } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import type { SecretKey } from './secret.js'
import type { ConnectionEncrypter, MessageStream, SecureConnectionOptions, SecuredConnection } from '@libp2p/interface'
import type { NoiseComponents } from '@libp2p/noise'

export class KeyedNoise implements ConnectionEncrypter {
  readonly [Symbol.toStringTag] = 'groupcache/noise'
  readonly [serviceCapabilities] = ['@libp2p/connection-encryption']
  readonly protocol: string
  // private at run time, too: it holds the prologue, and util.inspect shows all that is not
  readonly #noise: ConnectionEncrypter

  constructor (components: NoiseComponents, { id, prologue }: SecretKey) {
    this.protocol = `/groupcache/noise/1.0.0/${id}`
    this.#noise = noise({ prologueBytes: prologue })(components)
  }

  secureOutbound (connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return this.#noise.secureOutbound(connection, options)
  }

  secureInbound (connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return this.#noise.secureInbound(connection, options)
  }
}
