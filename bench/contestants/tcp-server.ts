// The other process of the raw TCP contestant: answers each key with the same value, from a Map.

import { createServer } from 'node:net'
import { KEYS, valueOf } from './contestant.js'
import { coalescer, frames } from './tcp.js'
import type { AddressInfo } from 'node:net'

const value = valueOf(Number(process.argv[2]))
const values = new Map(KEYS.map(key => [key, value]))
const server = createServer(socket => {
  socket.setNoDelay(true)
  const write = coalescer(batch => { socket.write(batch) })
  socket.on('data', frames((id, key) => { write(id, values.get(key.toString()) ?? new Uint8Array(0)) }))
  socket.on('error', () => { socket.destroy() })
})
server.listen(0, '127.0.0.1', () => { process.send?.(String((server.address() as AddressInfo).port)) })
process.on('disconnect', () => { process.exit() })
