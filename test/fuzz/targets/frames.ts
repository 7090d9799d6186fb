// A stream of frames of all kinds, cut anywhere, into the reader of frames and what reads each of them.

import { FrameReader } from '../../../src/rpc/frame-reader.js'
import { idOf, restOf, typeOf } from '../../../src/rpc/frames.js'
import { allocatedBy } from '../memory.js'
import { cut, mutated, shuffled } from '../mutate.js'
import { VIOLATION, checkRefusal, must } from '../target.js'
import { sent, writeAnswer, writeLong, writeRequest } from './valid-frames.js'
import type { Random } from '../random.js'
import type { Target, Verdict } from '../target.js'

/** Of what comes in; a buffer that grows is copied, and doubles. */
const ALLOCATED_PER_BYTE = 4
/** For the beginning of a frame that a piece ends with. */
const ALLOCATED_PER_PIECE = 512
/** Once the first part of a long frame has come. */
const ALLOCATED_FOR_LONG = 2 * 1024 * 1024

export function framesTarget (name: string, what: string, weight: number, write: (random: Random) => Uint8Array[]): Target<Uint8Array[]> {
  return {
    name,
    what,
    weight,
    generate (random) {
      const frames = shuffled(write(random), random)
      const bytes = Buffer.concat(frames)
      return cut(random.way<Uint8Array>([3, () => bytes], [6, () => mutated(bytes, random)], [1, () => random.bytes(random.size(400))]), random)
    },
    run: pieces => {
      const inPieces = read(pieces)
      const whole = read([Buffer.concat(pieces)])
      must(inPieces.frames.join() === whole.frames.join(), `cut up it makes ${inPieces.frames.length} frames, whole ${whole.frames.length}, or others`)
      must(inPieces.refused === whole.refused, `cut up: ${inPieces.refused}; whole: ${whole.refused}`)
      return verdictOf(whole)
    }
  }
}

interface Outcome { frames: string[], refused: string | undefined }

function verdictOf ({ frames, refused }: Outcome): Verdict {
  return refused === undefined && frames.length > 0 ? 'accepted' : 'refused'
}

function read (pieces: readonly Uint8Array[]): Outcome {
  const frames: string[] = []
  const received = pieces.reduce((sum, piece) => sum + piece.length, 0)
  let hasLong = 0
  const { bytes, thrown } = allocatedBy(() => {
    const reader = new FrameReader(frame => {
      if (frame.length > 68 * 1024) hasLong++
      // not all of a long one: it is the same byte again and again
      frames.push(`${typeOf(frame)} ${idOf(frame)} ${frame.length} ${restOf(frame).toString('latin1', 0, 500)}`)
    })
    for (const piece of pieces) reader.push(piece)
  })
  const starts = Math.floor(received / (60 * 1024))
  const most = ALLOCATED_PER_BYTE * received + ALLOCATED_PER_PIECE * (pieces.length + 1) + ALLOCATED_FOR_LONG * (starts + hasLong)
  must(bytes <= most, `${bytes} bytes were set aside for the ${received} in ${pieces.length} pieces that came, expected at most ${most}`)
  if (thrown !== undefined) checkRefusal(VIOLATION, thrown)
  return { frames, refused: thrown === undefined ? undefined : (thrown as Error).message }
}

export const frames = framesTarget('frames', 'the frame reader, cut anywhere', 30, random => sent(frames => {
  for (let i = random.int(6); i >= 0; i--) (random.chance(0.5) ? writeRequest : writeAnswer)(frames, random)
}))

export const parts = framesTarget('parts', 'frames that come in parts', 0.5, random => sent(frames => {
  writeLong(frames, random)
  if (random.chance(0.5)) writeLong(frames, random)
  writeRequest(frames, random)
}))
