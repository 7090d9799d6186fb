import { expect } from 'chai'
import { FLEETING_BURST, MAX_FLEETING_HOSTS } from '../../../src/constants.js'
import { Fleeting } from '../../../src/security/fleeting.js'
import { FakeClock } from '../../support/fake-clock.js'

const DAY = 24 * 3_600_000

describe('connections that come to nothing', () => {
  it('are forgotten with time, and never saved up for', async () => {
    const clock = new FakeClock()
    const fleeting = new Fleeting(clock)
    const tries = (): number => {
      let n = 0
      for (; fleeting.mayTry('a'); n++) fleeting.note('a')
      return n
    }
    expect(tries()).to.equal(FLEETING_BURST)
    await clock.advance(DAY)
    expect(tries()).to.equal(FLEETING_BURST)
    // those that were under way at the end are no debt
    for (let i = 0; i < 1_000; i++) fleeting.note('a')
    await clock.advance(250)
    expect(tries()).to.equal(1)
  })

  it('are remembered of a bounded number of hosts, the latest', () => {
    const fleeting = new Fleeting(new FakeClock())
    const exhaust = (host: string): void => { for (let i = 0; i < FLEETING_BURST; i++) fleeting.note(host) }
    exhaust('first')
    for (let i = 1; i < MAX_FLEETING_HOSTS; i++) fleeting.note(`host-${i}`)
    expect(fleeting.mayTry('first')).to.equal(false)
    fleeting.note('one more')
    expect(fleeting.mayTry('first')).to.equal(true)
  })
})
