import { expect } from 'chai'
import { CONNECT_TIMEOUT, LEASE } from '../../../src/constants.js'
import { ConnectionLostError, InvalidationIncompleteError, PeerUnreachableError, ValueTooLargeError } from '../../../src/errors.js'
import { Cancellation } from '../../../src/flight/abortable.js'
import { FrameType } from '../../../src/rpc/frames.js'
import { plain } from '../../support/asking-end.js'
import { settled } from '../../support/fake-clock.js'
import { FakeStream } from '../../support/fake-stream.js'
import { FAR, NEAR, startRpcPair } from '../../support/rpc-pair.js'
import { rejection } from '../../support/thrown.js'
import type { Removal } from '../../../src/rpc/removal.js'

const [near, far] = [NEAR.toString(), FAR.toString()]
const REMOVAL: Removal = { kind: 'keys', group: 'g', keys: ['k'] }

describe('requests between two members', () => {
  it('of every kind are answered, over one stream', async () => {
    const asked: unknown[][] = []
    const pair = await startRpcPair({
      far: {
        remove: (...args) => {
          asked.push(args)
          return Promise.resolve(1)
        },
        set: (peer, ticket, replacement, hop) => {
          asked.push([peer, ticket, { ...replacement, bytes: Buffer.from(replacement.bytes) }, hop])
          return Promise.resolve(2)
        },
        forget: (...args) => { asked.push(args) },
        catchUp: (_peer, elapsed) => elapsed > 1_000 ? 'all' : [{ ticket: 3, removal: REMOVAL }]
      }
    })
    const { rpc, streams } = pair.near
    const replacement = { group: 'g', key: 'k', ...plain(Buffer.from('new'), 5) }
    expect((await rpc.get(FAR, 'g', 'key', 'get'))?.bytes.toString()).to.equal('key')
    expect(await rpc.remove(FAR, 11, REMOVAL, 'owner')).to.equal(1)
    expect(await rpc.forget(FAR, 12, REMOVAL)).to.equal(undefined)
    expect(await rpc.set(FAR, 13, replacement, 'forwarded')).to.equal(2)
    expect([await rpc.catchUp(FAR, 1_000), await rpc.catchUp(FAR, 1_001)]).to.deep.equal([[{ ticket: 3, removal: REMOVAL }], 'all'])
    expect(await rpc.ping(FAR)).to.equal(undefined)
    expect(asked).to.deep.equal([[near, 11, REMOVAL, 'owner'], [near, 12, REMOVAL], [near, 13, { group: 'g', key: 'k', bytes: Buffer.from('new'), ttl: 5, tags: [] }, 'forwarded']])
    expect(streams).to.have.length(1)
  })

  it('are not waited for on a stream that was lost before anybody could hear of it', async () => {
    const pair = await startRpcPair()
    const lost = new FakeStream()
    lost.abort(new Error('lost'))
    pair.far.accept(lost, NEAR)
    expect([pair.far.rpc.hasStream(near), pair.far.rpc.lastContact(near)]).to.deep.equal([false, undefined])
    pair.far.accept(new FakeStream(), NEAR)
    await settled()
    expect(pair.far.rpc.hasStream(near)).to.equal(true)
  })

  it('fail as they failed there', async () => {
    const tooLarge = new ValueTooLargeError({ group: 'g', key: 'k', bytes: 12, limit: 3 })
    const errors = [tooLarge, Object.assign(new Error('enough'), { name: 'AbortError' }), new InvalidationIncompleteError({ group: 'g', members: [NEAR, FAR] })]
    const fail = async (): Promise<never> => { throw errors.shift() ?? new Error('no error left') }
    const pair = await startRpcPair({ far: { get: fail, remove: fail } })
    const { rpc } = pair.near
    const first = await rejection(rpc.get(FAR, 'g', 'k', 'get'))
    expect(first).to.be.instanceOf(ValueTooLargeError)
    expect([first.bytes, first.limit]).to.deep.equal([12, 3])
    expect((await rejection(rpc.get(FAR, 'g', 'k', 'get'))).name).to.equal('AbortError')
    const incomplete = await rejection(rpc.remove(FAR, 1, REMOVAL, 'owner'))
    expect(incomplete).to.be.instanceOf(InvalidationIncompleteError)
    expect(String(incomplete.members)).to.equal([near, far].join(','))
  })

  it('are made once more when the stream was lost, and not a third time', async () => {
    const pair = await startRpcPair({ far: { get: () => new Promise(() => {}) } })
    const { rpc, streams } = pair.near
    const answer = rejection(rpc.get(FAR, 'g', 'k', 'get'))
    await settled()
    streams[0]?.[0].closeByPeer('close')
    await settled()
    expect(streams).to.have.length(2)
    streams[1]?.[0].closeByPeer('close')
    expect(await answer).to.be.instanceOf(ConnectionLostError)
    expect(streams).to.have.length(2)
  })

  it('that lost touch are made once more, on a new stream', async () => {
    const waiting: Array<PromiseWithResolvers<ReturnType<typeof plain>>> = []
    const pair = await startRpcPair({
      far: {
        get: () => {
          const answer = Promise.withResolvers<ReturnType<typeof plain>>()
          waiting.push(answer)
          return answer.promise
        }
      }
    })
    const { rpc, streams } = pair.near
    const answer = rpc.get(FAR, 'g', 'k', 'get')
    await settled()
    // nothing arrives any more; then the answer does
    streams[0]?.[0].pause()
    await pair.clock.advance(LEASE)
    waiting[0]?.resolve(plain(Buffer.from('old')))
    await settled()
    streams[0]?.[0].resume()
    await settled()
    expect([streams.length, waiting.length]).to.deep.equal([2, 2])
    waiting[1]?.resolve(plain(Buffer.from('new')))
    expect((await answer)?.bytes.toString()).to.equal('new')
  })

  it('are given up after their timeout, and a get is cancelled then', async () => {
    const pair = await startRpcPair({ far: { get: () => new Promise(() => {}), remove: () => new Promise(() => {}), set: () => new Promise(() => {}), forget: () => new Promise(() => {}) } })
    const { rpc, streams } = pair.near
    const options = { timeout: 100 }
    const answers = [rpc.get(FAR, 'g', 'k', 'moved', options), rpc.remove(FAR, 1, REMOVAL, 'owner', options), rpc.forget(FAR, 1, REMOVAL, options), rpc.set(FAR, 1, { group: 'g', key: 'k', ...plain(Buffer.of(1)) }, 'owner', options)].map(rejection)
    await pair.clock.advance(100)
    expect((await Promise.all(answers)).map(({ name, message }) => `${name}: ${message}`)).to.deep.equal(Array(4).fill('AbortError: no answer within 100 ms'))
    await settled()
    expect(streams[0]?.[0].requests.filter(({ type }) => type === FrameType.cancel)).to.have.length(1)
  })

  it('are cancelled when their caller leaves, with a timeout and without', async () => {
    for (const timeout of [undefined, 1_000]) {
      const aborted: string[] = []
      const pair = await startRpcPair({
        far: {
          get: (_peer, _group, key, _ask, caller) => {
            caller.whenAborted(() => { aborted.push(key) })
            return new Promise(() => {})
          }
        }
      })
      const caller = new Cancellation()
      const answer = rejection(pair.near.rpc.get(FAR, 'g', 'k', 'get', { caller, timeout }))
      await settled()
      caller.abort(new Error('enough'))
      expect((await answer).message).to.equal('enough')
      await settled()
      expect(aborted).to.deep.equal(['k'])
    }
  })

  it('wait for what has to be done before a peer is answered', async () => {
    const pair = await startRpcPair()
    const ready = Promise.withResolvers<void>()
    const seen: string[] = []
    pair.far.onPeer = id => {
      seen.push(id)
      return ready.promise
    }
    let answer: unknown
    void pair.near.rpc.get(FAR, 'g', 'k', 'get').then(value => { answer = value?.bytes.toString() })
    await settled()
    expect([seen, answer]).to.deep.equal([[near], undefined])
    ready.resolve()
    await settled()
    expect(answer).to.equal('k')
  })

  it('end when the node stops, at both ends', async () => {
    const pair = await startRpcPair({ far: { get: () => new Promise(() => {}) } })
    const answer = rejection(pair.near.rpc.get(FAR, 'g', 'k', 'get'))
    await settled()
    await pair.near.rpc.stop()
    expect((await answer).message).to.include('stopped')
    await settled()
    expect((await rejection(pair.near.rpc.get(FAR, 'g', 'k', 'get'))).name).to.equal('NotStartedError')
    expect(pair.near.streams[0]?.[1].abortedWith).to.not.equal(undefined)
  })

  it('end when the node stops while the stream is being opened', async () => {
    const pair = await startRpcPair()
    const gate = Promise.withResolvers<void>()
    pair.near.dial = () => gate.promise
    const answer = rejection(pair.near.rpc.get(FAR, 'g', 'k', 'get'))
    await pair.near.rpc.stop()
    gate.resolve()
    expect(await answer).to.be.instanceOf(ConnectionLostError)
    expect(pair.near.streams[0]?.[0].abortedWith).to.not.equal(undefined)
  })

  it('wait for no stream to a peer that is parted with, and make a new one later', async () => {
    const pair = await startRpcPair()
    const { rpc, streams } = pair.near
    const dial = Promise.withResolvers<void>()
    pair.near.dial = () => dial.promise
    const answers = [rpc.get(FAR, 'g', 'k', 'get'), rpc.remove(FAR, 1, REMOVAL, 'owner'), rpc.ping(FAR)].map(rejection)
    const reason = new PeerUnreachableError(far, 'it was given up')
    rpc.part(FAR, reason)
    expect(await Promise.all(answers)).to.deep.equal([reason, reason, reason])
    pair.near.dial = undefined
    await rpc.ping(FAR)
    dial.resolve()
    await settled()
    // what that one comes to is not wanted any more
    expect(streams.map(([end]) => end.abortedWith === undefined)).to.deep.equal([true, false])
    await rpc.ping(FAR)
    expect(streams).to.have.length(2)
  })

  it('do not wait for ever for a stream that never opens, whatever libp2p does, and what opens too late is ended', async () => {
    const pair = await startRpcPair()
    const dial = Promise.withResolvers<void>()
    pair.near.dial = () => dial.promise
    const answer = rejection(pair.near.rpc.get(FAR, 'g', 'k', 'get'))
    await pair.clock.advance(2 * CONNECT_TIMEOUT)
    expect(await answer).to.be.instanceOf(PeerUnreachableError).and.to.have.property('message').that.includes('no stream within')
    dial.resolve()
    await settled()
    expect(pair.near.streams[0]?.[0].abortedWith?.message).to.equal('it was opened too late')
  })

  it('are not made once more at a peer that was given up', async () => {
    const pair = await startRpcPair({ far: { get: () => new Promise(() => {}) } })
    const answer = rejection(pair.near.rpc.get(FAR, 'g', 'k', 'get'))
    await settled()
    const reason = new PeerUnreachableError(far, 'it was given up')
    pair.near.rpc.part(FAR, reason)
    expect([await answer, pair.near.streams.length]).to.deep.equal([reason, 1])
  })

  it('fail at once after silence, for as long as the timeout, unless the peer is connected again', async () => {
    for (const isReconnected of [true, false]) {
      const pair = await startRpcPair({ far: { get: () => new Promise(() => {}) }, timeout: 1_000 })
      const { rpc, streams, aborted } = pair.near
      const answer = rejection(rpc.get(FAR, 'g', 'k', 'get'))
      await settled()
      streams[0]?.[0].pause()
      await pair.clock.advance(1_000)
      expect((await answer).name).to.equal('TimeoutError')
      expect(aborted).to.deep.equal([far])
      expect(await rejection(rpc.ping(FAR))).to.be.instanceOf(PeerUnreachableError)
      if (isReconnected) rpc.reconnected(FAR)
      else await pair.clock.advance(1_000)
      await rpc.ping(FAR)
      expect(streams).to.have.length(2)
    }
  })
})
