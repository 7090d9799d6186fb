import { expect } from 'chai'
import { DeathNotices } from '../../../src/membership/death-notices.js'
import { Timers } from '../../../src/membership/timers.js'
import { FakeClock } from '../../support/fake-clock.js'
import { dead } from '../../support/records.js'
import { SEEDS, seeded } from '../../support/seeds.js'

/** Survivors of x, each of which hears what another one publishes 20 ms later. */
function survivors (count: number, random: () => number): { clock: FakeClock, told: Array<[by: number, at: number]>, all: DeathNotices[] } {
  const clock = new FakeClock()
  const told: Array<[number, number]> = []
  const all: DeathNotices[] = Array.from({ length: count }, (_, by) => new DeathNotices({
    timers: new Timers(clock, random),
    random,
    publish: news => {
      told.push([by, clock.now()])
      for (const other of all) if (other !== all[by]) clock.setTimeout(() => { other.withdraw(news.id) }, 20)
    }
  }))
  return { clock, told, all }
}

describe('the news of a death that everybody notices', () => {
  for (const seed of SEEDS) {
    it(`is told by few of many, within half a second, seed ${seed}`, async () => {
      const { clock, told, all } = survivors(500, seeded(seed))
      for (const notices of all) notices.post(dead('x'), 501)
      await clock.advance(500)
      // those whose time comes in the 20 ms that the first word takes: 500 of 500 ms, so one per ms
      expect(told.length).to.be.within(1, 50)
      expect(clock.timers).to.equal(0)
    })
  }

  it('is not told any more by one that has stopped', async () => {
    const { clock, told, all: [only] } = survivors(1, () => 0.999)
    only?.post(dead('x'), 2)
    only?.clear()
    await clock.advance(500)
    expect(told).to.deep.equal([])
  })

  it('is told by the only one there is, at once: within 5 ms per member', async () => {
    const { clock, told, all: [only] } = survivors(1, () => 0.999)
    only?.post(dead('x'), 2)
    await clock.advance(10)
    expect(told).to.have.length(1)
  })

  it('is not told by one that has heard of it, or that the dead is not', async () => {
    const { clock, told, all: [only] } = survivors(1, () => 0.5)
    only?.post(dead('x'), 100)
    only?.post(dead('y'), 100)
    only?.withdraw('x')
    await clock.advance(1_000)
    expect(told).to.have.length(1)
  })

  it('is told once when the same member dies again before', async () => {
    const { clock, told, all: [only] } = survivors(1, () => 0.5)
    only?.post(dead('x'), 100)
    only?.withdraw('x')
    only?.post(dead('x', 1), 100)
    await clock.advance(1_000)
    expect(told).to.have.length(1)
  })
})
