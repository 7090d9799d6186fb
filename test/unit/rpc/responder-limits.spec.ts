import { expect } from 'chai'
import { MAX_OUTBOX_BYTES, MAX_SERVED_REQUESTS } from '../../../src/constants.js'
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
