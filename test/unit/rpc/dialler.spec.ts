// Which connection a dial ends with.

import { expect } from 'chai'
import { TypedEventEmitter } from 'main-event'
import { setTimeout as delay } from 'node:timers/promises'
import { Dialler } from '../../../src/rpc/dialler.js'
import { fakeLog } from '../../support/fake-log.js'
import { FAR, NEAR } from '../../support/rpc-pair.js'
import { rejection } from '../../support/thrown.js'
import type { Connection, Libp2pEvents, PeerId, Stream } from '@libp2p/interface'

type Direction = Connection['direction']
const connectionTo = (remotePeer: PeerId, direction: Direction): Connection => ({ remotePeer, direction, status: 'open' }) as Connection

/** A connection on which streams are opened as `newStream` does. */
function connectionWith (newStream: (signal: AbortSignal) => Promise<Stream>, streams: Stream[] = []): Connection & { abortedWith: Error[] } {
  const abortedWith: Error[] = []
  return { ...connectionTo(FAR, 'outbound'), streams, abortedWith, newStream: (_protocol: string, { signal }: { signal: AbortSignal }) => newStream(signal), abort: (err: Error) => { abortedWith.push(err) } }
}

/** A dialler that has these connections, the first one first, each until it was aborted. */
function connected (...connections: Array<Connection & { abortedWith: Error[] }>): Dialler {
  return new Dialler({
    connectionManager: { getConnections: () => connections.filter(({ abortedWith }) => abortedWith.length === 0), openConnection: () => Promise.reject(new Error('not expected')) },
    events: new TypedEventEmitter<Libp2pEvents>(),
    addressesOf: () => [],
    log: fakeLog()
  })
}

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

describe('a stream', () => {
  const closing = (): Error => Object.assign(new Error('closing'), { name: 'ConnectionClosedError' })

  it('has all its time again on a second connection', async () => {
    const stream = {} as Stream
    let firstTime: AbortSignal | undefined
    const first = connectionWith(async signal => {
      firstTime = signal
      await delay(60)
      throw closing()
    })
    const second = connectionWith(signal => new Promise((resolve, reject) => {
      // the time of the first one is over, this one's is not
      firstTime?.addEventListener('abort', () => { if (signal.aborted) reject(new Error('out of time')); else resolve(stream) })
    }))
    expect(await connected(first, second).openStream(FAR, '/test', { timeout: 300 })).to.equal(stream)
    expect([first.abortedWith.length, second.abortedWith.length]).to.deep.equal([1, 0])
  })

  it('that nobody answers in time is given up with its connection, and not tried on another one', async () => {
    const silent = connectionWith(signal => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error) }) }))
    const other = connectionWith(() => Promise.resolve({} as Stream))
    expect((await rejection(connected(silent, other).openStream(FAR, '/test', { timeout: 20 }))).name).to.equal('TimeoutError')
    expect([silent.abortedWith.length, other.abortedWith.length]).to.deep.equal([1, 0])
  })

  it('takes its own connection along when it is of no use, and no newer one', () => {
    const [stream, another] = [{}, {}] as [Stream, Stream]
    const [old, newer] = [connectionWith(() => Promise.resolve(stream), [stream]), connectionWith(() => Promise.resolve(another), [another])]
    connected(old, newer).abortConnectionOf(stream, FAR, new Error('silent'))
    expect([old.abortedWith.length, newer.abortedWith.length]).to.deep.equal([1, 0])
  })
})
