// A conversation on a stream that has an end, one way or the other.

import type { Stream } from '@libp2p/interface'

/** Runs `work` on a stream, which is aborted when the work fails or takes too long. */
export async function cutOffAt<T> (stream: Stream, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const onAbort = (): void => { stream.abort(signal.reason as Error) }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    signal.throwIfAborted()
    return await work()
  } catch (err) {
    stream.abort(err as Error)
    throw err
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
