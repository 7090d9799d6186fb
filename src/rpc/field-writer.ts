// Fields written one after the other into a buffer that grows: for frames that are not written often.

const FIRST_BYTES = 128

export class FieldWriter {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES)
  #end = 0

  /** What was written: a view. */
  get bytes (): Buffer {
    return this.#buffer.subarray(0, this.#end)
  }

  u8 (value: number): this {
    this.#room(1)
    this.#end = this.#buffer.writeUInt8(value, this.#end)
    return this
  }

  u16 (value: number): this {
    this.#room(2)
    this.#end = this.#buffer.writeUInt16BE(value, this.#end)
    return this
  }

  u32 (value: number): this {
    this.#room(4)
    this.#end = this.#buffer.writeUInt32BE(value, this.#end)
    return this
  }

  f64 (value: number): this {
    this.#room(8)
    this.#end = this.#buffer.writeDoubleBE(value, this.#end)
    return this
  }

  /** A text behind its length in 8 bits. @throws RangeError when it is longer than that can say */
  shortText (text: string): this {
    return this.u8(Buffer.byteLength(text)).#text(text)
  }

  /** A text behind its length in 16 bits. @throws RangeError when it is longer than that can say */
  text (text: string): this {
    return this.u16(Buffer.byteLength(text)).#text(text)
  }

  #text (text: string): this {
    this.#room(text.length * 3)
    this.#end += this.#buffer.write(text, this.#end)
    return this
  }

  #room (bytes: number): void {
    const needed = this.#end + bytes
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length))
    this.#buffer.copy(grown, 0, 0, this.#end)
    this.#buffer = grown
  }
}
