import { expect } from 'chai'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { FLEETING_BURST, FLEETING_PER_SECOND, FLEETING_TIME, MAX_HANDSHAKE_BYTES, MAX_PENDING_PER_HOST } from '../../../src/constants.js'
import { Gate } from '../../../src/security/gate.js'
import { FakeClock } from '../../support/fake-clock.js'
import { fakeLog } from '../../support/fake-log.js'
import type { FakeLog } from '../../support/fake-log.js'
import type { MultiaddrConnection } from '@libp2p/interface'

const LISTED = peerIdFromString('12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5')
const STRANGER = peerIdFromString('12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN')

/** What of a raw connection the gate looks at. */
class FakeConnection extends EventTarget {
  readonly remoteAddr
  constructor (port: number, host = '10.0.0.7') {
    super()
    this.remoteAddr = multiaddr(`/ip4/${host}/tcp/${port}`)
  }

  /** What reached whoever reads it. */
  received = 0
  abortedWith: Error | undefined

  onData (data: Uint8Array): void {
    this.received += data.byteLength
  }

  abort (err: Error): void {
    this.abortedWith = err
    this.close()
  }

  close (): void {
    this.dispatchEvent(new Event('close'))
  }
}

function arrives (gate: Gate, port: number, host?: string): FakeConnection & MultiaddrConnection {
  const connection = new FakeConnection(port, host) as FakeConnection & MultiaddrConnection
  expect(gate.connectionGater.denyInboundConnection?.(connection)).to.equal(false)
  return connection
}

describe('the gate', () => {
  let log: FakeLog
  let clock: FakeClock

  beforeEach(() => {
    log = fakeLog()
    clock = new FakeClock()
  })

  function gate (allowed?: string[]): Gate {
    const gate = new Gate(allowed === undefined ? undefined : new Set(allowed), clock)
    gate.log = log
    return gate
  }

  it('without a list lets everybody in and out', () => {
    const open = gate()
    const { connectionGater } = open
    expect(connectionGater.denyDialPeer?.(STRANGER)).to.equal(false)
    const connection = arrives(open, 1)
    expect(connectionGater.denyInboundEncryptedConnection?.(STRANGER, connection)).to.equal(false)
    expect(connectionGater.denyOutboundEncryptedConnection?.(STRANGER, connection)).to.equal(false)
    expect(open.allows(STRANGER.toString())).to.equal(true)
  })

  it('with a list lets in and out who is on it, and nobody else', () => {
    const strict = gate([LISTED.toString()])
    const { connectionGater } = strict
    for (const [peer, denied] of [[LISTED, false], [STRANGER, true]] as const) {
      const connection = arrives(strict, 1)
      expect(connectionGater.denyDialPeer?.(peer)).to.equal(denied)
      expect(connectionGater.denyOutboundEncryptedConnection?.(peer, connection)).to.equal(denied)
      expect(connectionGater.denyInboundEncryptedConnection?.(peer, connection)).to.equal(denied)
      expect(strict.allows(peer.toString())).to.equal(!denied)
    }
    expect(log.lines.join()).to.include(STRANGER.toString()).and.not.include(LISTED.toString())
  })

  it('notes once per address who did not finish the handshake, and does not note a connection that did', () => {
    const open = gate()
    for (let port = 1; port <= 50; port++) arrives(open, port).close()
    arrives(open, 1, '10.0.0.8').close()
    const good = arrives(open, 1, '10.0.0.9')
    void open.connectionGater.denyInboundEncryptedConnection?.(LISTED, good)
    good.close()
    expect(log.lines).to.have.length(2)
    expect(log.lines[0]).to.include('10.0.0.7').and.include('`secret` or `cluster`')
    expect(log.lines[1]).to.include('10.0.0.8')
  })

  it('notes who is not on the list once, by its id', () => {
    const strict = gate([LISTED.toString()])
    const connection = arrives(strict, 1)
    void strict.connectionGater.denyInboundEncryptedConnection?.(STRANGER, connection)
    connection.close()
    expect(log.lines).to.have.length(1)
    expect(log.lines[0]).to.include(STRANGER.toString()).and.include('allow')
  })

  it('lets no host have more than its share of the handshakes under way', () => {
    const open = gate()
    const pending = Array.from({ length: MAX_PENDING_PER_HOST }, (_, i) => arrives(open, i + 1))
    const another = (): unknown => open.connectionGater.denyInboundConnection?.(new FakeConnection(9_999) as FakeConnection & MultiaddrConnection)
    expect(another()).to.equal(true)
    arrives(open, 1, '10.0.0.8')
    expect(log.lines.join()).to.include(`${MAX_PENDING_PER_HOST} of its handshakes are under way`)
    // one has given up, one has proved who it is: that one's end is not counted again
    pending[0]?.close()
    const [, second] = pending
    void open.connectionGater.denyInboundEncryptedConnection?.(LISTED, second as FakeConnection & MultiaddrConnection)
    second?.close()
    expect([another(), another(), another()]).to.deep.equal([false, false, true])
  })

  it('ends a handshake that goes on for ever, and counts nothing after it', () => {
    const open = gate()
    const [endless, good] = [arrives(open, 1), arrives(open, 2)]
    for (const connection of [endless, good]) connection.onData(new Uint8Array(MAX_HANDSHAKE_BYTES))
    expect([endless.received, endless.abortedWith]).to.deep.equal([MAX_HANDSHAKE_BYTES, undefined])
    endless.onData(new Uint8Array(1))
    expect([endless.received, endless.abortedWith?.name]).to.deep.equal([MAX_HANDSHAKE_BYTES, 'ProtocolViolationError'])
    void open.connectionGater.denyInboundEncryptedConnection?.(LISTED, good)
    good.onData(new Uint8Array(1_000_000))
    expect([good.received, good.abortedWith]).to.deep.equal([MAX_HANDSHAKE_BYTES + 1_000_000, undefined])
  })

  const denies = (gate: Gate, host?: string): unknown => gate.connectionGater.denyInboundConnection?.(new FakeConnection(9_999, host) as FakeConnection & MultiaddrConnection)

  /** A host has had as many connections that came to nothing as it may. */
  function exhaust (gate: Gate, fail: (connection: FakeConnection & MultiaddrConnection) => void): void {
    for (let port = 1; port <= FLEETING_BURST; port++) {
      const connection = arrives(gate, port)
      connection.onData(new Uint8Array(100))
      fail(connection)
    }
  }

  it('ends the connections of a host that never finishes a handshake before there is one, but for a few a second', async () => {
    const open = gate()
    exhaust(open, connection => { connection.close() })
    expect([denies(open), denies(open, '10.0.0.8')]).to.deep.equal([true, false])
    await clock.advance(1_000)
    for (let i = 0; i < FLEETING_PER_SECOND; i++) {
      const connection = arrives(open, i + 1)
      connection.onData(new Uint8Array(1))
      connection.close()
    }
    expect(denies(open)).to.equal(true)
    // what comes to something costs its host nothing
    await clock.advance(250)
    for (let i = 0; i < 10; i++) void open.connectionGater.denyInboundEncryptedConnection?.(LISTED, arrives(open, i + 1))
    expect(denies(open)).to.equal(false)
  })

  it('counts connections that end right behind their handshake, and not those that live on', async () => {
    const open = gate()
    const ends: FakeConnection[] = []
    exhaust(open, connection => {
      void open.connectionGater.denyInboundEncryptedConnection?.(STRANGER, connection)
      ends.push(connection)
    })
    await clock.advance(FLEETING_TIME)
    for (const connection of ends) connection.close()
    expect(denies(open)).to.equal(false)
    exhaust(open, connection => {
      void open.connectionGater.denyInboundEncryptedConnection?.(STRANGER, connection)
      connection.close()
    })
    expect(denies(open)).to.equal(true)
    await clock.advance(FLEETING_BURST / FLEETING_PER_SECOND * 1_000)
    exhaust(open, () => {})
  })

  it('counts them however long their handshake took', async () => {
    const open = gate()
    const ends: Array<FakeConnection & MultiaddrConnection> = []
    exhaust(open, connection => { ends.push(connection) })
    await clock.advance(2 * FLEETING_TIME)
    for (const connection of ends) {
      void open.connectionGater.denyInboundEncryptedConnection?.(STRANGER, connection)
      connection.close()
    }
    expect(denies(open)).to.equal(true)
  })

  it('does not count who only looks whether the port is open', () => {
    const open = gate()
    for (let port = 1; port <= 2 * FLEETING_BURST; port++) arrives(open, port).close()
    expect(denies(open)).to.equal(false)
  })
})
