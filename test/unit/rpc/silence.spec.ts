import { expect } from 'chai'
import { MAX_PENDING_REQUESTS } from '../../../src/constants.js'
import { FrameType } from '../../../src/rpc/frames.js'
import { TIMEOUT, plain, startAskingEnd as start } from '../../support/asking-end.js'
import { settled } from '../../support/fake-clock.js'
import type { FakeStream } from '../../support/fake-stream.js'
import { written } from '../../support/fake-stream.js'
import { getOn } from '../../support/get-on.js'
import { rejection } from '../../support/thrown.js'

describe('the asking end of a stream, when the peer is silent,', () => {
  const pings = (stream: FakeStream): number[] => stream.frames.filter(({ type }) => type === FrameType.ping).map(({ id }) => id)

  it('pings after half the timeout, not before', async () => {
    const { stream, requester, clock } = start()
    getOn(requester, 'g', 'k', 'get').catch(() => {})
    await clock.advance(TIMEOUT / 2 - 1)
    expect(pings(stream)).to.have.length(0)
    await clock.advance(1)
    expect(pings(stream)).to.have.length(1)
  })

  it('gives the peer up at the timeout, and all that is open with it', async () => {
    const { stream, requester, clock, closed } = start()
    const answer = rejection(getOn(requester, 'g', 'k', 'get'))
    await clock.advance(TIMEOUT - 1)
    expect(closed).to.have.length(0)
    await clock.advance(1)
    expect((await answer).name).to.equal('TimeoutError')
    expect(stream.abortedWith?.name).to.equal('TimeoutError')
    expect(clock.timers).to.equal(0)
  })

  it('takes at most a quarter longer however the requests are timed', async () => {
    for (let offset = 0; offset < TIMEOUT; offset += 70) {
      const { stream, requester, clock, closed } = start()
      const first = getOn(requester, 'g', 'a', 'get')
      await clock.advance(10)
      stream.receive(written(frames => { frames.bare(FrameType.miss, 1) }))
      await first
      await clock.advance(offset)
      getOn(requester, 'g', 'b', 'get').catch(() => {})
      await clock.advance(TIMEOUT - 1)
      expect(closed, `offset ${offset}`).to.have.length(0)
      await clock.advance(TIMEOUT / 4 + 1)
      expect(closed.map(({ name }) => name), `offset ${offset}`).to.deep.equal(['TimeoutError'])
    }
  })

  it('is not what a slow load is: with pongs a get may take hours', async () => {
    const { stream, requester, clock, closed } = start()
    const answer = getOn(requester, 'g', 'k', 'get')
    const answered = new Set<number>()
    for (let elapsed = 0; elapsed < 3_600_000; elapsed += TIMEOUT / 4) {
      await clock.advance(TIMEOUT / 4)
      for (const id of pings(stream).filter(id => !answered.has(id))) {
        answered.add(id)
        stream.receive(written(frames => { frames.done(id, 0) }))
      }
      stream.sends.length = 0
    }
    expect(closed).to.have.length(0)
    stream.receive(written(frames => { frames.value(1, plain(Uint8Array.of(1), 5)) }))
    expect(await answer).to.deep.include({ bytes: Buffer.of(1), ttl: 5 })
  })

  it('is not held against an idle stream, which is not watched', async () => {
    const { stream, requester, clock, closed } = start()
    const answer = getOn(requester, 'g', 'k', 'get')
    await settled()
    stream.receive(written(frames => { frames.bare(FrameType.miss, 1) }))
    await answer
    await clock.advance(TIMEOUT)
    expect(clock.timers).to.equal(0)
    await clock.advance(100 * TIMEOUT)
    getOn(requester, 'g', 'k', 'get').catch(() => {})
    await clock.advance(TIMEOUT - 1)
    expect(closed).to.have.length(0)
  })

  it('is told from slow loads even when as many requests wait as may', async () => {
    const { stream, requester, clock } = start()
    for (let i = 0; i < MAX_PENDING_REQUESTS; i++) getOn(requester, 'g', 'k', 'get').catch(() => {})
    await clock.advance(TIMEOUT / 2)
    expect(pings(stream)).to.have.length(1)
  })
})
