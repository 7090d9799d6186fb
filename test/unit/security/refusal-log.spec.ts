import { expect } from 'chai'
import { MAX_LOGGED_REFUSALS, REFUSAL_LOG_INTERVAL } from '../../../src/constants.js'
import { RefusalLog } from '../../../src/security/refusal-log.js'
import { FakeClock } from '../../support/fake-clock.js'

describe('the log of refused connections', () => {
  it('tells of an address once in a while, and how often it was refused since', async () => {
    const clock = new FakeClock()
    const log = new RefusalLog(clock)
    expect(log.refused('10.0.0.1')).to.equal(1)
    for (let i = 0; i < 99; i++) expect(log.refused('10.0.0.1')).to.equal(0)
    expect(log.refused('10.0.0.2'), 'another address').to.equal(1)
    await clock.advance(REFUSAL_LOG_INTERVAL - 1)
    expect(log.refused('10.0.0.1')).to.equal(0)
    await clock.advance(1)
    expect(log.refused('10.0.0.1')).to.equal(101)
    expect(log.refused('10.0.0.1')).to.equal(0)
  })

  it('holds a limited number of addresses, and tells of no more than those', async () => {
    const clock = new FakeClock()
    const log = new RefusalLog(clock)
    let told = 0
    for (let i = 0; i < MAX_LOGGED_REFUSALS * 3; i++) told += log.refused(`address ${i}`)
    expect(told).to.equal(MAX_LOGGED_REFUSALS)
    await clock.advance(REFUSAL_LOG_INTERVAL)
    expect(log.refused('a new one'), 'when the oldest are over').to.equal(1)
  })
})
