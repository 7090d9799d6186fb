// Bytes of the protocol, for those who send what is not meant to be sent.

import { FrameWriter } from '../../src/rpc/frame-writer.js'
import type { Stream } from '@libp2p/interface'
import type { Target } from './attack.js'

export const MIB = 1024 * 1024

/** The bytes of what `write` writes. */
export function bytesOf (write: (frames: FrameWriter) => void): Uint8Array {
  const frames = new FrameWriter()
  write(frames)
  const taken: Uint8Array[] = []
  while (frames.byteLength + frames.longBytes > 0) taken.push(frames.take().subarray())
  return Buffer.concat(taken)
}

/** A frame of any type whose length may be a lie. */
export function rawFrame (type: number, id: number, rest: Uint8Array = new Uint8Array(0), length = 5 + rest.length): Uint8Array {
  const head = Buffer.alloc(9)
  head.writeUInt32BE(length, 0)
  head.writeUInt8(type, 4)
  head.writeUInt32BE(id, 5)
  return Buffer.concat([head, rest])
}

/** Sends what `next` makes, again and again, on a new stream whenever one has ended. What comes back is read. */
export async function floodStream (target: Target, next: (round: number) => Uint8Array, restMs = 1): Promise<void> {
  let round = 0
  while (!target.isOver) {
    const stream = await target.open('rpc')
    stream.addEventListener('message', () => { /* read, and forgotten */ })
    while (!target.isOver && send(stream, next(round++))) {
      // its own memory is not what this is about
      do await target.rest(restMs)
      while (!target.isOver && stream.status === 'open' && stream.writeBufferLength > 32 * MIB)
    }
  }
}

/** @returns whether the stream is still there */
export function send (stream: Stream, bytes: Uint8Array): boolean {
  if (stream.status !== 'open') return false
  try {
    stream.send(bytes)
    return true
  } catch {
    return false
  }
}
