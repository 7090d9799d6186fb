// Faults that last for a while, and whom they give an excuse.

import type { Scheduler } from '../sim/sim-clock.js'
import type { SimProcess } from './sim-process.js'

export class Lasting {
  readonly #scheduler: Scheduler
  readonly #endings = new Set<() => void>()

  constructor (scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  /** Ends it after so many milliseconds, or when all ends. */
  for (ms: number, end: () => void): void {
    const once = (): void => {
      if (this.#endings.delete(once)) end()
    }
    this.#endings.add(once)
    this.#scheduler.after(ms, once)
  }

  /** These are hindered by something as long as it lasts: whoever holds one of them dead has a reason. */
  hinder (processes: readonly SimProcess[], ms: number, end: () => void): void {
    for (const process of processes) process.hindrances++
    this.for(ms, () => {
      for (const process of processes) {
        process.hindrances--
        process.excusedAt = this.#scheduler.now
      }
      end()
    })
  }

  /** As {@link hinder}; what they say of others is excused as well. */
  isolate (processes: readonly SimProcess[], ms: number, end: () => void): void {
    for (const process of processes) process.isolation++
    this.hinder(processes, ms, () => {
      for (const process of processes) {
        process.isolation--
        process.isolatedAt = this.#scheduler.now
      }
      end()
    })
  }

  /** Ends all that lasts. */
  end (): void {
    for (const end of [...this.#endings]) end()
  }
}
