// Targets that break what has to hold, one each: whatever the fuzzer is there to find, it has to find in these.

import { FieldReader } from '../../src/rpc/field-reader.js'
import { framesTarget } from './targets/frames.js'
import { allocatedBy } from './memory.js'
import { VIOLATION, must, tried } from './target.js'
import type { Random } from './random.js'
import type { Target, Verdict } from './target.js'

const bytes = { weight: 1, what: 'a broken one', generate: (random: Random): Uint8Array => random.bytes(random.int(40)) }
const broken = (name: string, run: (input: Uint8Array) => Verdict | Promise<Verdict>): Target<Uint8Array> => ({ ...bytes, name, run })

const kept: Uint8Array[] = []

/** By what they do. */
export const BROKEN = {
  /** Reads past the end where a length says so, and Node finds it out. */
  rangeError: broken('range-error', input => {
    const frame = Buffer.from(input)
    return tried(VIOLATION, () => frame.length > 3 && (frame[0] as number) > 200 ? frame.readUInt32BE(frame[1] as number) : new FieldReader(frame, 0).u8()) === undefined ? 'refused' : 'accepted'
  }),
  uncaughtInTimer: broken('uncaught', input => {
    if (input[0] === 7) setImmediate(() => { throw new TypeError('in a timer') })
    return 'accepted'
  }),
  unhandledRejection: broken('unhandled', input => {
    if (input[0] === 7) void Promise.reject(new TypeError('nobody handles it'))
    return 'accepted'
  }),
  /** Takes so many milliseconds for some. */
  slow: broken('slow', input => {
    const until = performance.now() + (input[0] === 7 ? 40 : 0)
    while (performance.now() < until);
    return 'accepted'
  }),
  neverSettles: broken('never', input => input[0] === 7 ? new Promise(() => {}) : Promise.resolve('accepted')),
  hangs: broken('hangs', input => {
    while (input[0] === 7);
    return 'accepted'
  }),
  leaks: broken('leaks', input => {
    kept.push(new Uint8Array(10_000).fill(input.length))
    return 'accepted'
  }),
  /** Believes a length before the bytes have come. */
  greedy: broken('greedy', input => {
    const { bytes } = allocatedBy(() => { if (input.length > 4) Buffer.allocUnsafe(Buffer.from(input).readUInt32BE(0) % 2 ** 28) })
    must(bytes <= 4 * input.length + 512, `${bytes} bytes were set aside for ${input.length}`)
    return 'accepted'
  })
}

/** What leaks is let go. */
export function letGo (): void {
  kept.length = 0
}

/** A reader of frames that loses the end of a piece when it is one byte: other bytes than came are read. */
export const losesBytes: Target<Uint8Array[]> = {
  ...framesTarget('loses-bytes', 'a broken reader', 1, random => [random.bytes(30)]),
  run (pieces) {
    const read = (list: readonly Uint8Array[]): string => Buffer.concat(list.filter(piece => piece.length !== 1)).toString('hex')
    must(read(pieces) === read([Buffer.concat(pieces)]), 'cut up it is another one')
    return 'accepted'
  }
}
