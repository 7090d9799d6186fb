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

/** Resolves `ms` milliseconds from now. */
export function pause (clock: Clock, ms: number): Promise<void> {
  return new Promise(resolve => { clock.setTimeout(resolve, ms) })
}

/**
 * What becomes of `work`, or, where that takes longer than `ms` milliseconds, what `onLate` returns or throws. The work goes on
 * then, and what becomes of it is nobody's affair.
 */
export async function within<T, L> (clock: Clock, ms: number, work: Promise<T>, onLate: () => L): Promise<T | L> {
  const late = Promise.withResolvers<void>()
  const timer = clock.setTimeout(late.resolve, ms)
  try {
    return await Promise.race([work, late.promise.then(onLate)])
  } finally {
    clock.clearTimeout(timer)
  }
}
