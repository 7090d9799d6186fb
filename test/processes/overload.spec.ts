// Three real processes with more to do than they can: what waits is bounded, what is too much is refused by name, what is
// let in is answered rightly, nobody is given up, and afterwards all is as before. `npm run overload` measures it.

import { expect } from 'chai'
import { MAX_WAITING_GETS } from '../../src/constants.js'
import { OverloadRun } from '../overload/overload-run.js'
import { endChildren } from '../support/child.js'
import type { Outcome } from '../overload/overload-run.js'

/** MiB that a member may take beside what it had: bounds, not measurements. */
const MOST_MEMORY = 700

describe('three processes that are asked for more than they can do', function () {
  this.timeout(60_000)
  let run: OverloadRun

  before(async () => { run = await OverloadRun.start() })
  after(endChildren)

  /** What holds for each of them. */
  function expectWell (outcome: Outcome): void {
    const { faults, bystander, mostOpen, recovery, peakRss, restRss } = outcome
    expect(faults, 'wrong answers, and failures that are no OverloadedError').to.deep.equal([])
    expect(mostOpen, 'calls that wait at a member').to.be.at.most(MAX_WAITING_GETS + 5_000)
    expect(peakRss - restRss, 'memory').to.be.lessThan(MOST_MEMORY)
    expect(bystander.faults, 'of another group').to.deep.equal([])
    expect(bystander.lost, 'members given up').to.deep.equal([])
    expect(bystander.leastMembers).to.equal(3)
    expect(bystander.gets).to.be.greaterThan(0)
    expect(bystander.removals).to.be.greaterThan(0)
    expect(recovery, 'answers afterwards').to.be.lessThan(Infinity)
  }

  it('by a loader that is slower than what comes', async () => {
    const outcome = await run.run({ scenario: 'slow loader', loops: 20, calm: 500, ms: 5_000, perSecond: 6_000, within: 2_000 })
    expectWell(outcome)
    expect(outcome.rejected).to.be.greaterThan(0)
    expect(outcome.answered).to.be.greaterThan(0)
  })

  it('by a key that everybody wants while its load stalls', async () => {
    const outcome = await run.run({ scenario: 'hot key', loops: 4, calm: 500, ms: 5_000, perSecond: 15_000, within: 2_000 })
    expectWell(outcome)
    // its copies live for 100 ms, a load takes 50: were it loaded for each get, or at each member, it would be many more
    expect(outcome.loads).to.be.within(1, 60)
  })

  it('by values of 64 MiB', async () => {
    const outcome = await run.run({ scenario: 'huge values', loops: 1, calm: 250, ms: 1_500, perSecond: 8, within: 2_000, recovers: 'gets' })
    expectWell(outcome)
    expect(outcome.answered).to.be.greaterThan(0)
  })
})
