// One frame, into each of what reads frames. What is read has to be written as the same bytes again: there is one way to say a thing.

import { FieldReader } from '../../../src/rpc/field-reader.js'
import { FrameType, HEAD_BYTES, LENGTH_BYTES, idOf, readBare, readDigest, readFailure, readGet, readProbe, readTrace, readValue, typeOf } from '../../../src/rpc/frames.js'
import { readCatchUp, readForget, readMissed, readRemove, readSet, writeCatchUp, writeForget, writeMissed, writeRemove, writeSet } from '../../../src/rpc/removal-frames.js'
import { mutated } from '../mutate.js'
import { VIOLATION, must, tried } from '../target.js'
import { bytesOf, writeAnswer, writeRequest } from './valid-frames.js'
import type { FrameWriter } from '../../../src/rpc/frame-writer.js'
import type { Target } from '../target.js'

type Type = typeof FrameType[keyof typeof FrameType]
/** Reads a frame, and returns what writes it. */
type Way = (frame: Buffer, id: number) => ((frames: FrameWriter) => void) | undefined

const bare = (type: 2 | 3 | 7 | 130): Way => (frame, id) => {
  readBare(frame)
  return frames => { frames.bare(type as typeof FrameType.ping, id) }
}

const WAYS: Partial<Record<Type, Way>> = {
  [FrameType.get]: (frame, id) => {
    const { ask, group, keys } = readGet(frame)
    return frames => { keys.forEach((key, index) => { frames.get((id + index) >>> 0, ask, group, key) }) }
  },
  [FrameType.ping]: bare(FrameType.ping),
  [FrameType.cancel]: bare(FrameType.cancel),
  [FrameType.miss]: bare(FrameType.miss),
  [FrameType.probe]: (frame, id) => {
    const member = readProbe(frame)
    return frames => { frames.frame(FrameType.probe, id, Buffer.from(member)) }
  },
  // what stands behind a second line is not read
  [FrameType.trace]: frame => { readTrace(frame); return undefined },
  [FrameType.remove]: (frame, id) => {
    const { hop, ticket, removal } = readRemove(frame)
    return frames => { writeRemove(frames, id, ticket, removal, hop) }
  },
  [FrameType.forget]: (frame, id) => {
    const { ticket, removal } = readForget(frame)
    return frames => { writeForget(frames, id, ticket, removal) }
  },
  [FrameType.set]: (frame, id) => {
    const { hop, ticket, replacement } = readSet(frame)
    return frames => { writeSet(frames, id, ticket, replacement, hop) }
  },
  [FrameType.catchUp]: (frame, id) => {
    const elapsed = readCatchUp(frame)
    return frames => { writeCatchUp(frames, id, elapsed) }
  },
  [FrameType.value]: (frame, id) => {
    const value = readValue(frame)
    return frames => { frames.value(id, value) }
  },
  [FrameType.done]: (frame, id) => {
    const digest = readDigest(frame)
    return frames => { frames.done(id, digest) }
  },
  [FrameType.failed]: (frame, id) => {
    const { status, message } = readFailure(frame)
    return frames => { frames.failed(id, status, message) }
  },
  [FrameType.missed]: (frame, id) => {
    const missed = readMissed(frame)
    return frames => { writeMissed(frames, id, missed) }
  }
}

const ALL_WAYS = Object.values(WAYS)

export const fields: Target<Uint8Array> = {
  name: 'fields',
  what: 'what reads the fields of each frame, and writing what was read',
  weight: 36,
  generate (random) {
    const one = (): Uint8Array => bytesOf(frames => { (random.chance(0.6) ? writeRequest : writeAnswer)(frames, random) }).subarray(LENGTH_BYTES)
    const bytes = one()
    return random.chance(0.3) ? bytes : mutated(bytes, random, random.chance(0.3) ? one() : bytes)
  },
  run (bytes) {
    const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    // the frame reader passes nothing shorter on
    if (frame.length < HEAD_BYTES) return 'refused'
    const own = WAYS[typeOf(frame) as Type]
    // and two of those that it is not for
    for (const byte of frame.subarray(-2)) {
      const other = ALL_WAYS[byte % ALL_WAYS.length] as Way
      if (other !== own) tried(VIOLATION, () => other(frame, 0))
    }
    tried(VIOLATION, () => { fieldsOf(frame) })
    const read = own === undefined ? undefined : tried(VIOLATION, () => own(frame, idOf(frame)))
    if (read === undefined) return 'refused'
    if (read.value !== undefined) {
      const again = Buffer.from(bytesOf(read.value)).subarray(LENGTH_BYTES)
      must(again.equals(frame), `what was read is written as ${again.toString('hex')}`)
    }
    return 'accepted'
  }
}

/** Every kind of field, one after the other, to the end. */
function fieldsOf (frame: Buffer): void {
  const fields = new FieldReader(frame, 0)
  for (;;) {
    fields.u8()
    fields.shortText()
    fields.u16()
    fields.text()
    fields.u32()
    fields.f64()
  }
}
