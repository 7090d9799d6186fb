// What one connection may hold, on two real ends of Yamux.

import { expect } from 'chai'
import { MAX_CONNECTION_BYTES, MAX_NEGOTIATION_BYTES, STREAM_BYTES } from '../../src/constants.js'
import { RATES } from '../../src/rpc/allowance.js'
import { limitConnection } from '../../src/rpc/muxer-limits.js'
import { startNode, stopNodes } from '../support/nodes.js'
import { until } from '../support/until.js'
import type { Connection, Stream } from '@libp2p/interface'

/** Of Yamux's data frame for a stream. */
function header (streamId: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(streamId, 4)
  bytes.writeUInt32BE(length, 8)
  return bytes
}

interface Ends { connection: Connection, far: Connection, sendRaw: (bytes: Uint8Array) => void }

describe('a connection', () => {
  afterEach(stopNodes)

  /** Its near end has the limits of a node; the far one sends what it likes. */
  async function start (): Promise<Ends> {
    const [victim, offender] = await Promise.all([startNode(), startNode({ cluster: 'another' })])
    const far = await offender.libp2p.dial(victim.multiaddrs)
    await until(() => victim.libp2p.getConnections(offender.peerId).length > 0)
    const { muxer } = far as unknown as { muxer: { maConn: { send: (bytes: Uint8Array) => void } } }
    return { connection: victim.libp2p.getConnections(offender.peerId)[0] as Connection, far, sendRaw: bytes => { muxer.maConn.send(bytes) } }
  }

  it('ends when a longer frame is announced than any stream may have under way, before it has come', async () => {
    const { connection, sendRaw } = await start()
    sendRaw(header(1, STREAM_BYTES + 1))
    await until(() => connection.status !== 'open', { what: 'it ends' })
  })

  it('goes on when the longest is announced that there may be', async () => {
    const { connection, far, sendRaw } = await start()
    sendRaw(header(9_999, STREAM_BYTES))
    sendRaw(new Uint8Array(1_000))
    const { muxer } = connection as unknown as { muxer: { decoder: { buffer: { byteLength: number } } } }
    // what libp2p sends for itself meanwhile is taken for more of it
    await until(() => muxer.decoder.buffer.byteLength >= 1_012, { what: 'its beginning has come' })
    expect([connection.status, far.status]).to.deep.equal(['open', 'open'])
  })

  it('may close just when a stream is opened on it', async () => {
    const { connection } = await start()
    const { muxer } = connection as unknown as { muxer: { onCreateStream: () => Stream, maConn: { abort: (err: Error) => void } } }
    // what is thrown in a microtask fails the test, and would end a process
    const stream = muxer.onCreateStream()
    muxer.maConn.abort(new Error('gone'))
    await until(() => connection.status !== 'open', { what: 'it has closed' })
    expect(() => { stream.send(new Uint8Array(1)) }).to.throw()
  })

  it('may have frames of 16 MiB where Yamux has the window that it has by itself', () => {
    const muxer = { maConn: {}, send: () => true, onData: () => {}, handlePing: () => {}, incomingStream: () => {}, addEventListener: () => {}, decoder: { buffer: { byteLength: 12, subarray: () => header(1, length) } } }
    let length = 16 * 1024 * 1024
    expect(limitConnection({ maConn: {}, muxer, addEventListener: () => {} } as unknown as Connection, { spend: () => {}, onExcess: () => {} })).to.equal(true)
    const { onData } = muxer as { onData: (data: Uint8Array) => void }
    onData(new Uint8Array(0))
    length++
    expect(() => { onData(new Uint8Array(0)) }).to.throw('announces 16777217 bytes, expected at most 16777216')
  })

  it('has a limit for what waits to be written below its streams', async () => {
    const { connection } = await start()
    const { maConn, muxer } = connection as unknown as { maConn: { maxWriteBufferLength: number }, muxer: { maConn: { maxWriteBufferLength: number } } }
    expect([maConn.maxWriteBufferLength, muxer.maConn.maxWriteBufferLength]).to.deep.equal([MAX_CONNECTION_BYTES, MAX_CONNECTION_BYTES])
  })

  it('ends when the multiplexer is pinged without end, and answers some', async () => {
    const { connection, far, sendRaw } = await start()
    // its own end would end over answers that it did not ask for
    Object.assign((far as unknown as { muxer: object }).muxer, { handlePing: () => {} })
    const ping = Buffer.from([0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1])
    sendRaw(Buffer.concat(Array.from({ length: RATES.muxerPings.burst / 2 }, () => ping)))
    await connection.newStream('/ipfs/id/1.0.0')
    expect(connection.status).to.equal('open')
    sendRaw(Buffer.concat(Array.from({ length: RATES.muxerPings.burst }, () => ping)))
    await until(() => connection.status !== 'open', { what: 'it ends' })
  })

  it('ends when streams are opened without end', async () => {
    const { connection, sendRaw } = await start()
    const syn = (id: number): Buffer => {
      const bytes = Buffer.from([0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
      bytes.writeUInt32BE(id, 4)
      return bytes
    }
    sendRaw(Buffer.concat(Array.from({ length: 2 * RATES.muxerStreams.burst }, (_, i) => syn(10_001 + 2 * i))))
    await until(() => connection.status !== 'open', { what: 'it ends' })
  })

  it('loses a stream that brings much and does not say what it is for', async () => {
    const { far } = await start()
    const { muxer } = far as unknown as { muxer: { createStream: (options: object) => Promise<Stream> } }
    const stream = await muxer.createStream({})
    const closed = new Promise(resolve => { stream.addEventListener('close', resolve) })
    const message = Buffer.from('\u0003/a\n')
    stream.addEventListener('message', () => { /* read, and forgotten */ })
    for (let bytes = 0; bytes <= MAX_NEGOTIATION_BYTES; bytes += 1_000 * message.length) stream.send(Buffer.concat(Array.from({ length: 1_000 }, () => message)))
    await closed
    expect(far.status).to.equal('open')
  })

  it('of another kind is left as it is', () => {
    expect(limitConnection({} as Connection, { spend: () => {}, onExcess: () => {} })).to.equal(false)
  })
})
