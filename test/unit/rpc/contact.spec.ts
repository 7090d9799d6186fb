// The rules of contact, numbered as in src/rpc/contact.ts; the third one is in contact-pings.spec.ts.

import { expect } from 'chai'
import { LEASE } from '../../../src/constants.js'
import { ConnectionLostError, LoadError } from '../../../src/errors.js'
import { FrameType } from '../../../src/rpc/frames.js'
import { PEER, plain } from '../../support/asking-end.js'
import { answered, miss, pings, standStill, startPatiently as start } from '../../support/contact.js'
import { settled } from '../../support/fake-clock.js'
import { written } from '../../support/fake-stream.js'
import { getOn } from '../../support/get-on.js'
import { rejection } from '../../support/thrown.js'
import type { AskingEnd } from '../../support/asking-end.js'

describe('contact with a peer', () => {
  it('is not there before anything was asked', () => {
    const { requester, clock } = start()
    expect([requester.lease.isRunning(clock.now()), requester.lease.peer, requester.contactAt]).to.deep.equal([false, PEER, undefined])
  })

  it('lasts for a lease from when the newest answered request was sent, not from its answer', async () => {
    const end = start()
    const { requester, clock } = end
    const [first, second] = [getOn(requester, 'g', 'a', 'get'), clock.advance(1_000).then(() => getOn(requester, 'g', 'b', 'get'))]
    await clock.advance(3_000)
    expect(requester.contactAt).to.equal(undefined)
    miss(end, 2)
    await second
    expect([requester.contactAt, requester.lease.until]).to.deep.equal([1_000, 1_000 + LEASE])
    // an answer to an older one takes nothing back
    await clock.advance(100)
    miss(end, 1)
    await first
    expect([requester.contactAt, requester.lease.until]).to.deep.equal([1_000, 1_000 + LEASE])
  })

  it('is what values come under, proven by the answer that they are', async () => {
    const end = start()
    const { lease } = await answered(end, 1)
    expect(lease).to.equal(end.requester.lease)
    await end.clock.advance(2_000)
    expect((await answered(end, 2)).lease).to.equal(lease)
    expect(lease?.until).to.equal(2_000 + LEASE)
  })

  it('is proven by failures as well: they are answers', async () => {
    const end = start()
    const answer = rejection(getOn(end.requester, 'g', 'k', 'get'))
    await settled()
    end.stream.receive(written(frames => { frames.failed(1, 1, 'no') }))
    expect(await answer).to.be.instanceOf(LoadError)
    expect(end.requester.contactAt).to.equal(0)
  })

  describe('1. begins anew', () => {
    it('with a lease of its own when the old one has lapsed, which stays so', async () => {
      const end = start()
      const { lease } = await answered(end, 1)
      await end.clock.advance(LEASE)
      expect(lease?.isRunning(end.clock.now())).to.equal(false)
      void getOn(end.requester, 'g', 'b', 'get')
      expect(end.requester.lease).to.not.equal(lease)
      expect(end.requester.lease.until).to.equal(2 * LEASE)
      await settled()
      miss(end, 2)
      expect(lease?.until).to.equal(LEASE)
    })

    it('with one that is provisional: until the first answer nothing is known of the peer', async () => {
      const { requester, clock } = start()
      void getOn(requester, 'g', 'k', 'get')
      await clock.advance(10)
      expect([requester.lease.until, requester.contactAt]).to.deep.equal([LEASE, undefined])
    })

    it('when the old one is about to lapse and of no use, so that it does not lapse during a slow load', async () => {
      const end = start()
      await answered(end, 1)
      await end.clock.advance(LEASE - 100)
      const answer = getOn(end.requester, 'g', 'slow', 'get')
      await end.clock.advance(1_000)
      miss(end, 2)
      expect(await answer).to.equal(undefined)
      expect(end.closed).to.deep.equal([])
    })

    it('not while copies live on the old one', async () => {
      const end = start()
      const { lease } = await answered(end, 1)
      lease?.need(60_000)
      await end.clock.advance(LEASE / 2 - 1)
      void getOn(end.requester, 'g', 'b', 'get')
      expect(end.requester.lease).to.equal(lease)
    })
  })

  describe('2. is lost, and all that is open with it, when the lease lapses with requests open:', () => {
    const lost = async (end: AskingEnd, requests: Array<Promise<unknown>>, act: () => void): Promise<void> => {
      const errors = requests.map(rejection)
      await end.clock.advance(LEASE)
      expect(end.closed).to.deep.equal([])
      act()
      for (const err of await Promise.all(errors)) {
        expect(err).to.be.instanceOf(ConnectionLostError)
        expect(err.message).to.include('lost touch')
      }
      expect(end.closed).to.have.length(1)
    }

    it('seen when an answer comes: it may be from before a removal that this node was not told of', async () => {
      const end = start()
      const requests = [getOn(end.requester, 'g', 'a', 'get'), getOn(end.requester, 'g', 'b', 'get')]
      await lost(end, requests, () => { end.stream.receive(written(frames => { frames.value(1, plain(Uint8Array.of(1))) })) })
    })

    it('seen when something else is asked, which is rejected as well', async () => {
      const end = start()
      const requests = [getOn(end.requester, 'g', 'a', 'get')]
      await lost(end, requests, () => { requests.push(getOn(end.requester, 'g', 'b', 'get')) })
      expect(await rejection(requests[1] as Promise<unknown>)).to.be.instanceOf(ConnectionLostError)
      expect(end.stream.requests.filter(({ type }) => type === FrameType.get)).to.have.length(1)
    })

    it('also for an answer to a request that was sent lately: those before it are not to be trusted', async () => {
      const end = start()
      void rejection(getOn(end.requester, 'g', 'a', 'get'))
      await end.clock.advance(LEASE - 1)
      const late = rejection(getOn(end.requester, 'g', 'b', 'get'))
      await end.clock.advance(1)
      miss(end, 2)
      expect(await late).to.be.instanceOf(ConnectionLostError)
    })

    it('not a moment before', async () => {
      const end = start()
      const answer = getOn(end.requester, 'g', 'a', 'get')
      await end.clock.advance(LEASE - 1)
      miss(end, 1)
      expect(await answer).to.equal(undefined)
      expect(end.closed).to.deep.equal([])
    })

    it('and this process that stood still is not taken for a peer that is silent', async () => {
      const end = start()
      const answer = rejection(getOn(end.requester, 'g', 'slow', 'get'))
      await settled()
      await standStill(end, 1.5 * LEASE)
      expect(await answer).to.be.instanceOf(ConnectionLostError)
      expect(pings(end)).to.deep.equal([])
    })
  })

  it('4. ends with the stream', async () => {
    const end = start()
    const { lease } = await answered(end, 1)
    end.requester.close(new Error('enough'))
    expect([lease?.isRunning(end.clock.now()), lease?.neededUntil]).to.deep.equal([false, 0])
    expect(end.requester.contactAt).to.equal(0)
  })
})
