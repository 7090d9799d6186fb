// The monotonic clock of one process. It may jump forward, or stand still while its host is suspended.

import type { Clock, Timer } from '../../../src/clock.js'
import type { Host, Scheduler } from '../sim/sim-clock.js'

interface ProcessTimer extends Timer {
  readonly task: () => void
  /** By this clock. */
  readonly due: number
  event: ReturnType<Scheduler['after']> | undefined
}

export class ProcessClock implements Clock {
  readonly #scheduler: Scheduler
  readonly #host: Host
  readonly #skew: () => number
  readonly #timers = new Set<ProcessTimer>()
  /** Its zero is its own: clocks of processes are not compared. */
  #ahead: number
  #stoppedAt: number | undefined

  /** @param skew - how much later than it was set for a timer fires */
  constructor (scheduler: Scheduler, host: Host, zero: number, skew: () => number) {
    this.#scheduler = scheduler
    this.#host = host
    this.#ahead = zero
    this.#skew = skew
  }

  /** Timers that are set. */
  get timers (): number {
    return this.#timers.size
  }

  now (): number {
    return this.#stoppedAt ?? this.#scheduler.now + this.#ahead
  }

  setTimeout (task: () => void, ms: number): Timer {
    const timer: ProcessTimer = { task, due: this.now() + Math.max(0, ms) + this.#skew(), event: undefined }
    this.#timers.add(timer)
    if (this.#stoppedAt === undefined) this.#set(timer)
    return timer
  }

  clearTimeout (timer: Timer): void {
    if (!this.#timers.delete(timer as ProcessTimer)) return
    unset(timer as ProcessTimer)
  }

  /** All at once it is so much later. */
  jump (ms: number): void {
    this.#ahead += ms
    this.#setAll()
  }

  /** It is suspended: no time passes by this clock until {@link go}. */
  stop (): void {
    this.#stoppedAt ??= this.now()
    for (const timer of this.#timers) unset(timer)
  }

  go (): void {
    if (this.#stoppedAt === undefined) return
    this.#ahead = this.#stoppedAt - this.#scheduler.now
    this.#stoppedAt = undefined
    this.#setAll()
  }

  #setAll (): void {
    for (const timer of this.#timers) {
      unset(timer)
      this.#set(timer)
    }
  }

  #set (timer: ProcessTimer): void {
    timer.event = this.#scheduler.after(timer.due - this.now(), () => {
      this.#timers.delete(timer)
      timer.task()
    }, this.#host, 'timer')
  }
}

function unset ({ event }: ProcessTimer): void {
  if (event !== undefined) event.task = undefined
}
