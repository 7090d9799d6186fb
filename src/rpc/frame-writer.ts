// Frames written one behind the other into shared buffers, to leave in one send.

import { Uint8ArrayList } from 'uint8arraylist'
import { MAX_KEY_BYTES, MAX_MESSAGE_BYTES, MAX_NAME_BYTES } from '../constants.js'
import { FrameType, HEAD_BYTES, LENGTH_BYTES, NO_END, TTL_BYTES, askCode } from './frames.js'
import type { Ask, Value } from './ask.js'

const BUFFER_BYTES = 16 * 1024
/** Longer values are sent from where they lie instead of being copied behind the other frames. */
const COPY_LIMIT = 4 * 1024

export class FrameWriter {
  /** Bytes written and not taken. */
  byteLength = 0
  #full: Uint8Array[] = []
  #buffer = Buffer.allocUnsafeSlow(0)
  /** `#buffer` is written up to `#end` and was given away up to `#start`. */
  #start = 0
  #end = 0

  /** @throws RangeError when a name is too long for its length field; nothing is written then */
  request (type: typeof FrameType.get | typeof FrameType.remove, id: number, ask: Ask, group: string, key: string): void {
    const lengthAt = this.#head(type, id, 4 + (group.length + key.length) * 3)
    const buffer = this.#buffer
    const groupAt = this.#end + 2
    const keyLengthAt = groupAt + buffer.write(group, groupAt)
    const keyBytes = buffer.write(key, keyLengthAt + 2)
    if (keyLengthAt - groupAt > MAX_NAME_BYTES || keyBytes > MAX_KEY_BYTES) {
      this.#end = lengthAt
      throw new RangeError(`expected a group of at most ${MAX_NAME_BYTES} bytes and a key of at most ${MAX_KEY_BYTES}, got ${keyLengthAt - groupAt} and ${keyBytes}`)
    }
    buffer[this.#end] = askCode(ask)
    buffer[this.#end + 1] = keyLengthAt - groupAt
    buffer.writeUInt16BE(keyBytes, keyLengthAt)
    this.#finish(lengthAt, keyLengthAt + 2 + keyBytes)
  }

  /** A frame without anything behind its id. */
  bare (type: typeof FrameType.ping | typeof FrameType.miss | typeof FrameType.done, id: number): void {
    this.#finish(this.#head(type, id, 0), this.#end)
  }

  value (id: number, { bytes, ttl }: Value): void {
    const isCopied = bytes.byteLength <= COPY_LIMIT
    const lengthAt = this.#head(FrameType.value, id, TTL_BYTES + (isCopied ? bytes.byteLength : 0))
    const at = this.#buffer.writeUInt32BE(ttl >= NO_END ? NO_END : Math.max(0, Math.floor(ttl)), this.#end)
    if (isCopied) {
      this.#buffer.set(bytes, at)
      this.#finish(lengthAt, at + bytes.byteLength)
      return
    }
    this.#finish(lengthAt, at, bytes.byteLength)
    this.#cut()
    this.#full.push(bytes)
  }

  failed (id: number, status: number, message: string): void {
    const text = cutText(message)
    const lengthAt = this.#head(FrameType.failed, id, 1 + text.length)
    this.#buffer[this.#end] = status
    text.copy(this.#buffer, this.#end + 1)
    this.#finish(lengthAt, this.#end + 1 + text.length)
  }

  /** All that was written, to be sent; the writer is empty then. */
  take (): Uint8Array | Uint8ArrayList {
    this.#cut()
    const parts = this.#full
    this.#full = []
    this.byteLength = 0
    return parts.length === 1 ? parts[0] as Uint8Array : new Uint8ArrayList(...parts)
  }

  /** Writes type and id, and sees to it that `room` more bytes fit. @returns where the length goes */
  #head (type: number, id: number, room: number): number {
    const needed = LENGTH_BYTES + HEAD_BYTES + room
    if (this.#buffer.length - this.#end < needed) {
      this.#cut()
      this.#buffer = Buffer.allocUnsafeSlow(Math.max(BUFFER_BYTES, needed))
      this.#start = this.#end = 0
    }
    const lengthAt = this.#end
    this.#buffer[lengthAt + LENGTH_BYTES] = type
    this.#buffer.writeUInt32BE(id, lengthAt + LENGTH_BYTES + 1)
    this.#end = lengthAt + LENGTH_BYTES + HEAD_BYTES
    return lengthAt
  }

  /** @param elsewhere - bytes of the frame that are not in the buffer */
  #finish (lengthAt: number, end: number, elsewhere = 0): void {
    this.#buffer.writeUInt32BE(end - lengthAt - LENGTH_BYTES + elsewhere, lengthAt)
    this.#end = end
    this.byteLength += end - lengthAt + elsewhere
  }

  /** Moves what the buffer holds to the parts to send. The rest of the buffer is used on. */
  #cut (): void {
    if (this.#end > this.#start) this.#full.push(this.#buffer.subarray(this.#start, this.#end))
    this.#start = this.#end
  }
}

/** As much of a text as fits, in UTF-8, cut between characters: bytes 10xxxxxx continue one. */
function cutText (text: string): Buffer {
  // no character has less than one byte, so longer texts need not be encoded whole
  const bytes = Buffer.from(text.slice(0, MAX_MESSAGE_BYTES + 1))
  let end = Math.min(bytes.length, MAX_MESSAGE_BYTES)
  while (end < bytes.length && end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}
