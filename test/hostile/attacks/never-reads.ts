// Asks for large values and never reads what comes.

import { MIB, bytesOf, send } from '../frames.js'
import { GROUP } from '../values.js'
import type { Attack } from '../attack.js'

export const neverReads: Attack = {
  name: 'large values never read',
  mayHold: { bytes: 576 * MIB, because: 'MAX_LONG_BYTES of values that wait, and MAX_OUTBOX_BYTES' },
  isLogged: /cutting off.*has read nothing/,
  ms: 14_000,
  run: async target => {
    let n = 0
    while (!target.isOver) {
      const stream = await target.open('rpc')
      stream.pause()
      while (send(stream, bytesOf(frames => { frames.get(n, 'get', GROUP, `large-${n++ % 64}`) })) && !target.isOver) await target.rest(20)
    }
  }
}
