import { expect } from 'chai'
import { Throttle } from '../../../src/discovery/throttle.js'
import { FakeClock } from '../../support/fake-clock.js'

describe('a throttle', () => {
  it('runs its task at once, and then once a while for however many ask', async () => {
    const clock = new FakeClock()
    const runs: number[] = []
    const throttle = new Throttle(clock, 1_000, () => { runs.push(clock.now()) })
    throttle.call()
    for (let i = 0; i < 50; i++) {
      throttle.call()
      await clock.advance(50)
    }
    await clock.advance(10_000)
    throttle.call()
    expect(runs).to.deep.equal([0, 1_000, 2_000, 3_000, 12_500])
  })

  it('runs no task once it was stopped, and leaves no timer', async () => {
    const clock = new FakeClock()
    let runs = 0
    const throttle = new Throttle(clock, 1_000, () => { runs++ })
    throttle.call()
    throttle.call()
    throttle.stop()
    expect(clock.timers).to.equal(0)
    await clock.advance(5_000)
    expect(runs).to.equal(1)
  })
})
