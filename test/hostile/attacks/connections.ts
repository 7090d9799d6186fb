// Connections that are proper in all but their number; and such as never finish their handshake, from another address.

import { multiaddr } from '@multiformats/multiaddr'
import { connect } from 'node:net'
import { MIB } from '../frames.js'
import type { Attack, Target } from '../attack.js'
import type { Socket } from 'node:net'

/** Members of this machine are at 127.0.0.1. Each of these has an address of its own, of which the log tells once a minute. */
const ELSEWHERE = ['127.0.0.2', '127.0.0.3'] as const

const connections: Attack = {
  name: 'connections without end',
  mayHold: { bytes: 128 * MIB, because: 'MAX_PEER_CONNECTIONS' },
  ms: 3_000,
  isLogged: /cutting off|refusing/,
  run: async target => {
    while (!target.isOver) {
      try {
        const connection = await target.node.libp2p.dial(multiaddr(target.address), { force: true, signal: AbortSignal.timeout(1_000) })
        connection.addEventListener('close', () => { target.wasCutOff() }, { once: true })
      } catch {
        target.wasCutOff()
      }
      await target.rest(5)
    }
  }
}

/** Opens a connection from elsewhere every few milliseconds, and does with it what `use` does. */
const strangers = (name: string, from: string, mayHold: Attack['mayHold'], pause: number, use: (socket: Socket, target: Target) => void): Attack => ({
  name,
  mayHold,
  isLogged: new RegExp(`refused \\d+ connections from ${from.replaceAll('.', '\\.')}`),
  run: async target => {
    const sockets = new Set<Socket>()
    while (!target.isOver) {
      const socket = connect({ port: target.port, host: '127.0.0.1', localAddress: from })
      sockets.add(socket)
      // a reset is what it asks for
      socket.on('error', () => {})
      socket.once('close', () => {
        sockets.delete(socket)
        target.wasCutOff()
      })
      socket.resume()
      use(socket, target)
      await target.rest(pause)
    }
    for (const socket of sockets) socket.destroy()
  }
})

const GREETING = '\u0013/multistream/1.0.0\n'

export const connectionFloods: Attack[] = [
  connections,
  strangers('handshakes never finished', ELSEWHERE[0], { bytes: 128 * MIB, because: 'MAX_PENDING_CONNECTIONS' }, 2, socket => { socket.write(GREETING) }),
  strangers('handshakes that go on for ever', ELSEWHERE[1], { bytes: 128 * MIB, because: 'MAX_HANDSHAKE_BYTES for each that is pending' }, 20, (socket, target) => {
    // a protocol that there is not, again and again: each is answered
    const chunk = Buffer.concat([Buffer.from(GREETING), ...Array.from({ length: 5_000 }, () => Buffer.from('\u0003/a\n'))])
    const more = (): void => { if (!target.isOver && !socket.destroyed) socket.write(chunk, () => { setTimeout(more, 5) }) }
    more()
  })
]
