// Bounds what somebody may send who has not proved who it is: the choice of the encryption is read message by message, each is
// answered, and libp2p has no limit for how many there may be.
//
// There is no option for that. So this replaces a method of one connection object, as the socket calls it; where there is
// none, another transport for example, nothing is touched.

import { MAX_HANDSHAKE_BYTES } from '../constants.js'
import { ProtocolViolationError } from '../errors.js'
import type { MultiaddrConnection } from '@libp2p/interface'

/** What is relied on of `@libp2p/utils` 7, beside the public interface. */
interface Receiver { onData: (data: Uint8Array) => void }

export interface HandshakeLimit {
  /** To be called when the handshake is over. */
  end: () => void
  /** Whether nothing was sent at all, as by who only looks whether the port is open. */
  readonly isSilent: boolean
}

export function limitHandshake (connection: MultiaddrConnection): HandshakeLimit {
  const receiver = connection as Partial<Receiver>
  const { onData } = receiver
  // what is not counted may have been anything
  if (typeof onData !== 'function') return { end: () => {}, isSilent: false }
  let bytes = 0
  receiver.onData = data => {
    bytes += data.byteLength
    if (bytes > MAX_HANDSHAKE_BYTES) connection.abort(new ProtocolViolationError(`more than ${MAX_HANDSHAKE_BYTES} bytes in a handshake`))
    else onData.call(receiver, data)
  }
  return {
    end: () => { receiver.onData = onData },
    get isSilent () { return bytes === 0 }
  }
}
