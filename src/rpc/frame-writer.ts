// Frames written one behind the other into shared buffers, to leave in one send.

import { Uint8ArrayList } from 'uint8arraylist'
import { MAX_PACKED_BYTES } from '../cache/arena.js'
import { MAX_ALL_LONG_BYTES, MAX_BATCH_KEYS, MAX_KEY_BYTES, MAX_NAME_BYTES, MAX_TRACE_BYTES, MAX_VALUE_BYTES } from '../constants.js'
import { Flag, FrameType, HEAD_BYTES, LENGTH_BYTES, MAX_FRAME_BYTES, MAX_UNCUT_BYTES, askCode, idAfter, ttlCode } from './frames.js'
import { lengthOfTags, tooLong } from './frame-limits.js'
import { LongFrames } from './long-frames.js'
import { cutText } from './remote-failure.js'
import { Room } from './room.js'
import type { Carrier } from '../tracing.js'
import type { Ask, Value } from './ask.js'
import type { Piece } from './long-frames.js'

const BUFFER_BYTES = 64 * 1024
/** Longer values are sent from where they lie instead of being copied behind the other frames. Shorter ones may lie in memory that is used on. */
const COPY_LIMIT = MAX_PACKED_BYTES
const FLAGS_AND_TTL_BYTES = 5
const NO_FRAME = -1

export class FrameWriter {
  /** Bytes written and not taken, but for those of frames that leave in parts. */
  byteLength = 0
  readonly #long: LongFrames
  #full: Uint8Array[] = []
  #buffer = Buffer.allocUnsafeSlow(0)
  /** `#buffer` is written up to `#end` and was given away up to `#start`. */
  #start = 0
  #end = 0
  /** Where the GET begins that is the last thing in the buffer, to which more keys can be added; or NO_FRAME. */
  #openAt = NO_FRAME
  #openAsk: Ask = 'get'
  #openGroup = ''
  #openFirstId = 0
  #openCount = 0
  #openCountAt = 0

  /** @param room - for frames that leave in parts, of all streams of the node */
  constructor (room: Room = new Room(MAX_ALL_LONG_BYTES)) {
    this.#long = new LongFrames(room)
  }

  /**
   * Keys asked for one after the other, of one group, in one way, share a frame.
   *
   * @throws RangeError when a name is too long for its length field; nothing is written then
   */
  get (id: number, ask: Ask, group: string, key: string): void {
    // no character has less than one byte; what is refused here need not be encoded to see that it is too long
    if (key.length > MAX_KEY_BYTES || group.length > MAX_NAME_BYTES) throw tooLong(group, key)
    if (!this.#isOpenFor(id, ask, group, key)) {
      this.#openGet(id, ask, group, key)
      return
    }
    const at = this.#end
    const keyBytes = this.#buffer.write(key, at + 2)
    if (keyBytes > MAX_KEY_BYTES) throw tooLong(group, key)
    this.#buffer.writeUInt16BE(keyBytes, at)
    this.#end = at + 2 + keyBytes
    this.byteLength += 2 + keyBytes
    this.#buffer.writeUInt16BE(++this.#openCount, this.#openCountAt)
    this.#buffer.writeUInt32BE(this.#end - this.#openAt - LENGTH_BYTES, this.#openAt)
  }

  /** As {@link get}, alone in its frame, with the trace that it belongs to before it. */
  traced ({ traceparent, tracestate = '' }: Carrier, id: number, ask: Ask, group: string, key: string): void {
    const text = Buffer.from(`${traceparent}\n${tracestate}`)
    if (traceparent !== undefined && text.length <= MAX_TRACE_BYTES) this.frame(FrameType.trace, id, text)
    this.get(id, ask, group, key)
    this.#openAt = NO_FRAME
  }

  /** A frame without anything behind its id. */
  bare (type: typeof FrameType.ping | typeof FrameType.cancel | typeof FrameType.miss, id: number): void {
    this.#finish(this.#head(type, id, 0), this.#end)
  }

  /** Nobody waits for an answer any more. @returns whether it was a long one that had not begun to leave: it does not now */
  drop (id: number): boolean {
    return this.#long.drop(id)
  }

  /** Nothing more will be taken. */
  close (): void {
    this.#long.dropAll()
  }

  done (id: number, digest: number): void {
    const lengthAt = this.#head(FrameType.done, id, 4)
    this.#finish(lengthAt, this.#buffer.writeUInt32BE(digest >>> 0, this.#end))
  }

  /** @throws RangeError when the value or its tags are more than a frame takes, OverloadedError when too many large ones wait; nothing is written then */
  value (id: number, { bytes, ttl, tags, mayKeep, isPopular }: Value): void {
    const tagBytes = tags.length === 0 ? 0 : lengthOfTags(tags)
    if (bytes.byteLength > MAX_VALUE_BYTES) throw new RangeError(`expected a value of at most ${MAX_VALUE_BYTES} bytes, got ${bytes.byteLength}`)
    const isCopied = bytes.byteLength <= COPY_LIMIT
    const length = HEAD_BYTES + FLAGS_AND_TTL_BYTES + tagBytes + bytes.byteLength
    if (length > MAX_UNCUT_BYTES) this.#long.checkRoom(length)
    const lengthAt = this.#head(FrameType.value, id, FLAGS_AND_TTL_BYTES + tagBytes + (isCopied ? bytes.byteLength : 0))
    this.#buffer[this.#end] = (mayKeep ? Flag.mayKeep : 0) | (isPopular ? Flag.popular : 0) | (tagBytes > 0 ? Flag.tags : 0)
    let at = this.#buffer.writeUInt32BE(ttlCode(ttl), this.#end + 1)
    if (tagBytes > 0) {
      this.#buffer[at++] = tags.length
      for (const tag of tags) {
        const length = this.#buffer.write(tag, at + 1)
        this.#buffer[at] = length
        at += 1 + length
      }
    }
    if (isCopied) {
      this.#buffer.set(bytes, at)
      this.#finish(lengthAt, at + bytes.byteLength)
      return
    }
    if (length > MAX_UNCUT_BYTES) {
      this.#long.add(id, Buffer.from(this.#buffer.subarray(lengthAt + LENGTH_BYTES, at)), bytes)
      this.#end = lengthAt
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

  /**
   * A frame with `parts` behind its id.
   *
   * @throws RangeError when they are longer than a frame, OverloadedError when too many long ones wait; nothing is written then
   */
  frame (type: number, id: number, ...parts: Uint8Array[]): void {
    const length = parts.reduce((sum, part) => sum + part.byteLength, 0)
    if (HEAD_BYTES + length > MAX_FRAME_BYTES) throw new RangeError(`expected a frame of at most ${MAX_FRAME_BYTES} bytes, got ${HEAD_BYTES + length}`)
    const isCopied = length <= COPY_LIMIT
    const isLong = HEAD_BYTES + length > MAX_UNCUT_BYTES
    if (isLong) this.#long.checkRoom(HEAD_BYTES + length)
    const lengthAt = this.#head(type, id, isCopied ? length : 0)
    if (isLong) {
      this.#long.add(id, Buffer.from(this.#buffer.subarray(lengthAt + LENGTH_BYTES, this.#end)), ...parts)
      this.#end = lengthAt
      return
    }
    if (!isCopied) {
      this.#finish(lengthAt, this.#end, length)
      this.#cut()
      for (const part of parts) if (part.byteLength > 0) this.#full.push(part)
      return
    }
    const end = parts.reduce((at, part) => {
      this.#buffer.set(part, at)
      return at + part.byteLength
    }, this.#end)
    this.#finish(lengthAt, end)
  }

  /** Bytes of frames that leave in parts. */
  get longBytes (): number {
    return this.#long.byteLength
  }

  /** What was written, to be sent: all that is short, and the next part of what is long. */
  take (): Uint8Array | Uint8ArrayList {
    this.#part(this.#long.next())
    this.#cut()
    const parts = this.#full
    this.#full = []
    this.byteLength = 0
    return parts.length === 1 ? parts[0] as Uint8Array : new Uint8ArrayList(...parts)
  }

  #part (piece: Piece | undefined): void {
    if (piece === undefined) return
    const lengthAt = this.#head(FrameType.part, piece.id, 4)
    const at = this.#buffer.writeUInt32BE(piece.left, this.#end)
    this.#finish(lengthAt, at, piece.parts.reduce((sum, part) => sum + part.byteLength, 0))
    this.#cut()
    this.#full.push(...piece.parts)
  }

  /** Whether a key can be added to the frame before, without making it longer than the other end takes. */
  #isOpenFor (id: number, ask: Ask, group: string, key: string): boolean {
    if (this.#openAt === NO_FRAME || id !== idAfter(this.#openFirstId, this.#openCount) || ask !== this.#openAsk || group !== this.#openGroup) return false
    const end = this.#end + 2 + key.length * 3
    return this.#openCount < MAX_BATCH_KEYS && end <= this.#buffer.length && end - this.#openAt - LENGTH_BYTES <= MAX_UNCUT_BYTES
  }

  #openGet (id: number, ask: Ask, group: string, key: string): void {
    const lengthAt = this.#head(FrameType.get, id, 6 + (group.length + key.length) * 3)
    const buffer = this.#buffer
    const groupAt = this.#end + 2
    const countAt = groupAt + buffer.write(group, groupAt)
    const keyBytes = buffer.write(key, countAt + 4)
    if (countAt - groupAt > MAX_NAME_BYTES || keyBytes > MAX_KEY_BYTES) {
      this.#end = lengthAt
      throw tooLong(group, key)
    }
    buffer[this.#end] = askCode(ask)
    buffer[this.#end + 1] = countAt - groupAt
    buffer.writeUInt16BE(1, countAt)
    buffer.writeUInt16BE(keyBytes, countAt + 2)
    this.#finish(lengthAt, countAt + 4 + keyBytes)
    this.#openAt = lengthAt
    this.#openAsk = ask
    this.#openGroup = group
    this.#openFirstId = id
    this.#openCount = 1
    this.#openCountAt = countAt
  }

  /** Writes type and id, and sees to it that `room` more bytes fit. @returns where the length goes */
  #head (type: number, id: number, room: number): number {
    this.#openAt = NO_FRAME
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
    this.#openAt = NO_FRAME
    if (this.#end > this.#start) this.#full.push(this.#buffer.subarray(this.#start, this.#end))
    this.#start = this.#end
  }
}
