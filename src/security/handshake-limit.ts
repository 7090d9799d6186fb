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

/** @returns to be called when the handshake is over */
export function limitHandshake (connection: MultiaddrConnection): { end: () => void } {
  const receiver = connection as Partial<Receiver>
  const { onData } = receiver
  if (typeof onData !== 'function') return { end: () => {} }
  let bytes = 0
  receiver.onData = data => {
    bytes += data.byteLength
    if (bytes > MAX_HANDSHAKE_BYTES) connection.abort(new ProtocolViolationError(`more than ${MAX_HANDSHAKE_BYTES} bytes in a handshake`))
    else onData.call(receiver, data)
  }
  return { end: () => { receiver.onData = onData } }
}
