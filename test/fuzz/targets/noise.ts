// What a Noise connection receives, taken apart: the messages are the same wherever it is cut.

import { Uint8ArrayList } from 'uint8arraylist'
import { NoiseMessages } from '../../../src/security/noise-messages.js'
import { cut, hostile } from '../mutate.js'
import { must } from '../target.js'
import type { Random } from '../random.js'
import type { Target } from '../target.js'

export const noise: Target<{ pieces: Uint8Array[], listed: boolean }> = {
  name: 'noise',
  what: 'messages of Noise, cut anywhere',
  weight: 12,
  generate: random => ({ pieces: cut(hostile(random, () => messages(random)), random), listed: random.chance(0.3) }),
  run ({ pieces, listed }) {
    const bytes = Buffer.concat(pieces)
    const expected = parse(bytes)
    const decoder = new NoiseMessages()
    const seen = pieces.flatMap(piece => decoder.decode(listed ? new Uint8ArrayList(piece.subarray(0, piece.length >> 1), piece.subarray(piece.length >> 1)) : piece)).map(message => Buffer.from(message))
    must(seen.length === expected.length && seen.every((message, index) => message.equals(expected[index] as Buffer)), `${seen.length} messages, expected ${expected.length}, or others`)
    // whatever is missing of the last one, what follows it is understood
    if (pieces.length === 0) return 'refused'
    const left = missingOf(bytes)
    const rest = decoder.decode(Buffer.concat([Buffer.alloc(left), Buffer.of(0, 2, 7, 7)]))
    must(Buffer.from(rest.at(-1) ?? []).equals(Buffer.of(7, 7)), 'a message behind them is not understood')
    return expected.length > 0 ? 'accepted' : 'refused'
  }
}

function messages (random: Random): Uint8Array {
  return Buffer.concat(Array.from({ length: 1 + random.int(5) }, () => {
    const length = random.chance(0.004) ? 65_535 : random.size(300)
    const bytes = Buffer.alloc(2 + length, random.u8())
    bytes.writeUInt16BE(length)
    return bytes
  }))
}

/** The same, done plainly. */
function parse (bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at + 2 <= bytes.length;) {
    const end = at + 2 + bytes.readUInt16BE(at)
    if (end > bytes.length) break
    if (end > at + 2) found.push(bytes.subarray(at + 2, end))
    at = end
  }
  return found
}

/** Bytes to the end of the last message; of half a length, one that makes it a message of at most 255. */
function missingOf (bytes: Buffer): number {
  let at = 0
  while (at + 2 <= bytes.length && at + 2 + bytes.readUInt16BE(at) <= bytes.length) at += 2 + bytes.readUInt16BE(at)
  const held = bytes.length - at
  if (held === 0) return 0
  if (held === 1) return 1 + 256 * (bytes[at] as number)
  return 2 + bytes.readUInt16BE(at) - held
}
