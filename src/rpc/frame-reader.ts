// Finds the frames in a stream of bytes that is cut anywhere.

import { systemClock } from '../clock.js'
import { ProtocolViolationError } from '../errors.js'
import { Arrivals } from './arrivals.js'
import { Assembly, NO_ROOM } from './assembly.js'
import { FrameType, HEAD_BYTES, LENGTH_BYTES, MAX_UNCUT_BYTES, idOf, typeOf } from './frames.js'

const NOTHING = Buffer.alloc(0)
/** Taken for the length of a frame whose length has not come yet. What is set aside doubles as bytes really come in, so a lie about a length costs nothing. */
const FIRST_BYTES = 64 * 1024

export interface FrameReaderOptions {
  /** For large values. */
  arrivals?: Arrivals | undefined
  /** Gets the id of each frame for which there is no room. */
  onLeftOut?: (id: number) => void
  /** Whether what follows a frame is to wait. @default never */
  isEnough?: () => boolean
}

export class FrameReader {
  readonly #onWhole: (frame: Buffer) => void
  readonly #onLeftOut: (id: number) => void
  readonly #isEnough: () => boolean
  readonly #assembly: Assembly
  /** The beginning of an unfinished frame, length included: the first `#held` bytes. */
  #partial: Buffer = NOTHING
  #held = 0
  /** What has come and waits, from `#next` on. */
  #kept: Uint8Array[] = []
  #next = 0
  /** It was enough. */
  #isStopped = false
  #isClosed = false

  /** @param onFrame - gets each frame without its length, as a view that is valid during the call */
  constructor (onFrame: (frame: Buffer) => void, { arrivals = new Arrivals(systemClock), onLeftOut = () => {}, isEnough = () => false }: FrameReaderOptions = {}) {
    this.#onWhole = onFrame
    this.#onLeftOut = onLeftOut
    this.#isEnough = isEnough
    this.#assembly = new Assembly(arrivals)
  }

  /** As {@link push}, what a stream's message brings. */
  pushAll (data: Uint8Array | Iterable<Uint8Array>): void {
    this.#isStopped = this.hasMore
    if (data instanceof Uint8Array) this.push(data)
    else for (const part of data) this.push(part)
  }

  /** What comes after what is enough is kept. @throws ProtocolViolationError when a length is impossible; the stream is of no use after it */
  push (chunk: Uint8Array): void {
    const rest = this.#isStopped ? chunk : this.#read(chunk)
    if (rest !== undefined) this.#kept.push(rest)
  }

  /** For later. */
  keep (data: Uint8Array | Iterable<Uint8Array>): void {
    if (data instanceof Uint8Array) this.#kept.push(data)
    else for (const part of data) this.#kept.push(part)
  }

  /** Whether something was kept. */
  get hasMore (): boolean {
    return this.#next < this.#kept.length
  }

  /** Goes on with what was kept. @throws as {@link push} */
  readOn (): void {
    this.#isStopped = false
    while (this.hasMore) {
      if (this.#isStopped) return
      const rest = this.#read(this.#kept[this.#next] as Uint8Array)
      // what was read is not to be held by what was not
      this.#kept[this.#next] = rest ?? NOTHING
      if (rest === undefined) this.#next++
    }
    this.#kept = []
    this.#next = 0
  }

  /** @returns what is left when it is enough; undefined = nothing */
  #read (chunk: Uint8Array): Uint8Array | undefined {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const isUnfinished = this.#held > 0
    let at = isUnfinished ? this.#complete(bytes) : 0
    this.#isStopped = isUnfinished && this.#held === 0 && this.#isEnough()
    while (!this.#isStopped && bytes.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + frameLength(bytes, at)
      if (end > bytes.length) break
      this.#onFrame(bytes.subarray(at + LENGTH_BYTES, end))
      at = end
      this.#isStopped = this.#isEnough()
    }
    if (at === bytes.length) return undefined
    const rest = bytes.subarray(at)
    if (this.#isStopped) return rest
    this.#hold(rest)
    return undefined
  }

  #onFrame (frame: Buffer): void {
    if (this.#isClosed) return
    const whole = typeOf(frame) === FrameType.part ? this.#assembly.add(frame) : frame
    if (whole === NO_ROOM) this.#onLeftOut(idOf(frame))
    else if (whole !== undefined) this.#onWhole(whole)
  }

  /** Nothing more is wanted. */
  close (): void {
    this.#isClosed = true
    this.#assembly.close()
    this.#partial = NOTHING
    this.#held = 0
    this.#kept = []
    this.#next = 0
  }

  /** Finishes the held frame with the beginning of `bytes`. @returns how many of them it took */
  #complete (bytes: Buffer): number {
    let taken = 0
    if (this.#held < LENGTH_BYTES) {
      taken = Math.min(LENGTH_BYTES - this.#held, bytes.length)
      this.#hold(bytes.subarray(0, taken))
      if (this.#held < LENGTH_BYTES) return taken
    }
    const total = LENGTH_BYTES + frameLength(this.#partial, 0)
    const missing = Math.min(total - this.#held, bytes.length - taken)
    this.#hold(bytes.subarray(taken, taken + missing), total)
    if (this.#held === total) {
      const frame = this.#partial.subarray(LENGTH_BYTES, total)
      this.#partial = NOTHING
      this.#held = 0
      this.#onFrame(frame)
    }
    return taken + missing
  }

  /** Copies `bytes` behind what is held. `total` is what the frame will need, where known. */
  #hold (bytes: Buffer, total = FIRST_BYTES): void {
    const needed = this.#held + bytes.length
    if (needed > this.#partial.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(total, Math.max(256, 2 * this.#partial.length))))
      this.#partial.copy(grown, 0, 0, this.#held)
      this.#partial = grown
    }
    bytes.copy(this.#partial, this.#held)
    this.#held = needed
  }
}

function frameLength (bytes: Buffer, at: number): number {
  const length = bytes.readUInt32BE(at)
  if (length < HEAD_BYTES || length > MAX_UNCUT_BYTES) {
    throw new ProtocolViolationError(`a frame of ${length} bytes, expected ${HEAD_BYTES} to ${MAX_UNCUT_BYTES}`)
  }
  return length
}
