import { expect } from 'chai'
import { AbortError } from '@libp2p/interface'
import { Cancellation } from '../../../src/flight/abortable.js'
import { Caller } from '../../../src/rpc/caller.js'
import { FrameType, Status } from '../../../src/rpc/frames.js'
import { startAnsweringEnd } from '../../support/answering-end.js'
import { plain, startAskingEnd } from '../../support/asking-end.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { FakeStream, written } from '../../support/fake-stream.js'
import { Requester } from '../../../src/rpc/requester.js'
import { getOn } from '../../support/get-on.js'
import { rejection } from '../../support/thrown.js'
import { until } from '../../support/until.js'
import type { Abortable } from '../../../src/flight/abortable.js'
import type { Value } from '../../../src/rpc/ask.js'

const get = (id: number): Uint8Array => written(frames => { frames.get(id, 'get', 'g', 'k') })
const cancel = (id: number): Uint8Array => written(frames => { frames.bare(FrameType.cancel, id) })

describe('a get that nobody wants any more', () => {
  describe('at the asking end', () => {
    it('is rejected with the reason, and the peer is told', async () => {
      const { stream, requester } = startAskingEnd()
      const caller = new Cancellation()
      const answer = rejection(getOn(requester, 'g', 'k', 'get', caller))
      await settled()
      caller.abort(new Error('enough'))
      expect((await answer).message).to.equal('enough')
      await settled()
      expect(stream.frames.map(({ type, id }) => [type, id])).to.deep.equal([[FrameType.get, 1], [FrameType.cancel, 1]])
    })

    it('keeps its id until the answer comes, which is dropped, whatever it is', async () => {
      for (const write of [plain(Uint8Array.of(1)), undefined, 'failed'] as const) {
        const { stream, requester, closed } = startAskingEnd()
        const caller = new Cancellation()
        const answer = rejection(getOn(requester, 'g', 'k', 'get', caller))
        caller.abort(new Error('enough'))
        await answer
        expect(requester.pending).to.equal(1)
        stream.receive(written(frames => {
          if (write === 'failed') frames.failed(1, Status.cancelled, '')
          else if (write === undefined) frames.bare(FrameType.miss, 1)
          else frames.value(1, write)
        }))
        expect([requester.pending, closed]).to.deep.equal([0, []])
      }
    })

    it('is not sent when it is unwanted from the start', async () => {
      const { stream, requester } = startAskingEnd()
      const caller = new Cancellation()
      caller.abort(new Error('before'))
      expect((await rejection(getOn(requester, 'g', 'k', 'get', caller))).message).to.equal('before')
      await settled()
      expect([stream.sends.length, requester.pending]).to.deep.equal([0, 0])
    })

    it('is not cancelled once it is answered, not even when its id is in use again', async () => {
      const { stream, requester } = startAskingEnd()
      const caller = new Cancellation()
      const answer = getOn(requester, 'g', 'k', 'get', caller)
      await settled()
      stream.receive(written(frames => { frames.bare(FrameType.miss, 1) }))
      expect(await answer).to.equal(undefined)
      caller.abort(new Error('late'))
      await settled()
      expect(stream.frames.map(({ type }) => type)).to.deep.equal([FrameType.get])
    })

    it('has the error of the stream when that was closed before', async () => {
      const { requester, stream } = startAskingEnd()
      const caller = new Cancellation()
      const answer = rejection(getOn(requester, 'g', 'k', 'get', caller))
      requester.close(new Error('closed'))
      caller.abort(new Error('enough'))
      expect((await answer).message).to.equal('closed')
      expect(stream.frames.map(({ type }) => type)).to.not.include(FrameType.cancel)
    })
  })

  describe('at the answering end', () => {
    const serving = (): { end: ReturnType<typeof startAnsweringEnd>, aborted: string[], answer: PromiseWithResolvers<Value | undefined> } => {
      const aborted: string[] = []
      const answer = Promise.withResolvers<Value | undefined>()
      const end = startAnsweringEnd({
        get: (_peer, _group, _key, _ask, caller) => {
          caller.whenAborted(({ name }) => { aborted.push(name) })
          return answer.promise
        }
      })
      return { end, aborted, answer }
    }

    it('is said to be to whoever works on it, once', () => {
      const { end, aborted } = serving()
      end.stream.receive(get(1))
      expect(aborted).to.deep.equal([])
      end.stream.receive(Buffer.concat([cancel(1), cancel(1)]))
      expect(aborted).to.deep.equal(['AbortError'])
    })

    it('is still answered, with what it got or with why not', async () => {
      for (const [outcome, type] of [['value', FrameType.value], ['abort', FrameType.failed]] as const) {
        const { end, answer } = serving()
        end.stream.receive(Buffer.concat([get(1), cancel(1)]))
        if (outcome === 'value') answer.resolve(plain(Uint8Array.of(1)))
        else answer.reject(new AbortError('nobody waits'))
        await settled()
        expect(end.stream.frames.map(frame => [frame.type, frame.id])).to.deep.equal([[type, 1]])
        if (type === FrameType.failed) expect(end.stream.frames[0]?.rest[0]).to.equal(Status.cancelled)
      }
    })

    it('is said to be a moment after its stream was lost: the peer may ask again on a new one until then', async () => {
      const { end, aborted } = serving()
      end.stream.receive(get(1))
      end.stream.closeByPeer('close')
      await end.clock.advance(1_000)
      expect(aborted).to.deep.equal([])
      await end.clock.advance(1_000)
      expect(aborted).to.have.length(1)
    })

    it('is given up in thousands not all at once: others are served between them', async () => {
      const MANY = 2_000
      let left = 0
      const { stream, clock, responder } = startAnsweringEnd({
        get: (_peer, _group, _key, _ask, caller) => {
          caller.whenAborted(() => { left++ })
          return new Promise<Value | undefined>(() => {})
        }
      })
      for (let id = 0; id < MANY; id++) stream.receive(get(id))
      responder.close(new Error('lost'))
      clock.jump(60_000)
      expect(left).to.be.within(1, MANY / 10)
      await until(() => left === MANY, { what: 'all are given up' })
    })

    it('is told from others', () => {
      const { end, aborted } = serving()
      end.stream.receive(Buffer.concat([get(1), get(2), get(3), cancel(2)]))
      expect(aborted).to.have.length(1)
    })

    it('may be unknown, having been answered meanwhile', async () => {
      const { end, answer, aborted } = serving()
      end.stream.receive(Buffer.concat([cancel(7), get(1)]))
      answer.resolve(undefined)
      await settled()
      end.stream.receive(cancel(1))
      expect([end.stream.abortedWith, aborted]).to.deep.equal([undefined, []])
      // the id is free again
      end.stream.receive(get(1))
      expect(end.stream.abortedWith).to.equal(undefined)
    })

    it('has an id that is not used twice at a time', () => {
      const { end } = serving()
      end.stream.receive(Buffer.concat([get(1), get(1)]))
      expect(end.stream.abortedWith?.name).to.equal('ProtocolViolationError')
    })

    it('costs those nothing that are answered at once, and may be asked about late', () => {
      const caller = new Caller()
      const reasons: string[] = []
      caller.abort(new Error('first'))
      caller.abort(new Error('second'))
      caller.whenAborted(({ message }) => { reasons.push(message) })
      caller.whenAborted(({ message }) => { reasons.push(message) })
      expect([reasons, caller.reason?.message]).to.deep.equal([['first', 'first'], 'first'])
    })
  })

  it('is given up at both ends', async () => {
    const [near, far] = FakeStream.pair()
    const seen: Abortable[] = []
    const aborted = Promise.withResolvers<Value | undefined>()
    startAnsweringEnd({
      get: (_peer, _group, _key, _ask, caller) => {
        seen.push(caller)
        caller.whenAborted(aborted.reject)
        return aborted.promise
      }
    }, { stream: far })
    const requester = new Requester({ stream: near.stream, peer: 'far', clock: new FakeClock(), timeout: 1_000, onClose: () => {} })
    const caller = new Cancellation()
    const answer = rejection(getOn(requester, 'g', 'k', 'get', caller))
    await settled()
    expect([seen.length, requester.pending]).to.deep.equal([1, 1])
    caller.abort(new Error('enough'))
    await answer
    await settled()
    expect(requester.pending).to.equal(0)
  })
})
