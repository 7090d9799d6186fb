import { expect } from 'chai'
import { Uint8ArrayList } from 'uint8arraylist'
import { MAX_OUTBOX_BYTES, MAX_PENDING_REQUESTS } from '../../../src/constants.js'
import { ConnectionLostError, OverloadedError, ProtocolViolationError } from '../../../src/errors.js'
import { FrameType, Status } from '../../../src/rpc/frames.js'
import { RemoteFailure } from '../../../src/rpc/remote-failure.js'
import { startAskingEnd as start } from '../../support/asking-end.js'
import { settled } from '../../support/fake-clock.js'
import { written } from '../../support/fake-stream.js'
import { rejection } from '../../support/thrown.js'

describe('the asking end of a stream', () => {
  it('sends the gets of one tick in one send', async () => {
    const { stream, requester } = start()
    for (let i = 0; i < 64; i++) void requester.get('g', `k${i}`, 'get')
    expect(stream.sends).to.have.length(0)
    await settled()
    expect(stream.sends).to.have.length(1)
    expect(stream.frames).to.have.length(64)
    expect(new Set(stream.frames.map(({ id }) => id)).size).to.equal(64)
    expect(requester.pending).to.equal(64)
  })

  it('matches answers to requests by id, in any order', async () => {
    const { stream, requester } = start()
    const answers = Array.from({ length: 5 }, (_, i) => requester.get('g', `k${i}`, 'get'))
    await settled()
    for (const { id } of [...stream.frames].reverse()) stream.receive(written(frames => { frames.value(id, { bytes: Uint8Array.of(id), ttl: id }) }))
    expect(await Promise.all(answers)).to.deep.equal(stream.frames.map(({ id }) => ({ bytes: Uint8Array.of(id), ttl: id })))
    expect(requester.pending).to.equal(0)
  })

  it('knows every kind of answer', async () => {
    const { stream, requester } = start()
    const answers = [requester.get('g', 'k', 'get'), requester.get('g', 'k', 'moved'), requester.remove('g', 'k'), requester.ping(), requester.get('g', 'k', 'get')]
    await settled()
    const [value, miss, removed, pong, failed] = stream.frames.map(({ id }) => id) as [number, number, number, number, number]
    stream.receive(new Uint8ArrayList(
      written(frames => {
        frames.value(value, { bytes: Uint8Array.of(1, 2), ttl: Infinity })
        frames.bare(FrameType.miss, miss)
        frames.bare(FrameType.done, removed)
      }),
      written(frames => {
        frames.bare(FrameType.done, pong)
        frames.failed(failed, Status.loadFailed, 'why')
      })))
    expect(await Promise.all(answers)).to.deep.equal([{ bytes: Uint8Array.of(1, 2), ttl: Infinity }, undefined, undefined, undefined, new RemoteFailure(Status.loadFailed, 'why')])
  })

  for (const how of ['close', 'remoteCloseWrite'] as const) {
    it(`rejects all that is open, and all that follows, after '${how}'`, async () => {
      const { stream, requester, closed, clock } = start()
      const answers = [requester.get('g', 'a', 'get'), requester.remove('g', 'b'), requester.ping()].map(rejection)
      await settled()
      stream.closeByPeer(how)
      for (const err of await Promise.all(answers)) expect(err).to.be.instanceOf(ConnectionLostError)
      expect(await rejection(requester.get('g', 'c', 'get'))).to.be.instanceOf(ConnectionLostError)
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
    ['an answer to an unknown id', written(frames => { frames.bare(FrameType.done, 99) })],
    ['a request', written(frames => { frames.request(FrameType.get, 1, 'get', 'g', 'k') })],
    ['an impossible length', Buffer.alloc(8, 0xff)],
    ['a failure without a status', Buffer.from('0000000584' + '00000001', 'hex')],
    ['a value without its ttl', Buffer.from('0000000881' + '00000001' + '000000', 'hex')],
    ['an unknown type', Buffer.from('00000005ff' + '00000001', 'hex')]
  ]
  for (const [what, bytes] of garbage) {
    it(`cuts the stream at ${what}`, async () => {
      const { stream, requester, closed } = start()
      const answer = rejection(requester.get('g', 'k', 'get'))
      await settled()
      stream.receive(bytes)
      expect(await answer).to.be.instanceOf(ProtocolViolationError)
      expect(stream.abortedWith).to.be.instanceOf(ProtocolViolationError)
      expect(closed).to.have.length(1)
    })
  }

  it('does not take an answer twice', async () => {
    const { stream, requester } = start()
    const answer = requester.get('g', 'k', 'get')
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
      void requester.get('g', 'a', 'get')
      await settled()
      for (let i = 0; i < 10; i++) {
        void requester.get('g', 'b', 'get')
        await settled()
      }
      expect(stream.sends).to.have.length(1)
      stream.drain()
      expect(stream.sends).to.have.length(2)
      expect(stream.frames).to.have.length(11)
    })

    it('ignores a drain that nothing waits for', async () => {
      const { stream, requester } = start()
      stream.drain()
      void requester.get('g', 'a', 'get')
      await settled()
      expect(stream.sends).to.have.length(1)
    })

    it('refuses the request that is one too many', async () => {
      const { stream, requester } = start()
      for (let i = 0; i < MAX_PENDING_REQUESTS; i++) void requester.get('g', 'k', 'get')
      expect(await rejection(requester.get('g', 'k', 'get'))).to.be.instanceOf(OverloadedError)
      expect(requester.pending).to.equal(MAX_PENDING_REQUESTS)
      stream.receive(written(frames => { frames.bare(FrameType.miss, 1) }))
      void requester.get('g', 'k', 'get')
      expect(requester.pending).to.equal(MAX_PENDING_REQUESTS)
    })

    it('refuses requests while too many bytes wait', async () => {
      const { stream, requester } = start()
      stream.writeBufferLength = MAX_OUTBOX_BYTES + 1
      expect(await rejection(requester.get('g', 'k', 'get'))).to.be.instanceOf(OverloadedError)
    })

    it('is closed by a stream that cannot be written to', async () => {
      const { stream, requester } = start()
      stream.breaksWith = new Error('broken pipe')
      expect((await rejection(requester.get('g', 'k', 'get'))).message).to.equal('broken pipe')
      expect(requester.pending).to.equal(0)
    })
  })
})
