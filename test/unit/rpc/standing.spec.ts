// What the RPC layer knows of its peers: who is in touch, who may hold a lease.

import { expect } from 'chai'
import { LEASE } from '../../../src/constants.js'
import { ConnectionLostError, PeerUnreachableError } from '../../../src/errors.js'
import { settled } from '../../support/fake-clock.js'
import { FakeStream } from '../../support/fake-stream.js'
import { FAR, NEAR, startRpcPair } from '../../support/rpc-pair.js'
import { rejection } from '../../support/thrown.js'

const [near, far] = [NEAR.toString(), FAR.toString()]

describe('a member, to the one that asks it,', () => {
  it('grants a lease while it is in touch', async () => {
    const { clock, near: { rpc } } = await startRpcPair()
    expect(rpc.lease(far)).to.equal(undefined)
    const value = await rpc.get(FAR, 'g', 'k', 'get')
    expect(rpc.lease(far)).to.equal(value?.lease)
    expect(rpc.lease(far)?.peer).to.equal(far)
    await clock.advance(LEASE - 1)
    expect(rpc.lease(far)?.isRunning(clock.now())).to.equal(true)
    await clock.advance(1)
    expect(rpc.lease(far)).to.equal(undefined)
    const next = await rpc.get(FAR, 'g', 'k', 'get')
    expect(rpc.lease(far)).to.equal(next?.lease)
    rpc.disconnect(FAR, new Error('gone'))
    expect([rpc.lease(far), next?.lease?.isRunning(clock.now())]).to.deep.equal([undefined, false])
  })

  it('grants none before it has answered: a request that is open proves nothing', async () => {
    const { near: { rpc } } = await startRpcPair({ far: { get: () => new Promise(() => {}) } })
    void rejection(rpc.get(FAR, 'g', 'k', 'get'))
    await settled()
    expect(rpc.lease(far)).to.equal(undefined)
    await rpc.ping(FAR)
    expect(rpc.lease(far)?.peer).to.equal(far)
  })

  it('was last heard when that was, in either direction, also after the streams have ended', async () => {
    const { clock, near: { rpc }, far: { rpc: other } } = await startRpcPair()
    expect(rpc.lastContact(far)).to.equal(undefined)
    await other.ping(NEAR)
    await clock.advance(100)
    await rpc.ping(FAR)
    expect([rpc.lastContact(far), other.lastContact(near)]).to.deep.equal([100, 100])
    await clock.advance(100)
    await other.ping(NEAR)
    expect([rpc.lastContact(far), other.lastContact(near)]).to.deep.equal([200, 200])
    rpc.disconnect(FAR, new Error('gone'))
    other.disconnect(NEAR, new Error('gone'))
    await settled()
    await clock.advance(100)
    expect([rpc.lastContact(far), other.lastContact(near)]).to.deep.equal([200, 200])
  })

  it('is not in touch by answering alone: only when it has a stream to this one is it known what this one missed', async () => {
    const { clock, near: { rpc } } = await startRpcPair()
    await clock.advance(100)
    await rpc.ping(FAR)
    expect(rpc.lastContact(far)).to.equal(undefined)
    rpc.disconnect(FAR, new Error('gone'))
    expect(rpc.lastContact(far)).to.equal(undefined)
  })

  it('has not been heard when its stream has begun: what was missed counts from before that', async () => {
    const pair = await startRpcPair()
    await pair.near.rpc.ping(FAR)
    await pair.clock.advance(1_000)
    pair.near.rpc.disconnect(FAR, new Error('gone'))
    await settled()
    let seen: number | undefined
    pair.far.onPeer = async () => { seen = pair.far.rpc.lastContact(near) }
    await pair.near.rpc.ping(FAR)
    expect(seen).to.equal(0)
    expect(pair.far.rpc.lastContact(near)).to.equal(1_000)
  })

  it('has not been heard on a stream that never became ready', async () => {
    const pair = await startRpcPair()
    const ready = Promise.withResolvers<void>()
    pair.far.onPeer = () => ready.promise
    void rejection(pair.near.rpc.get(FAR, 'g', 'k', 'get'))
    await settled()
    ready.reject(new Error('nobody says what was missed'))
    await settled()
    expect([pair.far.rpc.lastContact(near), pair.far.rpc.holders().size]).to.deep.equal([undefined, 0])
  })
})

describe('a member that asks', () => {
  it('may hold a lease until one has passed since it was last active', async () => {
    const { clock, near: { rpc }, far: { rpc: other } } = await startRpcPair()
    expect(other.holders()).to.deep.equal(new Map())
    await clock.advance(100)
    await rpc.get(FAR, 'g', 'k', 'get')
    expect([other.holders(), rpc.holders()]).to.deep.equal([new Map([[near, 100 + LEASE]]), new Map()])
    await clock.advance(200)
    await rpc.ping(FAR)
    expect(other.holders()).to.deep.equal(new Map([[near, 300 + LEASE]]))
    await clock.advance(LEASE - 1)
    expect(other.holders()).to.deep.equal(new Map([[near, 300 + LEASE]]))
    await clock.advance(1)
    expect(other.holders()).to.deep.equal(new Map())
  })

  it('may hold it although its stream has ended, and the latest one counts', async () => {
    const { clock, near: { rpc }, far: { rpc: other, accept } } = await startRpcPair()
    await clock.advance(100)
    await rpc.get(FAR, 'g', 'k', 'get')
    rpc.disconnect(FAR, new Error('gone'))
    await settled()
    await clock.advance(LEASE - 1)
    expect(other.holders()).to.deep.equal(new Map([[near, 100 + LEASE]]))
    // one that was just opened and not used takes nothing back
    accept(new FakeStream(), NEAR)
    await clock.advance(0)
    expect(other.holders().get(near)).to.be.at.least(100 + LEASE)
    await clock.advance(LEASE)
    expect(other.holders()).to.deep.equal(new Map())
  })

  it('counts on being told of removals when it has asked what it missed, whether it may be answered or not', async () => {
    const pair = await startRpcPair()
    const { clock, near: { rpc }, far: { rpc: other } } = pair
    const ready = Promise.withResolvers<void>()
    pair.far.onPeer = () => ready.promise
    await clock.advance(100)
    await rpc.catchUp(FAR, 1_000)
    expect([other.holders(), other.lastContact(near)]).to.deep.equal([new Map([[near, 100 + LEASE]]), undefined])
    ready.reject(new Error('nobody says what was missed'))
    await settled()
    expect([other.holders(), other.lastContact(near)]).to.deep.equal([new Map([[near, 100 + LEASE]]), undefined])
    await clock.advance(LEASE)
    expect(other.holders()).to.deep.equal(new Map())
  })

  it('never holds a lease for longer than is known here', async () => {
    const { clock, near: { rpc }, far: { rpc: other } } = await startRpcPair()
    for (let i = 0; i < 40; i++) {
      await clock.advance(i * 37 % 900)
      const value = await rpc.get(FAR, 'g', 'k', 'get')
      expect(value?.lease?.until).to.be.at.most(other.holders().get(near) ?? 0)
      if (i % 7 === 0) rpc.disconnect(FAR, new Error('gone'))
      await settled()
    }
  })
})

describe('a member that is cut off', () => {
  it('is not answered, nor asked, for the timeout', async () => {
    const pair = await startRpcPair({ far: { get: () => new Promise(() => {}) }, near: { get: () => new Promise(() => {}) }, timeout: 10_000 })
    const { rpc, aborted } = pair.near
    const answers = [rpc.get(FAR, 'g', 'k', 'get'), pair.far.rpc.get(NEAR, 'g', 'k', 'get')].map(rejection)
    await rpc.ping(FAR)
    const lease = rpc.lease(far)
    rpc.cut(FAR, new Error('it did not confirm'))
    expect(aborted).to.deep.equal([far])
    expect([lease?.isRunning(pair.clock.now()), rpc.lease(far)]).to.deep.equal([false, undefined])
    expect((await answers[0])?.message).to.equal('it did not confirm')
    expect(pair.near.streams[0]?.[0].abortedWith).to.not.equal(undefined)
    expect(pair.far.streams[0]?.[1].abortedWith).to.not.equal(undefined)
    // its lease is still known of
    expect(rpc.holders()).to.deep.equal(new Map([[far, LEASE]]))
    expect(await rejection(rpc.ping(FAR))).to.be.instanceOf(PeerUnreachableError)
    await pair.clock.advance(9_999)
    expect(await rejection(rpc.ping(FAR))).to.be.instanceOf(PeerUnreachableError)
    await pair.clock.advance(1)
    await rpc.ping(FAR)
  })

  it('is told of removals all the same, and asked for values again when that has succeeded', async () => {
    const told: unknown[] = []
    const pair = await startRpcPair({ far: { forget: (...args) => { told.push(args) } } })
    const { rpc } = pair.near
    await rpc.ping(FAR)
    rpc.cut(FAR, new Error('it did not confirm'))
    const gate = Promise.withResolvers<void>()
    pair.near.dial = () => gate.promise
    const forgot = rpc.forget(FAR, 7, { kind: 'all', group: 'g' })
    await settled()
    expect(await rejection(rpc.get(FAR, 'g', 'k', 'get')), 'while it is being reached').to.be.instanceOf(PeerUnreachableError)
    gate.resolve()
    await forgot
    expect(told).to.deep.equal([[near, 7, { kind: 'all', group: 'g' }]])
    await rpc.ping(FAR)
  })

  it('is not asked once more by those whose requests were cut off', async () => {
    const pair = await startRpcPair({ far: { get: () => new Promise(() => {}) } })
    const { rpc, streams } = pair.near
    const answer = rejection(rpc.get(FAR, 'g', 'k', 'get'))
    await settled()
    rpc.cut(FAR, new ConnectionLostError('it did not confirm'))
    expect(await answer).to.be.instanceOf(PeerUnreachableError)
    expect(streams).to.have.length(1)
  })

  it('is cut off once, also for its silence', async () => {
    const pair = await startRpcPair()
    await pair.near.rpc.ping(FAR)
    pair.near.rpc.cut(FAR, Object.assign(new Error('silent'), { name: 'TimeoutError' }))
    expect(pair.near.aborted).to.deep.equal([far])
  })

  it('is cut off also while its stream is being opened', async () => {
    const pair = await startRpcPair()
    const gate = Promise.withResolvers<void>()
    pair.near.dial = () => gate.promise
    const answer = rejection(pair.near.rpc.get(FAR, 'g', 'k', 'get'))
    pair.near.rpc.cut(FAR, new Error('it did not confirm'))
    gate.resolve()
    expect((await answer).message).to.include('it did not confirm')
    expect(pair.near.streams[0]?.[0].abortedWith).to.not.equal(undefined)
    expect(await rejection(pair.near.rpc.ping(FAR))).to.be.instanceOf(PeerUnreachableError)
  })

  it('stays so for the timeout although an attempt to reach it fails meanwhile', async () => {
    const pair = await startRpcPair()
    const gate = Promise.withResolvers<void>()
    pair.near.dial = () => gate.promise
    const answer = rejection(pair.near.rpc.ping(FAR))
    pair.near.rpc.cut(FAR, new Error('it did not confirm'))
    gate.reject(new Error('no route'))
    await answer
    pair.near.dial = undefined
    await pair.clock.advance(5_000)
    expect((await rejection(pair.near.rpc.ping(FAR))).message).to.include('it did not confirm')
  })

  it('may be asked again once it is connected again', async () => {
    const { near: { rpc } } = await startRpcPair()
    rpc.cut(FAR, new Error('it did not confirm'))
    rpc.reconnected(FAR)
    await rpc.ping(FAR)
  })
})
