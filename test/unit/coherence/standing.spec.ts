import { expect } from 'chai'
import { Standing } from '../../../src/coherence/standing.js'
import { CATCH_UP_TIMEOUT, MAX_STANDSTILL } from '../../../src/constants.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import type { Clock, Timer } from '../../../src/clock.js'

/** A clock whose timers are late when the process stands still. */
class LateClock implements Clock {
  readonly #inner = new FakeClock()
  #stoodStill = 0

  get timers (): number { return this.#inner.timers }
  now (): number { return this.#inner.now() + this.#stoodStill }
  setTimeout (task: () => void, ms: number): Timer { return this.#inner.setTimeout(task, ms) }
  clearTimeout (timer: Timer): void { this.#inner.clearTimeout(timer) }
  advance (ms: number): Promise<void> { return this.#inner.advance(ms) }
  standStill (ms: number): void { this.#stoodStill += ms }
}

function start (): { clock: LateClock, standing: Standing, asked: number[], lapses: () => number, answer: () => void, mayAnswer: () => boolean } {
  const clock = new LateClock()
  const asked: number[] = []
  let lapses = 0
  let answered = Promise.withResolvers<void>()
  const standing = new Standing({
    clock,
    catchUp: elapsed => {
      asked.push(elapsed)
      return answered.promise
    },
    onLapse: () => { lapses++ }
  })
  standing.start()
  return {
    clock,
    standing,
    asked,
    lapses: () => lapses,
    answer: () => {
      answered.resolve()
      answered = Promise.withResolvers()
    },
    mayAnswer: () => clock.now() < standing.until
  }
}

describe('whether this process may answer from memory:', () => {
  it('yes, for as long as its event loop turns', async () => {
    const { clock, asked, mayAnswer } = start()
    for (let i = 0; i < 100; i++) {
      expect(mayAnswer()).to.equal(true)
      await clock.advance(MAX_STANDSTILL / 2)
    }
    expect(asked).to.deep.equal([])
  })

  it('not before it was started, nor after it was stopped, which leaves no timer', () => {
    const never = new Standing({ clock: new FakeClock(), catchUp: async () => {}, onLapse: () => {} })
    expect(never.until).to.equal(-Infinity)
    const { clock, standing, mayAnswer } = start()
    standing.stop()
    expect([mayAnswer(), clock.timers]).to.deep.equal([false, 0])
  })

  it('a standstill that is just short enough is nothing', async () => {
    const { clock, asked, mayAnswer } = start()
    clock.standStill(MAX_STANDSTILL - 1)
    expect(mayAnswer()).to.equal(true)
    await clock.advance(0)
    expect(asked).to.deep.equal([])
  })

  it('after a longer one not before the others were asked what was missed, since it was last known to turn', async () => {
    const { clock, standing, asked, lapses, answer, mayAnswer } = start()
    await clock.advance(MAX_STANDSTILL)
    clock.standStill(60_000)
    expect(mayAnswer()).to.equal(false)
    const regained = standing.regain()
    expect([asked, lapses()]).to.deep.equal([[60_000], 1])
    await settled()
    expect(mayAnswer()).to.equal(false)
    answer()
    await regained
    expect(mayAnswer()).to.equal(true)
    expect(standing.until).to.equal(clock.now() + MAX_STANDSTILL)
  })

  it('it finds out by itself that it stood still, if nobody asks', async () => {
    const { clock, asked, lapses, answer, mayAnswer } = start()
    clock.standStill(60_000)
    await clock.advance(MAX_STANDSTILL / 4)
    expect([asked, lapses()]).to.deep.equal([[60_000 + MAX_STANDSTILL / 4], 1])
    answer()
    await settled()
    expect(mayAnswer()).to.equal(true)
  })

  it('all who wait wait for the same', async () => {
    const { clock, standing, asked, answer } = start()
    clock.standStill(60_000)
    const waits = [standing.regain(), standing.regain()]
    await clock.advance(MAX_STANDSTILL)
    waits.push(standing.regain())
    expect(asked).to.deep.equal([60_000])
    answer()
    await Promise.all(waits)
  })

  it('one that stands still again while it asks asks again: what it heard is old', async () => {
    const { clock, standing, asked, answer, mayAnswer } = start()
    clock.standStill(60_000)
    const regained = standing.regain()
    clock.standStill(2 * CATCH_UP_TIMEOUT + 1)
    answer()
    await settled()
    expect(asked).to.deep.equal([60_000, 2 * CATCH_UP_TIMEOUT + 1])
    expect(mayAnswer()).to.equal(false)
    answer()
    await regained
    expect(mayAnswer()).to.equal(true)
  })

  it('one that is asked to wait for something waits for that, and for all such things', async () => {
    const { standing, lapses, mayAnswer } = start()
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const waits = [standing.suspendFor(() => first.promise), standing.suspendFor(() => second.promise)]
    expect([mayAnswer(), lapses()]).to.deep.equal([false, 2])
    first.resolve()
    await settled()
    expect(mayAnswer()).to.equal(false)
    second.resolve()
    await Promise.all(waits)
    expect(mayAnswer()).to.equal(true)
  })

  it('one that is stopped while it asks does not answer afterwards', async () => {
    const { clock, standing, answer, mayAnswer } = start()
    clock.standStill(60_000)
    const regained = standing.regain()
    standing.stop()
    answer()
    await regained
    expect(mayAnswer()).to.equal(false)
  })
})
