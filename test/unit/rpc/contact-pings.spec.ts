// The third rule of contact; see src/rpc/contact.ts.

import { expect } from 'chai'
import { LEASE } from '../../../src/constants.js'
import { TIMEOUT, plain } from '../../support/asking-end.js'
import { advanceAnswering, answered, miss, pings, standStill, startPatiently as start } from '../../support/contact.js'
import { written } from '../../support/fake-stream.js'
import { getOn } from '../../support/get-on.js'

describe('contact with a peer: 3. is kept up with pings', () => {
  it('while a request is open, so that a slow load takes as long as it takes', async () => {
    const end = start()
    const answer = getOn(end.requester, 'g', 'slow', 'get')
    await advanceAnswering(end, 20 * LEASE)
    end.stream.receive(written(frames => { frames.value(1, plain(Uint8Array.of(1))) }))
    expect(await answer).to.deep.include({ bytes: Buffer.of(1) })
    expect(pings(end).length).to.be.within(20, 45)
  })

  it('although other requests are answered all the time, when those that are were sent long ago', async () => {
    const end = start()
    for (let i = 0; i < 100; i++) getOn(end.requester, 'g', `k${i}`, 'get').catch(() => {})
    for (let id = 1; id <= 50; id++) {
      await end.clock.advance(LEASE / 100)
      miss(end, id)
    }
    await end.clock.advance(LEASE / 4)
    expect(pings(end)).to.not.deep.equal([])
  })

  it('while somebody holds copies, and so their lease does not lapse', async () => {
    const end = start()
    const { lease } = await answered(end, 1)
    lease?.need(10 * LEASE)
    await advanceAnswering(end, 10 * LEASE)
    expect(lease?.isRunning(end.clock.now())).to.equal(true)
    const { length } = pings(end)
    expect(length).to.be.within(10, 22)
    // and no longer
    await end.clock.advance(10 * LEASE)
    expect([pings(end).length, end.clock.timers, lease?.isRunning(end.clock.now())]).to.deep.equal([length, 0, false])
  })

  it('of which each leaves the peer at least a quarter of the lease to answer, however requests are timed', async () => {
    for (let offset = 0; offset < LEASE / 2; offset += 170) {
      const end = start()
      await answered(end, 1)
      await end.clock.advance(offset)
      const { lease } = await answered(end, 2)
      lease?.need(60_000)
      await end.clock.advance(LEASE * 3 / 4)
      expect(pings(end), `offset ${offset}`).to.not.deep.equal([])
    }
  })

  it('as often as a shorter timeout asks for', async () => {
    const end = start(TIMEOUT)
    const { lease } = await answered(end, 1)
    lease?.need(60_000)
    await end.clock.advance(TIMEOUT / 2)
    expect(pings(end)).to.have.length(1)
  })

  it('not when nothing is open and nobody holds copies: an idle link is silent', async () => {
    const end = start()
    await answered(end, 1)
    await end.clock.advance(100 * LEASE)
    expect([pings(end), end.clock.timers]).to.deep.equal([[], 0])
  })

  it('not for copies whose lease has lapsed: they are dead', async () => {
    const end = start()
    const { lease } = await answered(end, 1)
    lease?.need(100 * LEASE)
    await standStill(end, LEASE)
    expect([pings(end), end.clock.timers]).to.deep.equal([[], 0])
  })

  it('and gives up a peer that does not answer them', async () => {
    const end = start()
    const { lease } = await answered(end, 1)
    lease?.need(60_000)
    await end.clock.advance(LEASE * 4)
    expect(end.closed.map(({ name }) => name)).to.deep.equal(['TimeoutError'])
    expect(lease?.isRunning(end.clock.now())).to.equal(false)
  })
})
