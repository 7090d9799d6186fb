// The other process of the raw TCP contestant: answers each key with its value, from a Map.

import { createServer } from 'node:net'
import { valueOf } from './contestant.js'
import { frameReader, frameWriter } from './tcp-frames.js'
import type { Work } from './contestant.js'
import type { AddressInfo } from 'node:net'

process.on('message', ({ keys, size }: Work) => {
  const values = new Map(keys.map(key => [key, valueOf(size)]))
  const server = createServer(socket => {
    socket.setNoDelay(true)
    const write = frameWriter(socket)
    socket.on('data', frameReader((id, key) => { write(id, values.get(key.toString()) ?? new Uint8Array(0)) }))
    socket.on('error', () => { socket.destroy() })
  })
  server.listen(0, '127.0.0.1', () => { process.send?.({ address: String((server.address() as AddressInfo).port) }) })
})
process.on('disconnect', () => { process.exit() })
