// Frames of 64 MiB that come in parts, of which the last ones never come; on more streams than there may be.

import { MAX_FRAME_BYTES, PIECE_BYTES } from '../../../src/rpc/frames.js'
import { MIB, rawFrame, send } from '../frames.js'
import type { Attack } from '../attack.js'

/** Of each frame, as far as it comes. */
const PIECES = Math.floor(16 * MIB / PIECE_BYTES)

export const unfinishedParts: Attack = {
  name: 'PARTs never finished',
  mayHold: { bytes: 448 * MIB, because: 'MAX_PEER_STREAMS frames of the longest, and their last copies' },
  isLogged: /cutting off|refusing/,
  ms: 4_000,
  run: async target => {
    while (!target.isOver) {
      const stream = await target.open('rpc')
      for (let i = 1; i <= PIECES && !target.isOver; i++) {
        const piece = Buffer.alloc(4 + PIECE_BYTES)
        piece.writeUInt32BE(MAX_FRAME_BYTES - i * PIECE_BYTES, 0)
        if (!send(stream, rawFrame(64, 1, piece))) break
        if (stream.writeBufferLength > 4 * MIB) await target.rest(5)
      }
      await target.rest(10)
    }
  }
}
