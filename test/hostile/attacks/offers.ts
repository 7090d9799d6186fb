// Offers of values without end, none of which it then gives.

import * as lp from 'it-length-prefixed'
import { encodeOffer } from '../../../src/rpc/offer-exchange.js'
import { MIB, send } from '../frames.js'
import { GROUP } from '../values.js'
import type { Attack } from '../attack.js'

const KEYS = 255
const KEY_BYTES = 2_000

export const offers: Attack = {
  name: 'offers without end, and nothing given',
  mayHold: { bytes: 192 * MIB, because: 'MAX_WAITING_OFFER_BYTES for each of MAX_OFFER_STREAMS' },
  ms: 4_000,
  run: async target => {
    let n = 0
    while (!target.isOver) {
      const stream = await target.open('hand-over')
      stream.addEventListener('message', () => { /* read, and forgotten */ })
      for (;;) {
        const keys = Array.from({ length: KEYS }, () => `offer-${n++}-`.padEnd(KEY_BYTES, 'x'))
        if (target.isOver || !send(stream, lp.encode.single(encodeOffer({ group: GROUP, keys })).subarray())) break
        do await target.rest(1)
        while (!target.isOver && stream.status === 'open' && stream.writeBufferLength > 32 * MIB)
      }
    }
  }
}
