// The frames of the raw TCP contestant: a length, an id, and the payload.

import type { Socket } from 'node:net'

const HEAD = 8
/** Longer batches are written part by part: to copy them together would cost more than the writes. */
const MAX_JOINED = 64 * 1024

/** Collects the frames of a tick into one write, or as many as `most` says. */
export function frameWriter (socket: Pick<Socket, 'write' | 'cork' | 'uncork'>): (id: number, payload: Uint8Array, most?: number) => void {
  let parts: Uint8Array[] = []
  let length = 0
  const flush = (): void => {
    if (parts.length === 0) return
    if (length <= MAX_JOINED) {
      socket.write(Buffer.concat(parts, length))
    } else {
      socket.cork()
      for (const part of parts) socket.write(part)
      socket.uncork()
    }
    parts = []
    length = 0
  }
  return (id, payload, most = Infinity) => {
    if (parts.length === 0) queueMicrotask(flush)
    const head = Buffer.allocUnsafe(HEAD)
    head.writeUInt32BE(payload.byteLength, 0)
    head.writeUInt32BE(id, 4)
    parts.push(head, payload)
    length += HEAD + payload.byteLength
    if (parts.length / 2 >= most) flush()
  }
}

/** Finds the frames in the chunks of a socket. What it hands on may share a chunk's memory. */
export function frameReader (onFrame: (id: number, payload: Buffer) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = []
  let length = 0
  /** Bytes without which there is nothing to do: each chunk is copied once, however many a frame takes. */
  let needed = HEAD
  return chunk => {
    chunks.push(chunk)
    length += chunk.length
    if (length < needed) return
    const bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks, length)
    let at = 0
    for (;;) {
      const left = bytes.length - at
      needed = left < HEAD ? HEAD : HEAD + bytes.readUInt32BE(at)
      if (left < needed) break
      onFrame(bytes.readUInt32BE(at + 4), bytes.subarray(at + HEAD, at + needed))
      at += needed
    }
    chunks = at === bytes.length ? [] : [bytes.subarray(at)]
    length = bytes.length - at
  }
}
