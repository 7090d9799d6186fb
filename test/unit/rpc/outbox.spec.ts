// What waits for a peer that reads slowly, or not at all, on a stream of libp2p's own making.

import { expect } from 'chai'
import { MAX_OUTBOX_BYTES, MAX_UNREAD_TIME, UNREAD_PATIENCE } from '../../../src/constants.js'
import { Account } from '../../../src/rpc/account.js'
import { FrameReader } from '../../../src/rpc/frame-reader.js'
import { idOf } from '../../../src/rpc/frames.js'
import { Responder } from '../../../src/rpc/responder.js'
import { RawStream } from '../../fuzz/raw-stream.js'
import { fullHandler } from '../../support/answering-end.js'
import { plain } from '../../support/asking-end.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { written } from '../../support/fake-stream.js'
import type { Uint8ArrayList } from 'uint8arraylist'

const WINDOW = 256 * 1024
const KEYS = 2_000
const VALUE = plain(Buffer.alloc(60 * 1024))
const gets = (from: number, count: number): Uint8Array => written(frames => { for (let id = from; id < from + count; id++) frames.get(id, 'get', 'g', `k${id}`) })

/** Its other end says how much it takes, as Yamux's windows do. */
class WindowedStream extends RawStream {
  readonly #onFrame: (id: number) => void
  readonly #reader = new FrameReader(frame => { this.#onFrame(idOf(frame)) })
  #window = WINDOW
  #unread = 0

  constructor (onFrame: (id: number) => void) {
    super()
    this.#onFrame = onFrame
  }

  /** The other end has read all that has come. */
  read (): void {
    this.#window += this.#unread
    this.#unread = 0
    if (this.writeBufferLength > 0) this.drain()
  }

  /** The connection has room again, whoever read. */
  drain (): void {
    this.safeDispatchEvent('drain')
  }

  override sendData (data: Uint8ArrayList): { sentBytes: number, canSendMore: boolean } {
    const sentBytes = Math.min(this.#window, data.byteLength)
    for (const part of data.sublist(0, sentBytes)) this.#reader.push(part)
    this.#window -= sentBytes
    this.#unread += sentBytes
    return { sentBytes, canSendMore: sentBytes === data.byteLength }
  }
}

describe('the writing end of a stream', () => {
  function start (): { stream: WindowedStream, clock: FakeClock, answered: number[], closed: Error[] } {
    const answered: number[] = []
    const closed: Error[] = []
    const clock = new FakeClock()
    const stream = new WindowedStream(id => { answered.push(id) })
    const responder = new Responder({ stream, peer: 'far', account: new Account(clock), clock, handler: fullHandler({ get: () => VALUE }), onClose: err => { closed.push(err) } })
    expect(responder.peer).to.equal('far')
    return { stream, clock, answered, closed }
  }

  it('sends all that was asked for to who reads it, though it was far behind', async () => {
    const { stream, answered, closed } = start()
    stream.onData(gets(0, KEYS))
    await settled()
    expect(stream.writeBufferLength).to.be.within(MAX_OUTBOX_BYTES, 2 * MAX_OUTBOX_BYTES)
    for (let reads = 0; answered.length < KEYS; reads++) {
      expect(reads, 'reads').to.be.at.most(2 * KEYS)
      stream.read()
      await settled()
    }
    // and it is read again
    stream.onData(gets(KEYS, 1))
    await settled()
    stream.read()
    await settled()
    expect(answered).to.deep.equal(Array.from({ length: KEYS + 1 }, (_, id) => id))
    expect(closed).to.have.lengthOf(0)
  })

  it('does not read from who reads nothing, and gives it up in the end, however much room its connection has', async () => {
    const { stream, clock, answered, closed } = start()
    stream.onData(gets(0, 200))
    for (let ms = 0; ms < UNREAD_PATIENCE; ms += 100) {
      stream.drain()
      await clock.advance(100)
    }
    stream.onData(gets(200, 1))
    expect([stream.readStatus, answered.length]).to.deep.equal(['paused', Math.floor(WINDOW / VALUE.bytes.byteLength)])
    for (let ms = UNREAD_PATIENCE; ms < MAX_UNREAD_TIME && closed.length === 0; ms += 100) {
      stream.drain()
      await clock.advance(100)
    }
    expect(closed.map(String)).to.deep.equal([`ConnectionLostError: the peer has read nothing for ${MAX_UNREAD_TIME} ms`])
    expect(clock.timers).to.equal(0)
  })
})
