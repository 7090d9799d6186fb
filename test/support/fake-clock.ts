// Time that stands still until a test moves it.

import '../../src/promise-with-resolvers.js'
import type { Clock, Timer } from '../../src/clock.js'

interface FakeTimer { at: number, order: number, task: () => void }

export class FakeClock implements Clock {
  #now = 0
  #order = 0
  readonly #timers = new Set<FakeTimer>()

  /** Timers that are set. */
  get timers (): number {
    return this.#timers.size
  }

  now (): number {
    return this.#now
  }

  setTimeout (task: () => void, ms: number): Timer {
    const timer: FakeTimer = { at: this.#now + ms, order: this.#order++, task }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout (timer: Timer): void {
    this.#timers.delete(timer as FakeTimer)
  }

  /** Moves time on, running what falls due in its order; promises settle before each timer and at the end. */
  async advance (ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#run(next)
      await settled()
    }
    this.#now = end
  }

  /** As {@link advance}, but in one go: no promise settles between the timers. */
  jump (ms: number): void {
    const end = this.#now + ms
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) this.#run(next)
    this.#now = end
  }

  /** The process stands still for so long; then all that fell due meanwhile runs, late. */
  async sleep (ms: number): Promise<void> {
    this.#now += ms
    await this.advance(0)
  }

  #run (timer: FakeTimer): void {
    this.#now = Math.max(this.#now, timer.at)
    this.#timers.delete(timer)
    timer.task()
  }

  #next (end: number): FakeTimer | undefined {
    let next: FakeTimer | undefined
    for (const timer of this.#timers) {
      if (timer.at <= end && (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order))) next = timer
    }
    return next
  }
}

/** Resolves when every promise that can settle without time or I/O has done so. */
export async function settled (): Promise<void> {
  await new Promise(resolve => { setImmediate(resolve) })
}
