import { AbortError } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { MAX_MESSAGE_BYTES, MAX_TAGS, MAX_TAG_BYTES, MAX_TRACE_BYTES } from '../../../src/constants.js'
import { CodecError, GroupNotFoundError, InvalidationIncompleteError, LoadError, OverloadedError, ProtocolViolationError, ValueTooLargeError } from '../../../src/errors.js'
import { FrameType, Status, readFailure } from '../../../src/rpc/frames.js'
import { writeCatchUp, writeForget, writeRemove, writeSet } from '../../../src/rpc/removal-frames.js'
import { startAnsweringEnd as start } from '../../support/answering-end.js'
import { settled } from '../../support/fake-clock.js'
import { plain } from '../../support/asking-end.js'
import { written } from '../../support/fake-stream.js'
import type { FakeStream } from '../../support/fake-stream.js'
import { ODD_THROWS } from '../../support/thrown.js'
import type { Value } from '../../../src/rpc/ask.js'
import type { Removal } from '../../../src/rpc/removal.js'

const PEER_ID = peerIdFromString('12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg')
const REMOVAL: Removal = { kind: 'keys', group: 'g', keys: ['k'] }
const valueOf = (text: string): Value => plain(Buffer.from(text))
const get = (id: number, key = 'k'): Uint8Array => written(frames => { frames.get(id, 'get', 'g', key) })
const ping = (id: number): Uint8Array => written(frames => { frames.bare(FrameType.ping, id) })
const remove = (id: number, key = 'k'): Uint8Array => written(frames => { writeRemove(frames, id, id, { ...REMOVAL, keys: [key] }, 'owner') })

function failures (stream: FakeStream): Array<{ status: number, message: string }> {
  return stream.frames.filter(({ type }) => type === FrameType.failed).map(({ rest }) => readFailure(Buffer.concat([Buffer.alloc(5), rest])))
}

describe('the answering end of a stream', () => {
  it('answers what is in memory in the tick it was asked in, all in one send', () => {
    const { stream } = start()
    stream.receive(Buffer.concat([get(1, 'a'), get(2, 'b'), ping(3)]))
    expect(stream.sends).to.have.length(1)
    expect(stream.frames.map(({ type, id, rest }) => [type, id, rest.subarray(5).toString()])).to.deep.equal([[129, 1, 'a'], [129, 2, 'b'], [131, 3, '']])
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

  it('answers the keys of one frame each on its own, those in memory at once and in order', async () => {
    const slow = Promise.withResolvers<Value | undefined>()
    const { stream } = start({ get: (_peer, _group, key) => key === 'slow' ? slow.promise : valueOf(key) })
    stream.receive(written(frames => { for (const [index, key] of ['a', 'slow', 'b'].entries()) frames.get((0xfffffffe + index) >>> 0, 'get', 'g', key) }))
    expect(stream.sends).to.have.length(1)
    slow.resolve(undefined)
    await settled()
    expect(stream.frames.map(({ type, id }) => [type, id])).to.deep.equal([[FrameType.value, 0xfffffffe], [FrameType.value, 0], [FrameType.miss, 0xffffffff]])
  })

  it('hands on the trace that a request is part of, and no other one\'s', () => {
    const carriers: unknown[] = []
    const { stream } = start({
      get: (_peer, _group, key, _ask, _caller, carrier) => {
        carriers.push([key, carrier])
        return valueOf(key)
      }
    })
    stream.receive(written(frames => {
      frames.traced({ traceparent: 'p', tracestate: 's' }, 1, 'get', 'g', 'a')
      frames.get(2, 'get', 'g', 'b')
      // of a request that does not come
      frames.frame(FrameType.trace, 9, Buffer.from('q'))
      frames.get(3, 'get', 'g', 'c')
      frames.get(9, 'get', 'g', 'd')
    }))
    expect(carriers).to.deep.equal([['a', { traceparent: 'p', tracestate: 's' }], ['b', undefined], ['c', undefined], ['d', undefined]])
  })

  it('cuts off a peer whose trace is longer than one may be', () => {
    const { stream } = start()
    stream.receive(written(frames => { frames.frame(FrameType.trace, 1, Buffer.alloc(MAX_TRACE_BYTES + 1)) }))
    expect(stream.abortedWith).to.be.instanceOf(ProtocolViolationError)
    expect(stream.abortedWith?.message).to.include(`${MAX_TRACE_BYTES}`)
  })

  it('hands on what was asked for, and what came of it', async () => {
    const asked: unknown[][] = []
    const digest = (...args: unknown[]): Promise<number> => {
      asked.push(args.map(arg => arg instanceof Object && 'bytes' in arg ? { ...arg, bytes: Buffer.from(arg.bytes as Buffer) } : arg))
      return Promise.resolve(asked.length)
    }
    const { stream } = start({
      get: (...args) => {
        asked.push(args.slice(0, 4))
        return undefined
      },
      remove: digest,
      set: digest,
      forget: (...args) => { asked.push(args) },
      catchUp: (...args) => {
        asked.push(args)
        return [{ ticket: 3, removal: REMOVAL }]
      }
    })
    const replacement = { group: 'g', key: '', ...valueOf('new'), ttl: 7, tags: ['t'] }
    stream.receive(written(frames => {
      frames.get(1, 'moved', 'grüppe', '')
      writeRemove(frames, 2, 5, { kind: 'keys', group: 'g', keys: ['a/b, ☃', ''] }, 'forwarded')
      writeForget(frames, 3, 6, { kind: 'all', group: 'g' })
      writeSet(frames, 4, 7, replacement, 'owner')
      writeCatchUp(frames, 5, 1.5)
      frames.bare(FrameType.ping, 6)
    }))
    await settled()
    const { group, key, bytes, ttl, tags } = replacement
    expect(asked).to.deep.equal([
      ['far', 'grüppe', '', 'moved'], ['far', 5, { kind: 'keys', group: 'g', keys: ['a/b, ☃', ''] }, 'forwarded'], ['far', 6, { kind: 'all', group: 'g' }],
      ['far', 7, { group, key, bytes, ttl, tags }, 'owner'], ['far', 2]
    ])
    const answers = new Map(stream.frames.map(({ type, id, rest }) => [id, [type, rest.toString('hex')]]))
    expect([...answers].sort(([a], [b]) => a - b)).to.deep.equal([
      [1, [FrameType.miss, '']], [2, [FrameType.done, '00000002']], [3, [FrameType.done, '00000000']], [4, [FrameType.done, '00000004']],
      [5, [FrameType.missed, '00' + '00000001' + '4008000000000000' + '00' + '0167' + '0001' + '00016b']], [6, [FrameType.done, '00000000']]
    ])
  })

  describe('when the handler fails', () => {
    const peer = { group: 'g', key: 'k', cause: new Error('because') }
    const table: Array<[Error, number, string]> = [
      [new LoadError(peer), Status.loadFailed, 'because'],
      [new CodecError({ ...peer, action: 'encode' }), Status.codecFailed, 'because'],
      [new ValueTooLargeError({ ...peer, bytes: 12, limit: 3 }), Status.valueTooLarge, '12 3'],
      [new GroupNotFoundError('g'), Status.groupNotFound, ''],
      [new OverloadedError('too much'), Status.overloaded, 'too much'],
      [Object.assign(new Error('gone'), { name: 'NotStartedError' }), Status.stopped, 'gone'],
      [new AbortError('enough'), Status.cancelled, 'enough'],
      [new InvalidationIncompleteError({ group: 'g', members: [PEER_ID] }), Status.invalidationIncomplete, PEER_ID.toString()],
      [new Error('odd'), Status.internal, 'odd']
    ]
    for (const [err, status, message] of table) {
      it(`tells ${err.name} from other failures, thrown or rejected`, async () => {
        const { stream } = start({ get: (_peer, _group, key) => { if (key === 'throw') throw err; else return Promise.reject(err) } })
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
      const removal = Promise.withResolvers<number>()
      const { stream } = start({ remove: (_peer, ticket) => ticket === 1 ? Promise.reject(new Error('no')) : removal.promise })
      stream.receive(Buffer.concat([remove(1), remove(2)]))
      await settled()
      expect(stream.frames.map(({ type, id }) => [type, id])).to.deep.equal([[FrameType.failed, 1]])
      removal.resolve(1)
      await settled()
      expect(stream.frames.map(({ type, id }) => [type, id])).to.deep.equal([[FrameType.failed, 1], [FrameType.done, 2]])
    })

    it('fails a removal the same way', () => {
      const { stream } = start({ remove: () => { throw new Error('no') } })
      stream.receive(remove(1))
      expect(failures(stream)).to.deep.equal([{ status: Status.internal, message: 'no' }])
    })
  })

  it('fails what cannot be sent, and goes on', async () => {
    const tags = ['t'.repeat(MAX_TAG_BYTES + 1)]
    const { stream } = start({ get: (_peer, _group, key) => key === 'sync' ? { ...valueOf(''), tags } : Promise.resolve({ ...valueOf(''), tags: Array<string>(MAX_TAGS + 1).fill('t') }) })
    stream.receive(Buffer.concat([get(1, 'sync'), get(2, 'async'), ping(3)]))
    await settled()
    expect(stream.frames.map(({ type, id }) => [type, id])).to.deep.equal([[FrameType.failed, 1], [FrameType.done, 3], [FrameType.failed, 2]])
  })

  describe('and hostile bytes', () => {
    it('either answers or cuts the stream, whatever comes', () => {
      fc.assert(fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 64 }), { maxLength: 5 }), chunks => {
        const { stream } = start()
        for (const chunk of chunks) stream.receive(chunk)
        if (stream.abortedWith !== undefined) expect(stream.abortedWith).to.be.instanceOf(ProtocolViolationError)
      }), { numRuns: 2_000 })
    })

    for (const type of [0, 10, 128, FrameType.value, FrameType.miss, FrameType.done, FrameType.failed, FrameType.missed, 255]) {
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
