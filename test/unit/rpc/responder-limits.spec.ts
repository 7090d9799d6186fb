import { expect } from 'chai'
import { MAX_KEY_BYTES, MAX_LONG_BYTES, MAX_OUTBOX_BYTES, MAX_SERVED_BYTES, MAX_SERVED_REQUESTS, MAX_UNREAD_TIME } from '../../../src/constants.js'
import { ProtocolViolationError } from '../../../src/errors.js'
import { reasonOf } from '../../../src/flight/abortable.js'
import { RATES } from '../../../src/rpc/allowance.js'
import { FrameType, Status, readFailure } from '../../../src/rpc/frames.js'
import { writeForget, writeRemove } from '../../../src/rpc/removal-frames.js'
import { removalCost } from '../../../src/rpc/removal.js'
import { Requester } from '../../../src/rpc/requester.js'
import { startAnsweringEnd as start } from '../../support/answering-end.js'
import { plain } from '../../support/asking-end.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { FakeStream, written } from '../../support/fake-stream.js'
import { getOn } from '../../support/get-on.js'
import type { Hop, Removal } from '../../../src/rpc/removal.js'

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

  it('holds against nobody what it may be passing on for others: whom they ask would be refused for what they do', () => {
    const wide: Removal = { kind: 'all', group: 'g' }
    const forget = (id: number): Uint8Array => written(frames => { writeForget(frames, id, id, wide) })
    const remove = (removal: Removal, hop: Hop) => (id: number): Uint8Array => written(frames => { writeRemove(frames, id, id, removal, hop) })
    const batch: Removal = { ...REMOVAL, keys: Array.from({ length: 1_000 }, (_, i) => `k${i}`) }
    // of one that has nearly used up what it may have at once
    const isCutOff = (frame: (id: number) => Uint8Array): boolean => {
      const { stream } = start()
      const spend = (times: number, bytes: Uint8Array): void => { for (let n = 0; n < times && stream.abortedWith === undefined; n++) stream.receive(bytes) }
      spend(Math.floor(0.99 * RATES.removals.burst / removalCost(wide, 0)), remove(wide, 'forwarded')(1))
      expect(stream.abortedWith).to.equal(undefined)
      spend(100, frame(2))
      return stream.abortedWith !== undefined
    }
    expect([forget, remove(batch, 'forwarded')].map(isCutOff)).to.deep.equal([false, false])
    expect([remove(wide, 'forwarded'), remove(batch, 'owner')].map(isCutOff)).to.deep.equal([true, true])
    // and what finds no room there is refused, however much it is
    const { stream } = start({ forget: () => new Promise(() => {}) })
    stream.receive(Buffer.concat(Array.from({ length: MAX_SERVED_REQUESTS + RATES.refusals.burst + 10 }, (_, id) => forget(id))))
    expect(stream.abortedWith).to.equal(undefined)
    expect(failures(stream)).to.have.length(RATES.refusals.burst + 10)
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

  it('stops reading while the peer does not read, until it has drained', async () => {
    const { stream } = start()
    stream.accepts = false
    stream.writeBufferLength = MAX_OUTBOX_BYTES + 1
    stream.receive(get(1))
    expect(stream.isPaused).to.equal(true)
    stream.writeBufferLength = 0
    stream.drain()
    await settled()
    expect(stream.isPaused).to.equal(false)
  })

  it('sends nothing while the stream is full, and everything once it has drained', async () => {
    const { stream } = start()
    stream.accepts = false
    for (const id of [1, 2, 3]) stream.receive(get(id))
    expect(stream.sends).to.have.length(1)
    stream.drain()
    await settled()
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

  it('loads nothing for who was refused a large value, and goes on with what is in memory', async () => {
    const loaded: string[] = []
    const { stream } = start({
      get: (_peer, _group, key, _ask, caller) => {
        if (key === 'in memory') return plain(Buffer.from('v'))
        const left = reasonOf(caller)
        if (left !== undefined) return Promise.reject(left)
        loaded.push(key)
        return Promise.resolve(plain(new Uint8Array(MAX_LONG_BYTES / 4)))
      }
    })
    stream.accepts = false
    for (let id = 0; id < 10; id++) {
      stream.receive(written(frames => { frames.get(id, 'get', 'g', `large ${id}`) }))
      await settled()
    }
    // the one that finds no room is the last
    expect(loaded).to.have.length(5)
    stream.receive(written(frames => { frames.get(99, 'get', 'g', 'in memory') }))
    stream.drain()
    await settled()
    const failed = stream.frames.filter(({ type }) => type === FrameType.failed)
    expect(failed.map(({ id }) => id)).to.deep.equal([4, 5, 6, 7, 8, 9])
    expect(stream.frames.some(({ type, id }) => type === FrameType.value && id === 99)).to.equal(true)
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
    await settled()
    stream.receive(get(2))
    expect(stream.abortedWith).to.equal(undefined)
    stream.writeBufferLength = 500
    await clock.advance(MAX_UNREAD_TIME)
    expect(stream.abortedWith).to.equal(undefined)
    await clock.advance(MAX_UNREAD_TIME)
    expect(stream.abortedWith?.name).to.equal('ConnectionLostError')
    expect(clock.timers).to.equal(0)
  })

  it('holds against nobody how long something had to wait an earlier time', async () => {
    const { stream, clock } = start()
    stream.accepts = false
    stream.writeBufferLength = 1_000
    stream.receive(get(1))
    // all was sent, and something comes that needs no answer before the stream says so
    await clock.advance(10)
    stream.writeBufferLength = 0
    stream.receive(written(frames => { frames.bare(FrameType.cancel, 2) }))
    stream.drain()
    await clock.advance(3 * MAX_UNREAD_TIME)
    // of what is answered now, as long as the first one, nothing has been sent yet
    stream.accepts = false
    stream.writeBufferLength = stream.sends[0]?.byteLength ?? NaN
    stream.receive(get(3))
    await clock.advance(MAX_UNREAD_TIME / 2)
    expect([stream.abortedWith, stream.isPaused]).to.deep.equal([undefined, false])
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
