import { expect } from 'chai'
import * as fc from 'fast-check'
import { MAX_MESSAGE_BYTES, MAX_OUTBOX_BYTES, MAX_SERVED_REQUESTS } from '../../../src/constants.js'
import { CodecError, GroupNotFoundError, LoadError, OverloadedError, ProtocolViolationError, ValueTooLargeError } from '../../../src/errors.js'
import { FrameType, Status, readFailure } from '../../../src/rpc/frames.js'
import { Requester } from '../../../src/rpc/requester.js'
import { Responder } from '../../../src/rpc/responder.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { fakeLog } from '../../support/fake-log.js'
import { FakeStream, written } from '../../support/fake-stream.js'
import { ODD_THROWS } from '../../support/thrown.js'
import type { Value } from '../../../src/rpc/ask.js'
import type { RequestHandler } from '../../../src/rpc/responder.js'
import type { FakeLog } from '../../support/fake-log.js'

interface Started { stream: FakeStream, log: FakeLog, responder: Responder, closed: () => number }

function start (handler: Partial<RequestHandler> = {}, stream = new FakeStream()): Started {
  const log = fakeLog()
  let closed = 0
  const responder = new Responder({
    stream: stream.stream,
    handler: { get: (_group, key) => valueOf(key), remove: () => {}, ...handler },
    log,
    onClose: () => { closed++ }
  })
  return { stream, log, responder, closed: () => closed }
}

const valueOf = (text: string): Value => ({ bytes: Buffer.from(text), ttl: Infinity })
const get = (id: number, key = 'k'): Uint8Array => written(frames => { frames.request(FrameType.get, id, 'get', 'g', key) })

function failures (stream: FakeStream): Array<{ status: number, message: string }> {
  return stream.frames.filter(({ type }) => type === FrameType.failed).map(({ rest }) => readFailure(Buffer.concat([Buffer.alloc(5), rest])))
}

describe('the answering end of a stream', () => {
  it('answers what is in memory in the tick it was asked in, all in one send', () => {
    const { stream } = start()
    stream.receive(Buffer.concat([get(1, 'a'), get(2, 'b'), written(frames => { frames.bare(FrameType.ping, 3) })]))
    expect(stream.sends).to.have.length(1)
    expect(stream.frames.map(({ type, id, rest }) => [type, id, rest.subarray(4).toString()])).to.deep.equal([[129, 1, 'a'], [129, 2, 'b'], [131, 3, '']])
  })

  it('answers each request when it is ready, in any order, those of one tick in one send', async () => {
    const waiting: Array<(value: Value | undefined) => void> = []
    const { stream } = start({ get: () => new Promise(resolve => { waiting.push(resolve) }) })
    stream.receive(Buffer.concat([get(1), get(2), get(3)]))
    expect(stream.sends).to.have.length(0)
    waiting[2]?.(valueOf('third'))
    waiting[0]?.(undefined)
    await settled()
    expect(stream.sends).to.have.length(1)
    expect(stream.frames.map(({ type, id }) => [type, id])).to.deep.equal([[FrameType.value, 3], [FrameType.miss, 1]])
  })

  it('hands on what was asked for, and confirms a removal', () => {
    const asked: unknown[] = []
    const { stream } = start({
      get: (...args) => {
        asked.push(args)
        return undefined
      },
      remove: (...args) => { asked.push(args) }
    })
    stream.receive(written(frames => {
      frames.request(FrameType.get, 1, 'moved', 'grüppe', '')
      frames.request(FrameType.remove, 2, 'get', 'g', 'a/b, ☃')
    }))
    expect(asked).to.deep.equal([['grüppe', '', 'moved'], ['g', 'a/b, ☃']])
    expect(stream.frames.map(({ type, id }) => [type, id])).to.deep.equal([[FrameType.miss, 1], [FrameType.done, 2]])
  })

  describe('when the handler fails', () => {
    const peer = { group: 'g', key: 'k', cause: new Error('because') }
    const table: Array<[Error, number, string]> = [
      [new LoadError(peer), Status.loadFailed, 'because'],
      [new CodecError({ ...peer, action: 'encode' }), Status.codecFailed, 'because'],
      [new ValueTooLargeError({ ...peer, bytes: 12, limit: 3 }), Status.valueTooLarge, '12'],
      [new GroupNotFoundError('g'), Status.groupNotFound, ''],
      [new OverloadedError('too much'), Status.overloaded, 'too much'],
      [Object.assign(new Error('gone'), { name: 'NotStartedError' }), Status.stopped, 'gone'],
      [new Error('odd'), Status.internal, 'odd']
    ]
    for (const [err, status, message] of table) {
      it(`tells ${err.name} from other failures, thrown or rejected`, async () => {
        const { stream } = start({ get: (_group, key) => { if (key === 'throw') throw err; else return Promise.reject(err) } })
        stream.receive(Buffer.concat([get(1, 'throw'), get(2, 'reject')]))
        await settled()
        expect(failures(stream)).to.deep.equal([{ status, message }, { status, message }])
      })
    }

    for (const [what, make] of ODD_THROWS) {
      for (const how of ['throws', 'rejects with'] as const) {
        it(`says so in a bounded message without a stack when it ${how} ${what}`, async () => {
          const { stream } = start({
            get: () => {
              const odd = make()
              if (how === 'throws') throw odd
              // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- that is what is tested
              return Promise.reject(odd)
            }
          })
          stream.receive(get(1))
          await settled()
          const [failure] = failures(stream)
          expect(failure?.status).to.equal(Status.internal)
          expect(Buffer.byteLength(failure?.message ?? '')).to.be.at.most(MAX_MESSAGE_BYTES)
          expect(failure?.message).to.not.match(/\n\s+at /)
          expect(stream.abortedWith).to.equal(undefined)
        })
      }
    }

    it('fails a removal that rejects later, and confirms one only when it is done', async () => {
      const removal = Promise.withResolvers<void>()
      const { stream } = start({ remove: (_group, key) => key === 'bad' ? Promise.reject(new Error('no')) : removal.promise })
      stream.receive(written(frames => {
        frames.request(FrameType.remove, 1, 'get', 'g', 'bad')
        frames.request(FrameType.remove, 2, 'get', 'g', 'good')
      }))
      await settled()
      expect(stream.frames.map(({ type, id }) => [type, id])).to.deep.equal([[FrameType.failed, 1]])
      removal.resolve()
      await settled()
      expect(stream.frames.map(({ type, id }) => [type, id])).to.deep.equal([[FrameType.failed, 1], [FrameType.done, 2]])
    })

    it('fails a removal the same way', () => {
      const { stream } = start({ remove: () => { throw new Error('no') } })
      stream.receive(written(frames => { frames.request(FrameType.remove, 1, 'get', 'g', 'k') }))
      expect(failures(stream)).to.deep.equal([{ status: Status.internal, message: 'no' }])
    })
  })

  describe('and limits', () => {
    it('refuses what is more than it works on at a time, still answers pings, and takes new work when some is done', async () => {
      const waiting: Array<() => void> = []
      const { stream } = start({ get: () => new Promise(resolve => { waiting.push(() => { resolve(undefined) }) }) })
      for (let id = 1; id <= MAX_SERVED_REQUESTS; id++) stream.receive(get(id))
      expect(stream.sends).to.have.length(0)
      stream.receive(Buffer.concat([get(9_001), written(frames => { frames.bare(FrameType.ping, 9_002) })]))
      expect(stream.frames.map(({ type, id }) => [type, id])).to.deep.equal([[FrameType.failed, 9_001], [FrameType.done, 9_002]])
      expect(failures(stream)[0]?.status).to.equal(Status.overloaded)
      waiting[0]?.()
      await settled()
      stream.receive(get(9_003))
      expect(waiting).to.have.length(MAX_SERVED_REQUESTS + 1)
      expect(stream.isPaused).to.equal(false)
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
      start({ get: () => new Promise(() => {}) }, far)
      const closed: Error[] = []
      const requester = new Requester({ stream: near.stream, clock, timeout: 1_000, onClose: err => { closed.push(err) } })
      for (let i = 0; i < MAX_SERVED_REQUESTS + 10; i++) requester.get('g', `k${i}`, 'get').catch(() => {})
      await clock.advance(10_000)
      expect(closed).to.have.length(0)
    })
  })

  describe('and hostile bytes', () => {
    it('either answers or cuts the stream, whatever comes', () => {
      fc.assert(fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 64 }), { maxLength: 5 }), chunks => {
        const { stream } = start()
        for (const chunk of chunks) stream.receive(chunk)
        if (stream.abortedWith !== undefined) expect(stream.abortedWith).to.be.instanceOf(ProtocolViolationError)
      }), { numRuns: 2_000 })
    })

    for (const type of [0, 4, 128, FrameType.value, FrameType.miss, FrameType.done, FrameType.failed, 255]) {
      it(`cuts off a peer that sends a frame of type ${type}, and says so in the log`, () => {
        const { stream, log, closed } = start()
        stream.receive(Buffer.from([0, 0, 0, 5, type, 0, 0, 0, 1]))
        expect(stream.abortedWith).to.be.instanceOf(ProtocolViolationError)
        expect(log.errors).to.have.length(1)
        expect(closed()).to.equal(1)
      })
    }
  })

  for (const how of ['close', 'remoteCloseWrite'] as const) {
    it(`ends with '${how}'; answers that are ready later are not sent, and nothing is logged as an attack`, async () => {
      let finish: (value: Value) => void = () => {}
      const { stream, closed, log } = start({ get: () => new Promise(resolve => { finish = resolve }) })
      stream.receive(get(1))
      stream.closeByPeer(how)
      finish(valueOf('late'))
      await settled()
      expect(closed()).to.equal(1)
      expect(stream.sends).to.have.length(0)
      expect(log.errors).to.have.length(0)
    })
  }

  it('ends when the stream cannot be written to', () => {
    const { stream, closed } = start()
    stream.breaksWith = new Error('broken pipe')
    stream.receive(get(1))
    expect(closed()).to.equal(1)
  })
})
