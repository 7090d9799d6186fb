// One direction of a connection through a proxy: reads from one socket, and writes to the other one what the flow lets pass.
//
// What is held back is bounded: past MAX_WAITING bytes the source is not read, and its sender is slowed down by TCP.

import type { Socket } from 'node:net'
import type { Flow } from './flow.js'

const MAX_WAITING = 1024 * 1024

/** Bytes, a FIN, or a RST. */
type Chunk = Buffer | 'end' | 'reset'

interface Waiting { chunk: Chunk, due: number }

export class Pipe {
  readonly #source: Socket
  readonly #sink: Socket
  readonly #flow: Flow
  readonly #closeBoth: () => void
  readonly #unsubscribe: () => void
  #waiting: Waiting[] = []
  #bytesWaiting = 0
  #timer: NodeJS.Timeout | undefined
  /** Something was lost on the way, so nothing after it can be understood. */
  #isSilent = false
  /** Bytes until the connection is closed. */
  #left = Infinity

  /** @param closeBoth - closes the connection at both ends, after what was written */
  constructor (source: Socket, sink: Socket, flow: Flow, closeBoth: () => void) {
    this.#source = source
    this.#sink = sink
    this.#flow = flow
    this.#closeBoth = closeBoth
    this.#unsubscribe = flow.onChange(() => { this.#drain() })
    source.on('data', chunk => { this.#take(chunk) })
    source.on('end', () => { this.#take('end') })
    source.on('close', () => { if (!source.readableEnded) this.#take('reset') })
    sink.on('drain', () => { this.#readOn() })
    sink.on('close', () => { this.#stop() })
  }

  /** Of the bytes that come now, so many pass. */
  truncateAfter (bytes: number): void {
    this.#left = Math.min(this.#left, bytes)
  }

  #take (chunk: Chunk): void {
    if (this.#isSilent) return
    if (this.#flow.passage === 'drop') {
      this.#isSilent = true
      this.#waiting = []
      return
    }
    this.#waiting.push({ chunk, due: performance.now() + this.#flow.delay })
    this.#bytesWaiting += sizeOf(chunk)
    this.#drain()
    if (this.#bytesWaiting > MAX_WAITING) this.#source.pause()
  }

  /** Writes what is due. */
  #drain (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    while (this.#waiting.length > 0 && this.#flow.passage !== 'hold' && !this.#isSilent) {
      const { chunk, due } = this.#waiting[0] as Waiting
      const wait = due - performance.now()
      if (wait > 0) {
        this.#timer = setTimeout(() => { this.#drain() }, wait)
        return
      }
      this.#waiting.shift()
      this.#bytesWaiting -= sizeOf(chunk)
      this.#write(chunk)
    }
    this.#readOn()
  }

  #write (chunk: Chunk): void {
    if (chunk === 'reset') this.#sink.resetAndDestroy()
    if (this.#sink.destroyed || this.#sink.writableEnded) return
    if (chunk === 'end') this.#sink.end()
    if (typeof chunk === 'string') return
    const part = chunk.length > this.#left ? chunk.subarray(0, this.#left) : chunk
    this.#left -= part.length
    if (part.length > 0 && !this.#sink.write(this.#flow.takeFlip() ? flipped(part) : part)) this.#source.pause()
    if (this.#left > 0) return
    this.#isSilent = true
    this.#closeBoth()
  }

  #readOn (): void {
    if (this.#bytesWaiting <= MAX_WAITING && !this.#sink.writableNeedDrain) this.#source.resume()
  }

  /** Nobody is there any more to be told. */
  #stop (): void {
    clearTimeout(this.#timer)
    this.#unsubscribe()
    this.#waiting = []
    this.#bytesWaiting = 0
    this.#isSilent = true
    // what it says is of no use, but its end has to be heard
    if (!this.#source.destroyed) this.#source.resume()
  }
}

function sizeOf (chunk: Chunk): number {
  return typeof chunk === 'string' ? 0 : chunk.length
}

function flipped (chunk: Buffer): Buffer {
  const copy = Buffer.from(chunk)
  const at = Math.floor(copy.length / 2)
  copy[at] = (copy[at] as number) ^ 0x10
  return copy
}
