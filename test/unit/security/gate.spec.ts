import { expect } from 'chai'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
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

  beforeEach(() => { log = fakeLog() })

  function gate (allowed?: string[]): Gate {
    const gate = new Gate(allowed === undefined ? undefined : new Set(allowed), new FakeClock())
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
})
