// Raw TCP in Node with the same shape of work: frames with a length and an id, coalesced per tick, answers
// matched by id. No encryption, no routing, no cache: the ceiling.

import { connect } from 'node:net'
import { KEYS } from './contestant.js'
import type { Contestant } from './contestant.js'

export async function tcpClient (address: string, size: number): Promise<Contestant> {
  const socket = connect(Number(address), '127.0.0.1')
  socket.setNoDelay(true)
  await new Promise<void>(resolve => { socket.once('connect', resolve) })
  const pending = new Map<number, (value: Buffer) => void>()
  const write = coalescer(batch => { socket.write(batch) })
  let lastId = 0
  socket.on('data', frames((id, value) => {
    const resolve = pending.get(id)
    pending.delete(id)
    resolve?.(value)
  }))
  return {
    get: async i => {
      const id = ++lastId
      const answer = new Promise<Buffer>(resolve => { pending.set(id, resolve) })
      write(id, Buffer.from(KEYS[i % KEYS.length] as string))
      const value = Buffer.from(await answer)
      if (value.byteLength !== size) throw new Error(`expected ${size} bytes, got ${value.byteLength}`)
    },
    close: async () => { socket.destroy() }
  }
}

/** Collects the frames of a tick into one write. */
export function coalescer (send: (batch: Buffer) => void): (id: number, payload: Uint8Array) => void {
  let parts: Uint8Array[] = []
  return (id, payload) => {
    if (parts.length === 0) {
      queueMicrotask(() => {
        const batch = Buffer.concat(parts)
        parts = []
        send(batch)
      })
    }
    const head = Buffer.allocUnsafe(8)
    head.writeUInt32BE(payload.byteLength + 4, 0)
    head.writeUInt32BE(id, 4)
    parts.push(head, payload)
  }
}

/** Finds the frames in the chunks of a socket. */
export function frames (onFrame: (id: number, payload: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return chunk => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (bytes.length >= 8 && bytes.length >= bytes.readUInt32BE(0) + 4) {
      const end = bytes.readUInt32BE(0) + 4
      onFrame(bytes.readUInt32BE(4), bytes.subarray(8, end))
      bytes = bytes.subarray(end)
    }
    rest = bytes
  }
}
