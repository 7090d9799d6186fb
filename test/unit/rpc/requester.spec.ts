import { expect } from 'chai'
import { Uint8ArrayList } from 'uint8arraylist'
import { MAX_KEY_BYTES, MAX_OUTBOX_BYTES, MAX_PENDING_REQUESTS } from '../../../src/constants.js'
import { ConnectionLostError, OverloadedError, ProtocolViolationError } from '../../../src/errors.js'
import { FrameType, Status } from '../../../src/rpc/frames.js'
import { writeMissed } from '../../../src/rpc/removal-frames.js'
import { plain, startAskingEnd as start } from '../../support/asking-end.js'
import { settled } from '../../support/fake-clock.js'
import { written } from '../../support/fake-stream.js'
import { getOn } from '../../support/get-on.js'
import { rejection } from '../../support/thrown.js'
import type { FrameWriter } from '../../../src/rpc/frame-writer.js'
import type { Removal } from '../../../src/rpc/removal.js'
import type { Requester } from '../../../src/rpc/requester.js'

const REMOVAL: Removal = { kind: 'keys', group: 'g', keys: ['k'] }

describe('the asking end of a stream', () => {
  it('sends the gets of one tick in one send', async () => {
    const { stream, requester } = start()
    for (let i = 0; i < 64; i++) void getOn(requester, 'g', `k${i}`, 'get')
    expect(stream.sends).to.have.length(0)
    await settled()
    expect(stream.sends).to.have.length(1)
    expect(stream.frames).to.have.length(1)
    expect(stream.requests.map(({ rest }) => rest.toString())).to.deep.equal(Array.from({ length: 64 }, (_, i) => `k${i}`))
    expect(new Set(stream.requests.map(({ id }) => id)).size).to.equal(64)
    expect(requester.pending).to.equal(64)
  })

  it('sends the first half of what is usually open before the tick is over, so that both ends have work', async () => {
    const { stream, requester } = start()
    const ask = (count: number): void => { for (let i = 0; i < count; i++) void getOn(requester, 'g', `k${i}`, 'get') }
    const answer = (ids: readonly number[]): void => { stream.receive(written(frames => { for (const id of ids) frames.bare(FrameType.miss, id) })) }
    ask(64)
    await settled()
    const ids = stream.requests.map(({ id }) => id)
    answer(ids.slice(0, 40))
    ask(33)
    expect(stream.sends).to.have.length(2)
    expect(stream.requests).to.have.length(64 + 32)
    await settled()
    expect(stream.requests).to.have.length(64 + 33)
  })

  it('keeps few requests for the end of the tick', async () => {
    const { stream, requester } = start()
    for (let round = 0; round < 3; round++) {
      const sent = stream.requests.length
      for (let i = 0; i < 15; i++) void getOn(requester, 'g', `k${i}`, 'get')
      expect(stream.requests).to.have.length(sent)
      await settled()
      stream.receive(written(frames => { for (const { id } of stream.requests.slice(sent)) frames.bare(FrameType.miss, id) }))
    }
    expect(stream.sends).to.have.length(3)
  })

  it('matches answers to requests by id, in any order', async () => {
    const { stream, requester } = start()
    const answers = Array.from({ length: 5 }, (_, i) => getOn(requester, 'g', `k${i}`, 'get'))
    await settled()
    for (const { id } of [...stream.requests].reverse()) stream.receive(written(frames => { frames.value(id, plain(Uint8Array.of(id), id)) }))
    expect(await Promise.all(answers)).to.deep.equal(stream.requests.map(({ id }) => ({ ...plain(Buffer.of(id), id), lease: requester.lease })))
    expect(requester.pending).to.equal(0)
  })

  it('knows every kind of answer', async () => {
    const { stream, requester } = start()
    const answers = [
      getOn(requester, 'g', 'k', 'get'), getOn(requester, 'g', 'k', 'moved'), requester.remove(7, REMOVAL, 'owner'), requester.forget(7, REMOVAL),
      requester.set(8, { group: 'g', key: 'k', ...plain(Uint8Array.of(1)) }, 'forwarded'), requester.catchUp(5), requester.catchUp(6), requester.ping(), rejection(getOn(requester, 'g', 'k', 'get')).then(err => [err.name, (err.cause as Error).message])
    ]
    await settled()
    const [value, miss, removed, forgot, stored, some, all, pong, failed] = stream.requests.map(({ id }) => id) as [number, number, number, number, number, number, number, number, number]
    stream.receive(new Uint8ArrayList(
      written(frames => {
        frames.value(value, { bytes: Uint8Array.of(1, 2), ttl: Infinity, tags: ['t'], mayKeep: true, isPopular: true })
        frames.bare(FrameType.miss, miss)
        frames.done(removed, 0xfffffffe)
      }),
      written(frames => {
        frames.done(forgot, 0)
        frames.done(stored, 2)
        writeMissed(frames, some, [{ ticket: 3, removal: REMOVAL }])
        writeMissed(frames, all, 'all')
        frames.done(pong, 0)
        frames.failed(failed, Status.loadFailed, 'why')
      })))
    expect(await Promise.all(answers)).to.deep.equal([
      { bytes: Buffer.of(1, 2), ttl: Infinity, tags: ['t'], mayKeep: true, isPopular: true, lease: requester.lease }, undefined, 0xfffffffe, undefined,
      2, [{ ticket: 3, removal: REMOVAL }], 'all', undefined, ['LoadError', 'why']
    ])
    expect(requester.pending).to.equal(0)
  })

  it('rejects what does not fit into a frame, and goes on', async () => {
    const { stream, requester } = start()
    const longest = 'k'.repeat(MAX_KEY_BYTES)
    for (const refused of [
      getOn(requester, 'g', `${longest}k`, 'get'), getOn(requester, 'g'.repeat(256), 'k', 'get'), requester.remove(1, { kind: 'tag', group: 'g', tag: 't'.repeat(256) }, 'owner'),
      requester.forget(1, { kind: 'keys', group: 'g', keys: [] }), requester.set(1, { group: 'g', key: `${longest}k`, ...plain(Uint8Array.of(1)) }, 'owner')
    ]) expect(await rejection(refused)).to.be.instanceOf(RangeError)
    expect([requester.pending, stream.sends.length]).to.deep.equal([0, 0])
    void getOn(requester, 'g', longest, 'get')
    await settled()
    expect(stream.requests).to.have.length(1)
  })

  for (const how of ['close', 'remoteCloseWrite'] as const) {
    it(`rejects all that is open, and all that follows, after '${how}'`, async () => {
      const { stream, requester, closed, clock } = start()
      const answers = [getOn(requester, 'g', 'a', 'get'), requester.remove(1, REMOVAL, 'owner'), requester.forget(1, REMOVAL), requester.catchUp(1), requester.ping()].map(rejection)
      await settled()
      stream.closeByPeer(how)
      for (const err of await Promise.all(answers)) expect(err).to.be.instanceOf(ConnectionLostError)
      expect(await rejection(getOn(requester, 'g', 'c', 'get'))).to.be.instanceOf(ConnectionLostError)
      expect(closed).to.have.length(1)
      expect(stream.abortedWith).to.not.equal(undefined)
      expect([requester.pending, clock.timers]).to.deep.equal([0, 0])
    })
  }

  it('closes once', () => {
    const { stream, requester, closed } = start()
    requester.close(new Error('first'))
    requester.close(new Error('second'))
    stream.closeByPeer('close')
    expect(closed.map(({ message }) => message)).to.deep.equal(['first'])
  })

  const garbage: Array<[string, Uint8Array]> = [
    ['an answer to an unknown id', written(frames => { frames.done(99, 0) })],
    ['a request', written(frames => { frames.get(1, 'get', 'g', 'k') })],
    ['an impossible length', Buffer.alloc(8, 0xff)],
    ['a failure without a status', Buffer.from('0000000584' + '00000001', 'hex')],
    ['a failure whose message is not UTF-8', Buffer.from('0000000784' + '00000001' + '01' + 'ff', 'hex')],
    ['a value without its ttl', Buffer.from('0000000981' + '00000001' + '00' + '000000', 'hex')],
    ['a value with an unknown flag', Buffer.from('0000000a81' + '00000001' + '08' + '00000000', 'hex')],
    ['a value with tags that are none', Buffer.from('0000000b81' + '00000001' + '04' + '00000000' + '00', 'hex')],
    ['a miss with something behind it', Buffer.from('0000000682' + '00000001' + '00', 'hex')],
    ['an unknown type', Buffer.from('00000005ff' + '00000001', 'hex')]
  ]
  for (const [what, bytes] of garbage) {
    it(`cuts the stream at ${what}`, async () => {
      const { stream, requester, closed } = start()
      const answer = rejection(getOn(requester, 'g', 'k', 'get'))
      await settled()
      stream.receive(bytes)
      expect(await answer).to.be.instanceOf(ProtocolViolationError)
      expect(stream.abortedWith).to.be.instanceOf(ProtocolViolationError)
      expect(closed).to.have.length(1)
    })
  }

  describe('cuts the stream at an answer of the wrong type:', () => {
    const asks: Record<string, (requester: Requester) => Promise<unknown>> = {
      get: requester => getOn(requester, 'g', 'k', 'get'),
      remove: requester => requester.remove(1, REMOVAL, 'owner'),
      forget: requester => requester.forget(1, REMOVAL),
      set: requester => requester.set(1, { group: 'g', key: 'k', ...plain(Uint8Array.of(1)) }, 'owner'),
      'catch up': requester => requester.catchUp(1),
      ping: requester => requester.ping(),
      probe: requester => requester.probe('m')
    }
    const answers: Record<string, (frames: FrameWriter) => void> = {
      value: frames => { frames.value(1, plain(Uint8Array.of(1))) },
      miss: frames => { frames.bare(FrameType.miss, 1) },
      done: frames => { frames.done(1, 0) },
      missed: frames => { writeMissed(frames, 1, []) }
    }
    const right: Record<string, string[]> = { get: ['value', 'miss'], 'catch up': ['missed'] }
    for (const [asked, ask] of Object.entries(asks)) {
      for (const [answered, answer] of Object.entries(answers)) {
        const isRight = (right[asked] ?? ['done']).includes(answered)
        it(`${asked} answered with ${answered}${isRight ? ', which is not one' : ''}`, async () => {
          const { stream, requester } = start()
          const outcome = ask(requester).then(() => undefined, (err: unknown) => err)
          await settled()
          stream.receive(written(answer))
          if (isRight) expect([await outcome, stream.abortedWith]).to.deep.equal([undefined, undefined])
          else expect([await outcome, stream.abortedWith].every(err => err instanceof ProtocolViolationError)).to.equal(true)
        })
      }
    }
  })

  it('does not take an answer twice', async () => {
    const { stream, requester } = start()
    const answer = getOn(requester, 'g', 'k', 'get')
    await settled()
    stream.receive(written(frames => { frames.bare(FrameType.miss, 1) }))
    await answer
    stream.receive(written(frames => { frames.bare(FrameType.miss, 1) }))
    expect(stream.abortedWith).to.be.instanceOf(ProtocolViolationError)
  })

  describe('and backpressure', () => {
    it('sends nothing more until the stream has drained', async () => {
      const { stream, requester } = start()
      stream.accepts = false
      void getOn(requester, 'g', 'a', 'get')
      await settled()
      for (let i = 0; i < 10; i++) {
        void getOn(requester, 'g', 'b', 'get')
        await settled()
      }
      expect(stream.sends).to.have.length(1)
      stream.drain()
      await settled()
      expect(stream.sends).to.have.length(2)
      expect(stream.requests).to.have.length(11)
    })

    it('ignores a drain that nothing waits for', async () => {
      const { stream, requester } = start()
      stream.drain()
      void getOn(requester, 'g', 'a', 'get')
      await settled()
      expect(stream.sends).to.have.length(1)
    })

    it('refuses the request that is one too many', async () => {
      const { stream, requester } = start()
      for (let i = 0; i < MAX_PENDING_REQUESTS; i++) void getOn(requester, 'g', 'k', 'get')
      expect(await rejection(getOn(requester, 'g', 'k', 'get'))).to.be.instanceOf(OverloadedError)
      expect(requester.pending).to.equal(MAX_PENDING_REQUESTS)
      stream.receive(written(frames => { frames.bare(FrameType.miss, 1) }))
      void getOn(requester, 'g', 'k', 'get')
      expect(requester.pending).to.equal(MAX_PENDING_REQUESTS)
    })

    it('pings, has forgotten and asks what it missed although as many requests wait as may', async () => {
      const { stream, requester } = start()
      for (let i = 0; i < MAX_PENDING_REQUESTS; i++) void getOn(requester, 'g', 'k', 'get')
      expect(await rejection(requester.remove(1, REMOVAL, 'owner'))).to.be.instanceOf(OverloadedError)
      void requester.forget(1, REMOVAL)
      void requester.catchUp(1)
      void requester.ping()
      await settled()
      expect(stream.frames.slice(-3).map(({ type }) => type)).to.deep.equal([FrameType.forget, FrameType.catchUp, FrameType.ping])
    })

    it('refuses requests while too many bytes wait', async () => {
      const { stream, requester } = start()
      stream.writeBufferLength = MAX_OUTBOX_BYTES + 1
      expect(await rejection(getOn(requester, 'g', 'k', 'get'))).to.be.instanceOf(OverloadedError)
      expect(await rejection(requester.forget(1, REMOVAL))).to.be.instanceOf(OverloadedError)
      void requester.ping()
      expect(requester.pending).to.equal(1)
    })

    it('is closed by a stream that cannot be written to', async () => {
      const { stream, requester } = start()
      stream.breaksWith = new Error('broken pipe')
      expect((await rejection(getOn(requester, 'g', 'k', 'get'))).message).to.equal('broken pipe')
      expect(requester.pending).to.equal(0)
    })
  })
})
