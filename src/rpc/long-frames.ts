// Frames that are too long to be sent at once leave piece by piece, so that what is short does not wait for them. One
// after the other, so that the receiver has one at a time to put together; and the shortest of those that wait first.

import { PIECE_BYTES } from './frames.js'

interface LongFrame {
  readonly id: number
  /** What is left of it. */
  parts: Uint8Array[]
  left: number
}

/** The next bytes of a frame, and how many follow them. */
export interface Piece { readonly id: number, readonly left: number, readonly parts: readonly Uint8Array[] }

export class LongFrames {
  /** Bytes that are left to send. */
  byteLength = 0
  #current: LongFrame | undefined
  /** The shortest last. */
  readonly #waiting: LongFrame[] = []

  /** @param parts - type, id and rest of the frame, not copied */
  add (id: number, ...parts: Uint8Array[]): void {
    const left = parts.reduce((sum, part) => sum + part.byteLength, 0)
    const at = this.#waiting.findIndex(frame => frame.left <= left)
    this.#waiting.splice(at === -1 ? this.#waiting.length : at, 0, { id, parts, left })
    this.byteLength += left
  }

  next (): Piece | undefined {
    const frame = this.#current ??= this.#waiting.pop()
    if (frame === undefined) return undefined
    const { id } = frame
    let room = PIECE_BYTES
    const parts: Uint8Array[] = []
    while (room > 0 && frame.parts[0] !== undefined) {
      const part = frame.parts[0]
      parts.push(part.subarray(0, room))
      if (part.byteLength > room) frame.parts[0] = part.subarray(room)
      else frame.parts.shift()
      room -= Math.min(room, part.byteLength)
    }
    frame.left -= PIECE_BYTES - room
    this.byteLength -= PIECE_BYTES - room
    if (frame.left === 0) this.#current = undefined
    return { id, left: frame.left, parts }
  }
}
