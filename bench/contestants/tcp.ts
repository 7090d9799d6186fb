// Raw TCP in Node with the same shape of work: frames with a length and an id, collected the same way, answers
// matched by id. No encryption, no routing, no cache: the ceiling.

import { once } from 'node:events'
import { connect } from 'node:net'
import { checkSize } from './contestant.js'
import { inLoops } from './loops.js'
import { withServer } from './server-process.js'
import { frameReader, frameWriter } from './tcp-frames.js'
import type { Contestant, Work } from './contestant.js'

/** As in src/rpc/requester.ts. */
const MIN_HALF = 8

interface Pending { resolve: (value: Buffer) => void, reject: (err: Error) => void }

export function openTcp ({ keys, size }: Work): Promise<Contestant> {
  return withServer('tcp', { keys, size }, async (address, server) => {
    const socket = connect(Number(address), '127.0.0.1')
    socket.setNoDelay(true)
    await once(socket, 'connect')
    const pending = new Map<number, Pending>()
    const write = frameWriter(socket)
    let lastId = 0
    socket.on('data', frameReader((id, value) => {
      const request = pending.get(id)
      pending.delete(id)
      request?.resolve(value)
    }))
    socket.on('error', () => {})
    socket.on('close', () => {
      for (const { reject } of pending.values()) reject(new Error('the connection of the raw TCP contestant was lost'))
    })
    const get = (key: string): Promise<Buffer> => new Promise((resolve, reject) => {
      const id = ++lastId
      pending.set(id, { resolve, reject })
      // as this library does: half of what is open is not held for the rest of the tick
      write(id, Buffer.from(key), Math.max(MIN_HALF, pending.size / 2))
    })
    return {
      // a copy, as a value would otherwise keep all of its chunk alive
      rate: inLoops(keys, async key => { checkSize(Buffer.from(await get(key)), size) }),
      close: async () => {
        socket.destroy()
        await server.end()
      }
    }
  })
}
