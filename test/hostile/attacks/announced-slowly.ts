// A frame of the multiplexer that announces 4 GiB, and is fed: the window of the stream is checked, but when it is whole.

import { MIB } from '../frames.js'
import type { Attack } from '../attack.js'

const CHUNK = 256 * 1024

export const announcedSlowly: Attack = {
  name: '4 GiB announced to the multiplexer, and fed',
  mayHold: { bytes: 128 * MIB, because: 'STREAM_BYTES, and what is on its way' },
  isLogged: /cutting off|refusing/,
  isCutOff: true,
  run: async target => {
    while (!target.isOver) {
      const stream = await target.open('rpc')
      const { sendFrame, streamId } = stream as unknown as { sendFrame: (header: object, data?: Uint8Array) => boolean, streamId: number }
      // type 0 is data; what follows the header is as long as this end likes
      const isOpen = (): boolean => !target.isOver && stream.status === 'open'
      let length = 0xffffffff
      while (isOpen()) {
        const connection = (await target.connect()) as unknown as { muxer: { maConn: { send: (bytes: Uint8Array) => boolean, writeBufferLength: number } } }
        const { maConn } = connection.muxer
        if (length > 0) sendFrame({ type: 0, flag: 0, streamID: streamId, length }, new Uint8Array(CHUNK))
        else maConn.send(new Uint8Array(CHUNK))
        length = 0
        do await target.rest(1)
        while (isOpen() && maConn.writeBufferLength > 4 * MIB)
      }
    }
  }
}
