// Time as a value that is handed in, so that rules about time are tested without waiting for it.

import { performance } from 'node:perf_hooks'

/** A timer that {@link Clock.setTimeout} returned; only its clock knows what is inside. */
export type Timer = object

export interface Clock {
  /** Milliseconds that never go backwards; only differences mean something. */
  now (): number
  /** Runs `task` once, `ms` milliseconds from now. */
  setTimeout (task: () => void, ms: number): Timer
  clearTimeout (timer: Timer): void
}

/** The process's monotonic clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (task, ms) => setTimeout(task, ms).unref(),
  clearTimeout: timer => { clearTimeout(timer as NodeJS.Timeout) }
}
