// Waiting for a condition, with a deadline. Tests never sleep a guess.

export interface UntilOptions {
  /** Milliseconds. */
  timeout?: number
  what?: string
}

/** Polls `condition` until it holds; rejects, naming `what` and the last error, when it does not in time. */
export async function until (condition: () => boolean | Promise<boolean>, { timeout = 10_000, what = 'the condition' }: UntilOptions = {}): Promise<void> {
  const deadline = performance.now() + timeout
  let last: unknown
  for (;;) {
    try {
      if (await condition()) return
      last = undefined
    } catch (err) {
      last = err
    }
    if (performance.now() > deadline) throw new Error(`${what} did not hold within ${timeout} ms`, { cause: last })
    await new Promise(resolve => { setTimeout(resolve, 5) })
  }
}
