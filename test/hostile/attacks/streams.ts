// Streams opened without end, and none closed.

import { MIB } from '../frames.js'
import type { Attack } from '../attack.js'

const streamFlood = (name: string, protocol: 'rpc' | 'members' | 'hand-over'): Attack => ({
  name,
  mayHold: { bytes: 96 * MIB, because: 'a bounded number of streams' },
  isLogged: /cutting off|refusing/,
  ms: 3_000,
  run: async target => {
    while (!target.isOver) {
      await target.open(protocol)
      await target.rest(1)
    }
  }
})

export const streamFloods: Attack[] = [
  streamFlood('request streams without end', 'rpc'),
  streamFlood('streams for tables without end', 'members'),
  streamFlood('streams for offers without end', 'hand-over')
]
