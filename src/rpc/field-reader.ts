// Reads the fields of a frame one after the other, and never past its end.

import { isUtf8 } from 'node:buffer'
import { ProtocolViolationError } from '../errors.js'

/** Every method throws ProtocolViolationError when the frame ends before the field does. */
export class FieldReader {
  readonly #frame: Buffer
  #at: number

  /** @param at - where the first field begins */
  constructor (frame: Buffer, at: number) {
    this.#frame = frame
    this.#at = at
  }

  u8 (): number {
    return this.#frame.readUInt8(this.#take(1))
  }

  u16 (): number {
    return this.#frame.readUInt16BE(this.#take(2))
  }

  u32 (): number {
    return this.#frame.readUInt32BE(this.#take(4))
  }

  f64 (): number {
    return this.#frame.readDoubleBE(this.#take(8))
  }

  /** A text behind its length in 8 bits. */
  shortText (): string {
    return this.#text(this.u8())
  }

  /** A text behind its length in 16 bits. */
  text (): string {
    return this.#text(this.u16())
  }

  restAsText (): string {
    return this.#text(this.#frame.length - this.#at)
  }

  /** All that is left: a view, to be copied if it is kept. */
  rest (): Buffer {
    return this.#frame.subarray(this.#take(this.#frame.length - this.#at))
  }

  /** @throws ProtocolViolationError unless the frame ends here */
  end (): void {
    if (this.#at !== this.#frame.length) throw new ProtocolViolationError(`a frame of ${this.#frame.length} bytes whose fields end at ${this.#at}`)
  }

  #take (bytes: number): number {
    const at = this.#at
    if (at + bytes > this.#frame.length) throw new ProtocolViolationError(`a frame of ${this.#frame.length} bytes with a field that ends at ${at + bytes}`)
    this.#at = at + bytes
    return at
  }

  /** Decoding puts U+FFFD where bytes are not UTF-8, which would make one key of many. */
  #text (bytes: number): string {
    const start = this.#take(bytes)
    const text = this.#frame.toString('utf8', start, this.#at)
    if (text.includes('\ufffd') && !isUtf8(this.#frame.subarray(start, this.#at))) throw new ProtocolViolationError('a text that is not UTF-8')
    return text
  }
}
