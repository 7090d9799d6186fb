// Puts a frame together that comes in pieces; see long-frames.ts.

import { ProtocolViolationError } from '../errors.js'
import { FieldReader } from './field-reader.js'
import { FrameType, HEAD_BYTES, MAX_FRAME_BYTES, MAX_UNCUT_BYTES, PIECE_BYTES, idOf, typeOf } from './frames.js'

const NOTHING = Buffer.alloc(0)
/** Frames up to this length are not copied again. */
const FIRST_BYTES = 2 * 1024 * 1024

export class Assembly {
  #frame: Buffer = NOTHING
  #held = 0
  /** Bytes that have to follow. */
  #left = 0

  /**
   * @returns the whole frame, in a buffer of its own, once all of it has come
   * @throws ProtocolViolationError when the pieces do not fit together
   */
  add (part: Buffer): Buffer | undefined {
    const fields = new FieldReader(part, HEAD_BYTES)
    const left = fields.u32()
    const piece = fields.rest()
    this.#check(piece.length, left)
    this.#hold(piece, left)
    this.#left = left
    if (left > 0) return undefined
    const frame = this.#frame.subarray(0, this.#held)
    this.#frame = NOTHING
    this.#held = 0
    if (typeOf(frame) === FrameType.part || idOf(frame) !== idOf(part)) {
      throw new ProtocolViolationError(`parts of frame ${idOf(part)} that make a frame of type ${typeOf(frame)} and id ${idOf(frame)}`)
    }
    return frame
  }

  #check (length: number, left: number): void {
    if (left > 0 ? length !== PIECE_BYTES : length === 0 || length > PIECE_BYTES) {
      throw new ProtocolViolationError(`a part of ${length} bytes with ${left} to follow, expected ${PIECE_BYTES}, or at the end 1 to ${PIECE_BYTES}`)
    }
    const total = length + left
    if (this.#held === 0 ? total <= MAX_UNCUT_BYTES || total > MAX_FRAME_BYTES : total !== this.#left) {
      throw new ProtocolViolationError(`a part that makes for ${total} bytes, expected ${this.#held === 0 ? `${MAX_UNCUT_BYTES + 1} to ${MAX_FRAME_BYTES}` : `${this.#left}`}`)
    }
  }

  /**
   * What is set aside doubles as bytes really come in, so a lie about what is to follow costs nothing: memory that
   * was not written to is only an address.
   */
  #hold (piece: Buffer, left: number): void {
    const needed = this.#held + piece.length
    if (needed > this.#frame.length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(needed + left, Math.max(FIRST_BYTES, 2 * needed)))
      this.#frame.copy(grown, 0, 0, this.#held)
      this.#frame = grown
    }
    piece.copy(this.#frame, this.#held)
    this.#held = needed
  }
}
