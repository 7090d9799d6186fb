// One load in progress, shared by all who wait for it.

import { AbortError, TimeoutError } from '@libp2p/interface'
import { setMaxListeners } from 'node:events'
import type { Clock } from '../clock.js'
import type { GetOptions } from '../interface/group.js'

/**
 * A waiter's abort or timeout is its own: it leaves, the flight goes on for the others. When the
 * last waiter has left, the flight's signal aborts.
 */
export class Flight<T> {
  readonly result: Promise<T>
  /** The key was removed meanwhile, or nobody waits any more: the result is not kept. */
  detached = false
  readonly #clock: Clock
  readonly #settle: PromiseWithResolvers<T>
  readonly #onEnd: () => void
  /** Made when first asked for: most flights are answered by another member and need none. */
  #controller: AbortController | undefined
  #abortedWith: Error | undefined
  #waiters = 0

  /** @param onEnd - the flight has settled or was aborted; may be called more than once */
  constructor (clock: Clock, onEnd: () => void) {
    this.#clock = clock
    this.#onEnd = onEnd
    this.#settle = Promise.withResolvers<T>()
    this.result = this.#settle.promise
  }

  /** Aborts when nobody waits any more. */
  get signal (): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#abortedWith !== undefined) this.#controller.abort(this.#abortedWith)
    return this.#controller.signal
  }

  /** @throws the reason when the flight was aborted; to be asked after each wait for something slow */
  throwIfAborted (): void {
    if (this.#abortedWith !== undefined) throw this.#abortedWith
  }

  /** Takes off. Apart from the constructor, so that `run` may find the flight it is of. */
  launch (run: (flight: Flight<T>) => Promise<T>): void {
    run(this).then(value => {
      this.#onEnd()
      this.#settle.resolve(value)
    }, (err: unknown) => { this.#fail(err) })
  }

  /** Waits for the result, for as long as `options` say. */
  wait (options?: GetOptions): Promise<T> {
    this.#waiters++
    // who cannot leave needs no race
    if (options?.signal === undefined && options?.timeout === undefined) return this.result
    return this.#waitOrLeave(options)
  }

  async #waitOrLeave ({ signal, timeout }: GetOptions): Promise<T> {
    const left = Promise.withResolvers<never>()
    let hasLeft = false
    const leave = (reason: Error): void => {
      // its time may run out and its signal abort in the same tick
      if (hasLeft) return
      hasLeft = true
      left.reject(reason)
      if (--this.#waiters === 0) this.abort(new AbortError('nobody waits for the value any more'))
    }
    const onAbort = (): void => { leave(abortReason(signal)) }
    const onTimeout = (): void => { leave(new TimeoutError(`no value within ${timeout} ms`)) }
    const timer = timeout === undefined ? undefined : this.#clock.setTimeout(onTimeout, timeout)
    // many gets may share one signal, of a request for example
    if (signal !== undefined) setMaxListeners(0, signal)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted === true) onAbort()
    try {
      return await Promise.race([this.result, left.promise])
    } finally {
      signal?.removeEventListener('abort', onAbort)
      if (timer !== undefined) this.#clock.clearTimeout(timer)
    }
  }

  /** Ends the flight for all who wait. What it still brings is not kept: no removal reaches it any more. */
  abort (reason: Error): void {
    this.detached = true
    this.#abortedWith ??= reason
    this.#controller?.abort(reason)
    this.#fail(reason)
  }

  #fail (reason: unknown): void {
    this.#onEnd()
    // each waiter handles its own rejection; with none left there is nobody to tell
    this.result.catch(() => {})
    this.#settle.reject(reason)
  }
}

/** What a waiter is rejected with when its signal aborts: the signal's reason where it is an error. */
export function abortReason (signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason
  return reason instanceof Error ? reason : new AbortError('aborted by the caller')
}
