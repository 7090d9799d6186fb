// Signals of callers: listened to by many at once, and made by whomever.

import { AbortError } from '@libp2p/interface'
import { setMaxListeners } from 'node:events'

/**
 * Listens for the end of a caller's patience, where it has a signal. A signal that has aborted already is not looked at.
 *
 * @returns ends it
 */
export function onAbortOf (signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => {}
  shareable(signal)
  signal.addEventListener('abort', listener)
  return () => { signal.removeEventListener('abort', listener) }
}

/** What a waiter is rejected with when its signal aborts: the signal's reason where it is an error. */
export function abortReason (signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason
  return reason instanceof Error ? reason : new AbortError('aborted by the caller')
}

/** What becomes of `work`, unless the caller's patience, where it has a signal, ends before. The work goes on then, and what becomes of it is nobody's affair. */
export async function untilAborted<T> (signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work
  const aborted = Promise.withResolvers<never>()
  const listenNoMore = onAbortOf(signal, () => { aborted.reject(abortReason(signal)) })
  if (signal.aborted) aborted.reject(abortReason(signal))
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    listenNoMore()
  }
}

/** Many calls may share one signal, of a request for example, and Node warns of the eleventh listener. */
function shareable (signal: AbortSignal): void {
  try {
    setMaxListeners(0, signal)
  } catch {
    // not one of Node's, which does not count them
  }
}
