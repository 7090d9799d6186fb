// Frames that are too long to be sent at once leave piece by piece, so that what is short does not wait for them. One
// after the other, so that the receiver has one at a time to put together; and the shortest of those that wait first.

import { MAX_LONG_BYTES } from '../constants.js'
import { OverloadedError } from '../errors.js'
import { PIECE_BYTES } from './frames.js'
import type { Room } from './room.js'

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
  readonly #room: Room
  #current: LongFrame | undefined
  /** The shortest last. */
  readonly #waiting: LongFrame[] = []

  /** @param room - that all streams of the node share */
  constructor (room: Room) {
    this.#room = room
  }

  /** @throws OverloadedError when too much waits already for a frame of so many bytes */
  checkRoom (length: number): void {
    const { byteLength } = this
    if (byteLength > 0 && byteLength + length > MAX_LONG_BYTES) throw new OverloadedError(`${byteLength} bytes of large values wait for one peer`)
    if (!this.#room.has(length)) throw new OverloadedError(`${this.#room.taken} bytes of large values wait for all peers`)
  }

  /** @param parts - type, id and rest of the frame, not copied */
  add (id: number, ...parts: Uint8Array[]): void {
    const left = parts.reduce((sum, part) => sum + part.byteLength, 0)
    const at = this.#waiting.findIndex(frame => frame.left <= left)
    this.#waiting.splice(at === -1 ? this.#waiting.length : at, 0, { id, parts, left })
    this.#add(left)
  }

  /** Nobody waits for a frame any more. @returns whether it had not begun to leave: it never will */
  drop (id: number): boolean {
    const at = this.#waiting.findIndex(frame => frame.id === id)
    const [frame] = at === -1 ? [] : this.#waiting.splice(at, 1)
    if (frame !== undefined) this.#add(-frame.left)
    return frame !== undefined
  }

  /** None of them will leave. */
  dropAll (): void {
    this.#add(-this.byteLength)
    this.#current = undefined
    this.#waiting.length = 0
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
    this.#add(room - PIECE_BYTES)
    if (frame.left === 0) this.#current = undefined
    return { id, left: frame.left, parts }
  }

  #add (bytes: number): void {
    this.byteLength += bytes
    this.#room.take(bytes)
  }
}
