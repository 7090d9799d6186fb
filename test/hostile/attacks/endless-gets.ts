// Valid GETs without end, one behind the other, whether or not the answers have come.

import { MIB, bytesOf, floodStream } from '../frames.js'
import type { Attack } from '../attack.js'
import { GROUP } from '../values.js'

const BATCH = 16

export const endlessGets: Attack = {
  name: 'endless GETs',
  mayHold: { bytes: 192 * MIB, because: 'MAX_OUTBOX_BYTES, and as much of the heap' },
  run: target => floodStream(target, round => bytesOf(frames => {
    for (let i = 0; i < BATCH; i++) frames.get((round * BATCH + i) >>> 0, 'get', GROUP, `key-${i}`)
  }))
}
