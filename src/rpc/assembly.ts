// Puts a frame together that comes in pieces; see long-frames.ts.

import { ProtocolViolationError } from '../errors.js'
import { FieldReader } from './field-reader.js'
import { FrameType, HEAD_BYTES, MAX_FRAME_BYTES, MAX_UNCUT_BYTES, PIECE_BYTES, idOf, typeOf } from './frames.js'
import type { Arrival, Arrivals } from './arrivals.js'

const NOTHING = Buffer.alloc(0)
/** Frames up to this length are not copied again. */
const FIRST_BYTES = 2 * 1024 * 1024
/** Of a frame of which so much has come, room for the rest is set aside at once: copying more of it would hold up others. */
const CERTAIN_BYTES = 8 * 1024 * 1024

/** A part of a frame for which there is no room, or no more; what follows of it is left out. */
export const NO_ROOM = Symbol('no room')

export class Assembly {
  readonly #arrivals: Arrivals
  /** Undefined: there is no frame, or it is left out. */
  #arrival: Arrival | undefined
  #frame: Buffer = NOTHING
  #held = 0
  /** Bytes that have to follow. */
  #left = 0
  /** The frame is left out, and that was not said yet. */
  #isToTell = false

  /** @param arrivals - on all streams of the node */
  constructor (arrivals: Arrivals) {
    this.#arrivals = arrivals
  }

  /**
   * @returns the whole frame, in a buffer of its own, once all of it has come
   * @throws ProtocolViolationError when the pieces do not fit together
   */
  add (part: Buffer): Buffer | typeof NO_ROOM | undefined {
    const fields = new FieldReader(part, HEAD_BYTES)
    const left = fields.u32()
    const piece = fields.rest()
    this.#check(piece.length, left)
    const isFirst = this.#left === 0
    this.#left = left
    if (isFirst) this.#begin(piece.length + left)
    if (this.#arrival === undefined) {
      if (!this.#isToTell) return undefined
      this.#isToTell = false
      return NO_ROOM
    }
    this.#arrival.came(piece.length)
    this.#hold(piece, left)
    if (left > 0) return undefined
    const frame = this.#frame.subarray(0, this.#held)
    this.close()
    if (typeOf(frame) === FrameType.part || idOf(frame) !== idOf(part)) {
      throw new ProtocolViolationError(`parts of frame ${idOf(part)} that make a frame of type ${typeOf(frame)} and id ${idOf(frame)}`)
    }
    return frame
  }

  /** Lets go of what it has of a frame. */
  close (): void {
    this.#frame = NOTHING
    this.#held = 0
    this.#arrival?.end()
    this.#arrival = undefined
  }

  #begin (bytes: number): void {
    this.#arrival = this.#arrivals.admit(bytes, () => {
      this.close()
      this.#isToTell = true
    })
    this.#isToTell = this.#arrival === undefined
  }

  #check (length: number, left: number): void {
    if (left > 0 ? length !== PIECE_BYTES : length === 0 || length > PIECE_BYTES) {
      throw new ProtocolViolationError(`a part of ${length} bytes with ${left} to follow, expected ${PIECE_BYTES}, or at the end 1 to ${PIECE_BYTES}`)
    }
    const total = length + left
    if (this.#left === 0 ? total <= MAX_UNCUT_BYTES || total > MAX_FRAME_BYTES : total !== this.#left) {
      throw new ProtocolViolationError(`a part that makes for ${total} bytes, expected ${this.#left === 0 ? `${MAX_UNCUT_BYTES + 1} to ${MAX_FRAME_BYTES}` : `${this.#left}`}`)
    }
  }

  /**
   * What is set aside doubles as bytes really come in, up to a size, so a lie about what is to follow costs nothing: memory that
   * was not written to is only an address.
   */
  #hold (piece: Buffer, left: number): void {
    const needed = this.#held + piece.length
    if (needed > this.#frame.length) {
      const most = needed > CERTAIN_BYTES ? Infinity : Math.max(FIRST_BYTES, 2 * needed)
      const grown = Buffer.allocUnsafeSlow(Math.min(needed + left, most))
      this.#frame.copy(grown, 0, 0, this.#held)
      this.#frame = grown
    }
    piece.copy(this.#frame, this.#held)
    this.#held = needed
  }
}
