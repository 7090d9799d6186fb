// Pings of the multiplexer, each of which is answered, by one that reads nothing from its socket.

import { MIB } from '../frames.js'
import type { Attack } from '../attack.js'

const PINGS = 4_096

export const muxerPings: Attack = {
  name: 'pings of the multiplexer, unread',
  mayHold: { bytes: 96 * MIB, because: 'a hundred answers' },
  isLogged: /cutting off|refusing/,
  run: async target => {
    const ping = Buffer.alloc(12)
    ping.writeUInt8(2, 1)
    ping.writeUInt16BE(1, 2)
    const pings = Buffer.concat(Array.from({ length: PINGS }, () => ping))
    while (!target.isOver) {
      const connection = await target.connect()
      const raw = connection as unknown as { muxer: { maConn: { send: (bytes: Uint8Array) => boolean, writeBufferLength: number } }, maConn: { pause: () => void } }
      raw.maConn.pause()
      while (!target.isOver && connection.status === 'open') {
        try {
          if (raw.muxer.maConn.writeBufferLength < 4 * MIB) raw.muxer.maConn.send(pings)
        } catch {
          target.wasCutOff()
          break
        }
        await target.rest(1)
      }
      connection.abort(new Error('another one'))
      await target.rest(10)
    }
  }
}
