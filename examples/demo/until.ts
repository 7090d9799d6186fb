// Waiting for something to become true, with a deadline that says what did not.

import { setTimeout as pause } from 'node:timers/promises'

export interface UntilOptions {
  /** Milliseconds. */
  within: number
  /** Ends the error's sentence `after 15 s, …`. */
  otherwise: () => string
  signal: AbortSignal
}

/** @throws Error when the condition did not come true in time; the signal's reason when it aborts */
export async function until (condition: () => boolean, { within, otherwise, signal }: UntilOptions): Promise<void> {
  const deadline = performance.now() + within
  signal.throwIfAborted()
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`after ${within / 1000} s, ${otherwise()}`)
    await pause(10)
    signal.throwIfAborted()
  }
}
