// Requests that stay open: of keys whose load never ends, with short keys and with the longest. While others ask, their turns keep
// them from coming so fast that it is an offence.

import { MAX_KEY_BYTES } from '../../../src/constants.js'
import { MIB, bytesOf, floodStream } from '../frames.js'
import { GROUP } from '../values.js'
import type { Attack } from '../attack.js'

const openRequests = (name: string, count: number, keyOf: (n: number) => string, bytes: number): Attack => ({
  name,
  mayHold: { bytes, because: 'MAX_SERVED_REQUESTS loads, MAX_SERVED_BYTES of keys' },
  ms: 5_000,
  run: target => floodStream(target, round => bytesOf(frames => {
    for (let i = 0; i < count; i++) frames.get((round * count + i) >>> 0, 'get', GROUP, keyOf(round * count + i))
  }))
})

export const openRequestFloods: Attack[] = [
  openRequests('a million open requests', 1_024, n => `hang-${n}`, 192 * MIB),
  openRequests('open requests of the longest keys', 64, n => `hang-${n}-`.padEnd(MAX_KEY_BYTES, 'x'), 384 * MIB)
]
