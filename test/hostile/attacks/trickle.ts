// A frame that never ends, a byte at a time; on a thousand streams where it is let.

import { MIB, rawFrame, send } from '../frames.js'
import type { Attack } from '../attack.js'

export const trickle: Attack = {
  name: 'a byte at a time',
  mayHold: { bytes: 96 * MIB, because: '64 KiB for each stream that there may be' },
  run: async target => {
    while (!target.isOver) {
      const stream = await target.open('rpc')
      const frame = rawFrame(1, 1, new Uint8Array(60_000))
      for (let at = 0; at < frame.length && send(stream, frame.subarray(at, at + 1)); at++) await target.rest(250)
    }
  }
}
