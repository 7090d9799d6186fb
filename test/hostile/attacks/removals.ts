// Removals without end: each has to be told to all members. Of one key, of all, and of as many of the longest keys as a frame takes.

import { MAX_KEY_BYTES } from '../../../src/constants.js'
import { writeForget, writeRemove } from '../../../src/rpc/removal-frames.js'
import { MIB, bytesOf, floodStream } from '../frames.js'
import { GROUP } from '../values.js'
import type { Attack } from '../attack.js'
import type { FrameWriter } from '../../../src/rpc/frame-writer.js'

const LONGEST = Array.from({ length: 1_000 }, (_, i) => `${i}-`.padEnd(MAX_KEY_BYTES, 'x'))
const newTicket = (): number => Math.floor(Math.random() * 2 ** 53)

/** The others' turns keep most of these from coming so fast that they are an offence, and what may be passed on for others is none. */
const removalFlood = (name: string, bytes: number, batch: number, write: (frames: FrameWriter, id: number) => void, { restMs = 1, ...more }: { restMs?: number } & Pick<Attack, 'isLogged' | 'isCutOff'> = {}): Attack => ({
  name,
  mayHold: { bytes, because: 'MAX_TICKETS, MAX_LOGGED_BYTES, and a frame of the longest' },
  ...more,
  ms: 5_000,
  run: target => floodStream(target, round => bytesOf(frames => {
    for (let i = 0; i < batch; i++) write(frames, (round * batch + i) >>> 0)
  }), restMs)
})

let round = 0

export const removalFloods: Attack[] = [
  removalFlood('removals without end', 192 * MIB, 256, (frames, id) => { writeRemove(frames, id, newTicket(), { kind: 'keys', group: GROUP, keys: [`none-${id}`] }, 'owner') }),
  removalFlood('news of removals without end', 192 * MIB, 256, (frames, id) => { writeForget(frames, id, newTicket(), { kind: 'keys', group: GROUP, keys: [`none-${id}`] }) }),
  removalFlood('a storm of CLEARs', 192 * MIB, 64, (frames, id) => { writeRemove(frames, id, newTicket(), { kind: 'all', group: 'another' }, 'forwarded') }, { isLogged: /cutting off|refusing/ }),
  removalFlood('removals of the longest keys', 448 * MIB, 1, (frames, id) => {
    writeForget(frames, id, newTicket(), { kind: 'keys', group: GROUP, keys: LONGEST.map(key => `${round}${key}`.slice(0, MAX_KEY_BYTES)) })
    round++
    // it goes on writing what it has begun, and so learns late that nobody reads it
  }, { restMs: 20, isLogged: /cutting off|refusing/, isCutOff: false })
]
