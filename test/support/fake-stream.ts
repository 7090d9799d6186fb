// A libp2p stream in memory, as far as the RPC uses one.

import { StreamAbortEvent, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { TypedEventEmitter } from 'main-event'
import { FrameReader } from '../../src/rpc/frame-reader.js'
import { FrameWriter } from '../../src/rpc/frame-writer.js'
import { FrameType, idAfter, idOf, readGet, restOf, typeOf } from '../../src/rpc/frames.js'
import type { MessageStreamEvents, Stream } from '@libp2p/interface'

type Used = Pick<Stream, 'status' | 'send' | 'abort' | 'addEventListener' | 'writeBufferLength' | 'pause' | 'resume'>

export interface SeenFrame { type: number, id: number, rest: Buffer }

export class FakeStream extends TypedEventEmitter<MessageStreamEvents> implements Used {
  /** One item for each send. */
  readonly sends: Uint8Array[] = []
  writeBufferLength = 0
  /** What `send` returns: false = wait for 'drain'. */
  accepts = true
  /** What `send` throws. */
  breaksWith: Error | undefined
  isPaused = false
  abortedWith: Error | undefined
  /** Where what is sent arrives, a tick later. */
  #other: FakeStream | undefined
  #unread: Uint8Array[] = []

  /** Two ends of one stream. */
  static pair (): [FakeStream, FakeStream] {
    const ends: [FakeStream, FakeStream] = [new FakeStream(), new FakeStream()]
    ends[0].#other = ends[1]
    ends[1].#other = ends[0]
    return ends
  }

  get stream (): Stream {
    return this as unknown as Stream
  }

  get status (): Stream['status'] {
    return this.abortedWith === undefined ? 'open' : 'aborted'
  }

  get frames (): SeenFrame[] {
    return framesIn(...this.sends)
  }

  /** What was asked for: as `frames`, but one item for each key of a GET, with nothing but the key in it. */
  get requests (): SeenFrame[] {
    return this.frames.flatMap(frame => frame.type === FrameType.get ? getsIn(frame) : [frame])
  }

  send (data: Parameters<Stream['send']>[0]): boolean {
    if (this.breaksWith !== undefined) throw this.breaksWith
    const bytes = Uint8Array.from(data.subarray())
    this.sends.push(bytes)
    const other = this.#other
    if (other !== undefined) queueMicrotask(() => { other.receive(bytes) })
    return this.accepts
  }

  abort (err: Error): void {
    if (this.abortedWith !== undefined) return
    this.abortedWith = err
    this.dispatchEvent(new StreamAbortEvent(err))
    const other = this.#other
    if (other !== undefined) queueMicrotask(() => { other.dispatchEvent(new StreamCloseEvent()) })
  }

  pause (): void {
    this.isPaused = true
  }

  resume (): void {
    this.isPaused = false
    const unread = this.#unread
    this.#unread = []
    for (const data of unread) this.receive(data)
  }

  /** Bytes from the other side. */
  receive (data: ConstructorParameters<typeof StreamMessageEvent>[0]): void {
    if (this.abortedWith !== undefined) return
    if (this.isPaused) this.#unread.push(data.subarray())
    else this.dispatchEvent(new StreamMessageEvent(data))
  }

  drain (): void {
    this.accepts = true
    this.dispatchEvent(new Event('drain'))
  }

  closeByPeer (how: 'close' | 'remoteCloseWrite'): void {
    this.dispatchEvent(how === 'close' ? new StreamCloseEvent() : new Event('remoteCloseWrite'))
  }
}

/** The frames in some bytes, copied. */
export function framesIn (...chunks: readonly Uint8Array[]): SeenFrame[] {
  const frames: SeenFrame[] = []
  const reader = new FrameReader(frame => { frames.push({ type: typeOf(frame), id: idOf(frame), rest: Buffer.from(restOf(frame)) }) })
  for (const chunk of chunks) reader.push(chunk)
  return frames
}

function getsIn ({ type, id, rest }: SeenFrame): SeenFrame[] {
  const { keys } = readGet(Buffer.concat([Buffer.alloc(5), rest]))
  return keys.map((key, index) => ({ type, id: idAfter(id, index), rest: Buffer.from(key) }))
}

/** The bytes of what `write` writes. */
export function written (write: (frames: FrameWriter) => void): Uint8Array {
  const frames = new FrameWriter()
  write(frames)
  return allOf(frames)
}

/** All that was written, however many sends that takes. */
export function allOf (frames: FrameWriter): Uint8Array {
  const taken: Uint8Array[] = []
  while (frames.byteLength + frames.longBytes > 0) taken.push(frames.take().subarray())
  return Uint8Array.from(Buffer.concat(taken))
}
