import { peerIdFromString } from '@libp2p/peer-id'
import { expect } from 'chai'
import { TypedEventEmitter } from 'main-event'
import { Doorkeeper } from '../../../src/cluster/doorkeeper.js'
import type { Connection, Libp2pEvents } from '@libp2p/interface'

describe('a doorkeeper', () => {
  it('that starts again counts once what comes on a connection that stayed open', () => {
    const muxer = { maConn: {}, send: () => true, onData: () => {}, handlePing: (_header: object) => {}, incomingStream: () => {}, addEventListener: () => {}, decoder: { buffer: new Uint8Array(0) } }
    const remotePeer = peerIdFromString('12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg')
    const connection = { remotePeer, status: 'open', maConn: {}, muxer, addEventListener: () => {} } as unknown as Connection
    const spent: string[] = []
    const doorkeeper = new Doorkeeper({
      connectionManager: { getConnections: () => [connection] },
      events: new TypedEventEmitter<Libp2pEvents>(),
      conduct: { isRefused: () => false, noteViolation: () => {}, account: () => ({ spend: (kind: string) => { spent.push(kind) } }) as never }
    })
    for (let i = 0; i < 3; i++) {
      doorkeeper.start()
      doorkeeper.stop()
    }
    muxer.handlePing({})
    expect(spent).to.deep.equal(['muxerPings'])
  })
})
