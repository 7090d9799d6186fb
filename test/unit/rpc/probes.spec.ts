// PROBE: a member is asked whether another one answers it.

import { expect } from 'chai'
import * as fc from 'fast-check'
import { MAX_PENDING_REQUESTS } from '../../../src/constants.js'
import { ConnectionLostError, OverloadedError, ProtocolViolationError } from '../../../src/errors.js'
import { RATES } from '../../../src/rpc/allowance.js'
import { FrameType, HEAD_BYTES, Status, readDigest, readFailure, readProbe } from '../../../src/rpc/frames.js'
import { RemoteFailure } from '../../../src/rpc/remote-failure.js'
import { probing } from '../../../src/cluster/gossip.js'
import { View } from '../../../src/cluster/view.js'
import { startAnsweringEnd } from '../../support/answering-end.js'
import { startAskingEnd } from '../../support/asking-end.js'
import { settled } from '../../support/fake-clock.js'
import { getOn } from '../../support/get-on.js'
import { FAR, NEAR, startRpcPair } from '../../support/rpc-pair.js'
import { framesIn, written } from '../../support/fake-stream.js'
import { rejection } from '../../support/thrown.js'

const probe = (id: number, member: Uint8Array | string): Uint8Array => written(frames => { frames.frame(FrameType.probe, id, Buffer.from(member)) })
const frameOf = (member: Uint8Array | string): Buffer => Buffer.from(probe(1, member)).subarray(4)

describe('a frame that asks for a probe', () => {
  it('comes out as it went in', () => {
    fc.assert(fc.property(fc.nat({ max: 0xffffffff }), fc.string({ unit: 'binary', minLength: 1, maxLength: 32 }), (id, member) => {
      const [frame] = framesIn(probe(id, member))
      expect([frame?.type, frame?.id]).to.deep.equal([8, id])
      expect(readProbe(frameOf(member))).to.equal(member)
    }))
  })

  it('is these bytes: a test vector for other languages', () => {
    expect(Buffer.from(probe(258, 'ab')).toString('hex')).to.equal('00000007' + '08' + '00000102' + '6162')
  })

  it('names a member in 1 to 128 bytes of UTF-8', () => {
    expect(readProbe(frameOf('x'.repeat(128)))).to.have.length(128)
    for (const member of ['', 'x'.repeat(129), 'é'.repeat(65)]) expect(() => readProbe(frameOf(member))).to.throw(ProtocolViolationError, 'expected 1 to 128')
    expect(() => readProbe(frameOf(Uint8Array.of(0x31, 0xff)))).to.throw(ProtocolViolationError, 'UTF-8')
  })

  it('either parses or is a protocol violation, and means exactly its bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 140 }), bytes => {
      let member: string
      try {
        member = readProbe(Buffer.from([8, 0, 0, 0, 1, ...bytes]))
      } catch (err) {
        expect(err).to.be.instanceOf(ProtocolViolationError)
        return
      }
      expect(Buffer.from(member).toString('hex')).to.equal(Buffer.from(bytes).toString('hex'))
    }))
  })
})

describe('a member that is asked for a probe', () => {
  const answersOf = (sends: readonly Uint8Array[]): unknown[] => framesIn(...sends).map(({ type, id, rest }) => {
    const frame = Buffer.concat([Buffer.alloc(HEAD_BYTES), rest])
    return [id, type === FrameType.done ? readDigest(frame) : readFailure(frame)]
  })

  it('answers 1 when the other one answers, 0 when it does not, each as soon as it knows', async () => {
    const asked: string[][] = []
    const heard = new Map(['slow', 'silent', 'well'].map(id => [id, Promise.withResolvers<boolean>()]))
    const { stream } = startAnsweringEnd({
      probe: (peer, member) => {
        asked.push([peer, member])
        return heard.get(member)?.promise ?? Promise.resolve(false)
      }
    })
    stream.receive(Buffer.concat([probe(1, 'slow'), probe(2, 'silent'), probe(3, 'well')]))
    heard.get('well')?.resolve(true)
    await settled()
    heard.get('silent')?.resolve(false)
    await settled()
    heard.get('slow')?.resolve(true)
    await settled()
    expect(asked).to.deep.equal([['far', 'slow'], ['far', 'silent'], ['far', 'well']])
    expect(answersOf(stream.sends)).to.deep.equal([[3, 1], [2, 0], [1, 1]])
  })

  it('says why when it cannot tell', async () => {
    const { stream } = startAnsweringEnd({ probe: () => Promise.reject(new Error('no')) })
    stream.receive(probe(1, 'x'))
    await settled()
    expect(answersOf(stream.sends)).to.deep.equal([[1, { status: Status.internal, message: 'no' }]])
  })

  it('asks others on behalf of one peer a limited number of times', async () => {
    const { burst } = RATES.probes
    const { stream, log } = startAnsweringEnd({ probe: () => new Promise(() => {}) })
    const probes = (from: number, count: number): Uint8Array => written(frames => { for (let id = from; id < from + count; id++) frames.frame(FrameType.probe, id, Buffer.from('x')) })
    stream.receive(probes(1, burst))
    await settled()
    expect([stream.abortedWith, stream.sends.length]).to.deep.equal([undefined, 0])
    stream.receive(probes(burst + 1, 1))
    expect(stream.abortedWith).to.be.instanceOf(ProtocolViolationError)
    expect(log.errors.join()).to.include(`more than ${burst} probes`)
  })

  for (const [what, member] of [['no id', ''], ['too long an id', 'x'.repeat(129)], ['an id that is not UTF-8', Uint8Array.of(0xc0)]] as const) {
    it(`cuts off a peer that sends ${what}`, () => {
      const { stream, log } = startAnsweringEnd()
      stream.receive(probe(1, member))
      expect(stream.abortedWith).to.be.instanceOf(ProtocolViolationError)
      expect(log.errors).to.have.length(1)
    })
  }
})

describe('a member that asks for a probe', () => {
  it('is told what the other one found, or why it found nothing', async () => {
    const { stream, requester } = startAskingEnd()
    const answers = [requester.probe('a'), requester.probe('b'), requester.probe('c')]
    await settled()
    expect(stream.frames.map(({ type, rest }) => [type, rest.toString()])).to.deep.equal([[8, 'a'], [8, 'b'], [8, 'c']])
    const [a, b, c] = stream.frames.map(({ id }) => id) as [number, number, number]
    stream.receive(written(frames => {
      frames.failed(c, Status.stopped, 'gone')
      frames.done(b, 0)
      frames.done(a, 1)
    }))
    expect(await Promise.all(answers)).to.deep.equal([1, 0, new RemoteFailure(Status.stopped, 'gone')])
  })

  it('asks although as many requests wait as may: it has to know whether they wait in vain', async () => {
    const { stream, requester } = startAskingEnd()
    for (let i = 0; i < MAX_PENDING_REQUESTS; i++) void getOn(requester, 'g', 'k', 'get')
    expect(await rejection(getOn(requester, 'g', 'k', 'get'))).to.be.instanceOf(OverloadedError)
    void requester.probe('x')
    await settled()
    expect(stream.frames.at(-1)?.type).to.equal(FrameType.probe)
  })

  it('fails with the stream', async () => {
    const { stream, requester } = startAskingEnd()
    const answer = rejection(requester.probe('x'))
    await settled()
    stream.closeByPeer('close')
    expect(await answer).to.be.instanceOf(ConnectionLostError)
  })
})

describe('a probe by way of another member', () => {
  it('comes to true or false, over the stream of all requests', async () => {
    const asked: unknown[] = []
    const pair = await startRpcPair({
      far: {
        probe: (peer, member) => {
          asked.push([peer, member])
          return Promise.resolve(member === 'well')
        }
      }
    })
    const { rpc, streams } = pair.near
    expect([await rpc.probe(FAR, 'well'), await rpc.probe(FAR, 'ill')]).to.deep.equal([true, false])
    expect(asked).to.deep.equal([[NEAR.toString(), 'well'], [NEAR.toString(), 'ill']])
    expect(streams).to.have.length(1)
  })

  it('is given up after its timeout', async () => {
    const pair = await startRpcPair({ far: { probe: () => new Promise(() => {}) } })
    const answer = rejection(pair.near.rpc.probe(FAR, 'x', { timeout: 100 }))
    await pair.clock.advance(100)
    expect(await answer).to.include({ name: 'AbortError', message: 'no answer within 100 ms' })
  })

  it('fails as it failed there', async () => {
    const pair = await startRpcPair({ far: { probe: () => Promise.reject(Object.assign(new Error('enough'), { name: 'AbortError' })) } })
    expect((await rejection(pair.near.rpc.probe(FAR, 'x'))).name).to.equal('AbortError')
  })

  it('is to the membership an answer, a silence, or nothing heard of the one that was asked', async () => {
    const pair = await startRpcPair({ far: { probe: (_peer, member) => member === 'fails' ? Promise.reject(new Error('no')) : member === 'hangs' ? new Promise(() => {}) : Promise.resolve(member === 'well') } })
    const { ping, pingBy } = probing(pair.near.rpc, new View(NEAR.toString()))
    const far = FAR.toString()
    expect([await pingBy(far, 'well', 100), await pingBy(far, 'ill', 100), await pingBy(far, 'fails', 100), await ping(far, 100)]).to.deep.equal(['answers', 'silent', 'unheard', true])
    const hanging = pingBy(far, 'hangs', 100)
    pair.near.streams[0]?.[0].pause()
    const silent = ping(far, 100)
    await pair.clock.advance(100)
    expect([await hanging, await silent]).to.deep.equal(['unheard', false])
  })
})
