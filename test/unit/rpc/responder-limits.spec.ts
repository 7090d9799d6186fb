import { expect } from 'chai'
import { MAX_KEY_BYTES, MAX_OUTBOX_BYTES, MAX_SERVED_BYTES, MAX_SERVED_REQUESTS, MAX_UNREAD_TIME } from '../../../src/constants.js'
import { ProtocolViolationError } from '../../../src/errors.js'
import { RATES } from '../../../src/rpc/allowance.js'
import { FrameType, Status, readFailure } from '../../../src/rpc/frames.js'
import { writeForget } from '../../../src/rpc/removal-frames.js'
import { Requester } from '../../../src/rpc/requester.js'
import { startAnsweringEnd as start } from '../../support/answering-end.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { FakeStream, written } from '../../support/fake-stream.js'
import { getOn } from '../../support/get-on.js'
import type { Removal } from '../../../src/rpc/removal.js'

const REMOVAL: Removal = { kind: 'keys', group: 'g', keys: ['k'] }
const get = (id: number, key = 'k'): Uint8Array => written(frames => { frames.get(id, 'get', 'g', key) })
const ping = (id: number): Uint8Array => written(frames => { frames.bare(FrameType.ping, id) })

function failures (stream: FakeStream): Array<{ status: number, message: string }> {
  return stream.frames.filter(({ type }) => type === FrameType.failed).map(({ rest }) => readFailure(Buffer.concat([Buffer.alloc(5), rest])))
}

describe('the answering end of a stream and its limits', () => {
  it('refuses what is more than it works on at a time, still answers pings, and takes new work when some is done', async () => {
    const waiting: Array<() => void> = []
    const { stream } = start({ get: () => new Promise(resolve => { waiting.push(() => { resolve(undefined) }) }) })
    for (let id = 1; id <= MAX_SERVED_REQUESTS; id++) stream.receive(get(id))
    expect(stream.sends).to.have.length(0)
    stream.receive(Buffer.concat([get(90_001), ping(90_002)]))
    expect(stream.frames.map(({ type, id }) => [type, id])).to.deep.equal([[FrameType.failed, 90_001], [FrameType.done, 90_002]])
    expect(failures(stream)[0]?.status).to.equal(Status.overloaded)
    waiting[0]?.()
    await settled()
    stream.receive(get(90_003))
    expect(waiting).to.have.length(MAX_SERVED_REQUESTS + 1)
    expect(stream.isPaused).to.equal(false)
  })

  it('hears of removals although it works on as much as it may, and of no more than so many', () => {
    const { stream } = start({ get: () => new Promise(() => {}), forget: () => new Promise(() => {}) })
    const forget = (id: number): Uint8Array => written(frames => { writeForget(frames, id, id, REMOVAL) })
    stream.receive(Buffer.concat(Array.from({ length: MAX_SERVED_REQUESTS }, (_, i) => get(i))))
    stream.receive(Buffer.concat(Array.from({ length: MAX_SERVED_REQUESTS }, (_, i) => forget(100_000 + i))))
    expect(stream.sends).to.have.length(0)
    stream.receive(forget(1))
    expect(failures(stream).map(({ status }) => status)).to.deep.equal([Status.overloaded])
  })

  it('refuses it also when all of it comes in one piece', () => {
    let calls = 0
    const { stream } = start({
      get: () => {
        calls++
        return new Promise(() => {})
      }
    })
    stream.receive(Buffer.concat(Array.from({ length: 3 * MAX_SERVED_REQUESTS }, (_, i) => get(i))))
    expect(calls).to.equal(MAX_SERVED_REQUESTS)
  })

  it('stops reading while the peer does not read, until it has drained', () => {
    const { stream } = start()
    stream.accepts = false
    stream.writeBufferLength = MAX_OUTBOX_BYTES + 1
    stream.receive(get(1))
    expect(stream.isPaused).to.equal(true)
    stream.writeBufferLength = 0
    stream.drain()
    expect(stream.isPaused).to.equal(false)
  })

  it('sends nothing while the stream is full, and everything once it has drained', () => {
    const { stream } = start()
    stream.accepts = false
    for (const id of [1, 2, 3]) stream.receive(get(id))
    expect(stream.sends).to.have.length(1)
    stream.drain()
    expect(stream.frames.map(({ id }) => id)).to.deep.equal([1, 2, 3])
  })

  it('refuses requests whose keys are more bytes than it works on at once', () => {
    const { stream } = start({ get: () => new Promise(() => {}) })
    const key = 'k'.repeat(MAX_KEY_BYTES)
    const fit = Math.floor(MAX_SERVED_BYTES / MAX_KEY_BYTES)
    for (let i = 0; i <= fit; i++) stream.receive(written(frames => { frames.get(i, 'get', 'g', key) }))
    expect(failures(stream).map(({ status }) => status)).to.deep.equal([Status.overloaded])
    // what was refused was read all the same: long ones are fewer
    for (let i = 0; i < 2 * fit && stream.abortedWith === undefined; i++) stream.receive(written(frames => { frames.get(10_000 + i, 'get', 'g', key) }))
    expect(stream.abortedWith).to.be.instanceOf(ProtocolViolationError)
  })

  it('cuts off who goes on asking although it was refused, and refuses few until then', () => {
    const { stream, log } = start({ get: () => new Promise(() => {}) })
    const { burst } = RATES.refusals
    stream.receive(Buffer.concat(Array.from({ length: MAX_SERVED_REQUESTS + burst }, (_, i) => get(i))))
    expect(stream.abortedWith).to.equal(undefined)
    stream.receive(get(MAX_SERVED_REQUESTS + burst))
    expect(stream.abortedWith).to.be.instanceOf(ProtocolViolationError)
    expect(log.errors.join()).to.include('requests beyond those that may be open')
  })

  it('gives up who reads nothing of what waits for it, whatever the connection does; and not who reads a little', async () => {
    const { stream, clock } = start()
    stream.accepts = false
    stream.writeBufferLength = 1_000
    stream.receive(get(1))
    await clock.advance(MAX_UNREAD_TIME - 1)
    // the connection has room for others: nothing was read here
    stream.drain()
    stream.accepts = false
    stream.receive(get(2))
    expect(stream.abortedWith).to.equal(undefined)
    stream.writeBufferLength = 500
    await clock.advance(MAX_UNREAD_TIME)
    expect(stream.abortedWith).to.equal(undefined)
    await clock.advance(MAX_UNREAD_TIME)
    expect(stream.abortedWith?.name).to.equal('ConnectionLostError')
    expect(clock.timers).to.equal(0)
  })

  it('is not taken for dead while it works on more than it reads: slow loads never time out', async () => {
    const [near, far] = FakeStream.pair()
    const clock = new FakeClock()
    start({ get: () => new Promise(() => {}) }, { stream: far })
    const closed: Error[] = []
    const requester = new Requester({ stream: near.stream, peer: 'near', clock, timeout: 1_000, onClose: err => { closed.push(err) } })
    for (let i = 0; i < MAX_SERVED_REQUESTS + 10; i++) getOn(requester, 'g', `k${i}`, 'get').catch(() => {})
    await clock.advance(10_000)
    expect(closed).to.have.length(0)
  })
})
