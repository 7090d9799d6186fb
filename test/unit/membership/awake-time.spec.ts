import { expect } from 'chai'
import * as fc from 'fast-check'
import { AwakeTime } from '../../../src/membership/awake-time.js'
import type { Clock } from '../../../src/clock.js'

const TOLERANCE = 100

function start (): { awake: AwakeTime, at: (ms: number) => void } {
  let now = 0
  const clock: Clock = { now: () => now, setTimeout: () => ({}), clearTimeout: () => {} }
  return { awake: new AwakeTime(clock, TOLERANCE), at: ms => { now = ms } }
}

describe('the time that a process was awake', () => {
  it('is the time of the clock as long as timers run when they are due, or a little later', () => {
    const { awake, at } = start()
    for (const [now, due] of [[50, 50], [200, 100], [1_000, 990]] as const) {
      at(now)
      expect(awake.wasLate(due)).to.equal(false)
      expect(awake.now()).to.equal(now)
    }
  })

  it('does not go on while the process sleeps', () => {
    const { awake, at } = start()
    at(5_000)
    expect(awake.wasLate(1_000)).to.equal(true)
    expect(awake.now()).to.equal(1_000)
    at(5_300)
    expect(awake.now()).to.equal(1_300)
    at(9_000)
    expect(awake.wasLate(6_000)).to.equal(true)
    expect(awake.now()).to.equal(2_000)
  })

  it('counts a sleep once, although several timers were due in it, the earliest first', () => {
    const { awake, at } = start()
    at(5_000)
    expect([1_000, 2_000, 4_000].map(due => awake.wasLate(due))).to.deep.equal([true, true, true])
    expect(awake.now()).to.equal(1_000)
  })

  it('counts a sleep once in whatever order its timers run', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1_000, max: 4_500 }), { minLength: 1, maxLength: 6 }), dues => {
      const { awake, at } = start()
      at(5_000)
      for (const due of dues) awake.wasLate(due)
      expect(awake.now()).to.equal(Math.min(...dues))
    }))
  })

  it('counts what a timer waits for its turn after a sleep, and nothing from before the sleep that was known already', () => {
    const { awake, at } = start()
    at(3_000)
    awake.wasLate(1_000)
    at(3_400)
    expect(awake.wasLate(2_000)).to.equal(true)
    expect(awake.now()).to.equal(1_000)
    at(9_000)
    awake.wasLate(8_000)
    // it was due in the first sleep, and says nothing of how long the second one was
    awake.wasLate(500)
    expect(awake.now()).to.equal(1_000 + 8_000 - 3_400)
  })

  it('is never negative, never more than the clock says, and short of it by each sleep from its first timer on', () => {
    const sleep = fc.record({ awakeFor: fc.integer({ min: 1, max: 3_000 }), asleepFor: fc.integer({ min: 0, max: 10_000 }), dues: fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 4 }) })
    fc.assert(fc.property(fc.array(sleep, { maxLength: 8 }), sleeps => {
      const { awake, at } = start()
      let [now, slept] = [0, 0]
      for (const { awakeFor, asleepFor, dues } of sleeps) {
        const fellAsleep = now + awakeFor
        now = fellAsleep + asleepFor
        at(now)
        // a timer may have been due at any time in the sleep
        const late = dues.map(part => fellAsleep + part % (asleepFor + 1))
        for (const due of late) expect(awake.wasLate(due)).to.equal(now - due > TOLERANCE)
        slept += Math.max(0, ...late.map(due => now - due > TOLERANCE ? now - due : 0))
        expect(awake.now()).to.equal(now - slept)
        expect(awake.now()).to.be.within(0, now)
      }
    }))
  })
})
