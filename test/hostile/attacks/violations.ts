// Frames that are none, and whatever else ends a stream at once: on a new stream, and a new connection, again and again.

import { bytesOf, floodStream, MIB, rawFrame } from '../frames.js'
import type { Attack } from '../attack.js'
import { GROUP } from '../values.js'

const violation = (name: string, bytes: () => Uint8Array): Attack => ({
  name,
  mayHold: { bytes: 96 * MIB, because: 'nothing is held' },
  isLogged: /cutting off|refusing/,
  run: target => floodStream(target, bytes)
})

export const violations: Attack[] = [
  violation('an id used twice', () => bytesOf(frames => {
    frames.get(7, 'get', GROUP, 'hang')
    frames.get(9, 'get', GROUP, 'key-1')
    frames.get(7, 'get', GROUP, 'hang')
  })),
  violation('answers to nothing', () => bytesOf(frames => { frames.value(1, { bytes: new Uint8Array(10), ttl: Infinity, tags: [], mayKeep: true, isPopular: false }) })),
  violation('a length of 4 GiB', () => rawFrame(1, 1, new Uint8Array(100), 0xffffffff)),
  violation('a type that there is not', () => rawFrame(77, 1))
]
