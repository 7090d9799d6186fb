// Which connection a dial ends with.

import { expect } from 'chai'
import { TypedEventEmitter } from 'main-event'
import { Dialler } from '../../../src/rpc/dialler.js'
import { fakeLog } from '../../support/fake-log.js'
import { FAR, NEAR } from '../../support/rpc-pair.js'
import { rejection } from '../../support/thrown.js'
import type { Connection, Libp2pEvents, PeerId } from '@libp2p/interface'

type Direction = Connection['direction']
const connectionTo = (remotePeer: PeerId, direction: Direction): Connection => ({ remotePeer, direction, status: 'open' }) as Connection

/** A dialler whose dials end as the test says. */
function setUp (): { dialler: Dialler, dial: PromiseWithResolvers<Connection>, opened: (connection: Connection) => void } {
  const events = new TypedEventEmitter<Libp2pEvents>()
  const dial = Promise.withResolvers<Connection>()
  const dialler = new Dialler({
    connectionManager: { getConnections: () => [], openConnection: () => dial.promise },
    events,
    addressesOf: () => [],
    log: fakeLog()
  })
  return { dialler, dial, opened: connection => { events.safeDispatchEvent('connection:open', { detail: connection }) } }
}

describe('a dial', () => {
  it('ends with the connection that the peer makes meanwhile, whatever becomes of it', async () => {
    const { dialler, dial, opened } = setUp()
    const [one, another] = [dialler.connect(FAR), dialler.connect(FAR)]
    const inbound = connectionTo(FAR, 'inbound')
    opened(inbound)
    expect(await one).to.equal(inbound)
    expect(await another).to.equal(inbound)
    // an unhandled rejection would end the test run
    dial.reject(new Error('no answer'))
  })

  it('does not end with the connection of somebody else', async () => {
    const { dialler, dial, opened } = setUp()
    const connected = dialler.connect(FAR)
    opened(connectionTo(NEAR, 'inbound'))
    const own = connectionTo(FAR, 'outbound')
    opened(own)
    dial.resolve(own)
    expect(await connected).to.equal(own)
  })

  it('fails as it does by itself where the peer makes none', async () => {
    const { dialler, dial } = setUp()
    const connected = rejection(dialler.connect(FAR))
    dial.reject(new Error('no answer'))
    expect((await connected).message).to.equal('no answer')
  })
})
