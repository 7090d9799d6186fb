import { expect } from 'chai'
import { CHANGES_PER_SECOND, MAX_CHANGES, Restless } from '../../../src/membership/restless.js'
import { alive, dead, left, suspect } from '../../support/records.js'

describe('a member that changes its place on the ring', () => {
  const weighs = (weight: number): ReturnType<typeof alive> => ({ ...alive('m'), weight })

  for (const [what, from, to] of [['comes back', left('m'), alive('m', 1)], ['was dead', dead('m'), alive('m', 1)], ['changes its weight', weighs(1), weighs(2)], ['changes its name', alive('m'), { ...alive('m'), name: 'other' }]] as const) {
    it(`and ${what} may do so some times, and then now and then`, () => {
      const restless = new Restless()
      const granted = (now: number): number => Array.from({ length: 3 * MAX_CHANGES }, () => restless.mayChange(from, to, now)).filter(Boolean).length
      expect([granted(0), granted(0)]).to.deep.equal([MAX_CHANGES, 0])
      // who asks all the time does not wait for ever
      const times = Array.from({ length: 300 }, (_, i) => 1_000 * (i + 1))
      expect(times.filter(now => restless.mayChange(from, to, now)).length).to.be.within(300 * CHANGES_PER_SECOND - 1, 300 * CHANGES_PER_SECOND)
      expect(granted(1e7)).to.equal(MAX_CHANGES)
    })
  }

  it('may go, be suspected and contradict as often as it likes', () => {
    const restless = new Restless()
    for (let i = 0; i < 10 * MAX_CHANGES; i++) {
      for (const record of [left('m', i), dead('m', i), suspect('m', i), alive('m', i)]) expect(restless.mayChange(alive('m'), record, 0)).to.equal(true)
    }
    expect(restless.size).to.equal(0)
  })

  it('is forgotten once it has come to rest', () => {
    const restless = new Restless()
    for (let i = 0; i < 1_000; i++) {
      expect(restless.mayChange(left(`m${i}`), alive(`m${i}`, 1), 1_000 * i)).to.equal(true)
      // as many as came back in the last half minute, twice
      expect(restless.size).to.be.at.most(64)
    }
    restless.clear()
    expect(restless.size).to.equal(0)
  })
})
