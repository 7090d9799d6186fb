// One load in progress, shared by all who wait for it.

import { AbortError, TimeoutError } from '@libp2p/interface'
import { setMaxListeners } from 'node:events'
import { Cancellation } from './abortable.js'
import type { Clock } from '../clock.js'
import type { GetOptions } from '../interface/group.js'
import type { Abortable } from './abortable.js'

export interface WaitOptions extends GetOptions {
  /**
   * On whose behalf one waits: when it is aborted, one leaves. Nobody listens to the answer then, so
   * that it is not ended at once.
   */
  caller?: Abortable | undefined
  /** As `caller`, but the wait ends at once, with the reason. */
  until?: Abortable | undefined
}

/**
 * A waiter's abort or timeout is its own: it leaves, the flight goes on for the others. When the
 * last waiter has left, the flight is aborted.
 */
export class Flight<T> implements Abortable {
  readonly result: Promise<T>
  /** The key was removed meanwhile, or nobody waits any more: the result is not kept. */
  detached = false
  readonly #clock: Clock
  readonly #settle: PromiseWithResolvers<T>
  readonly #onEnd: () => void
  /** Tags that were removed meanwhile: a result that has one is not kept. */
  #removedTags: Set<string> | undefined
  /** Made when first asked for. */
  #cancellation: Cancellation | undefined
  #abortedWith: Error | undefined
  #waiters = 0
  #isOver = false

  /** @param onEnd - the flight has settled or was aborted; may be called more than once */
  constructor (clock: Clock, onEnd: () => void) {
    this.#clock = clock
    this.#onEnd = onEnd
    this.#settle = Promise.withResolvers<T>()
    this.result = this.#settle.promise
  }

  whenAborted (callback: (reason: Error) => void): void {
    if (this.#abortedWith !== undefined) {
      callback(this.#abortedWith)
      return
    }
    this.#cancellation ??= new Cancellation()
    this.#cancellation.whenAborted(callback)
  }

  /** @throws the reason when the flight was aborted; to be asked after each wait for something slow */
  throwIfAborted (): void {
    if (this.#abortedWith !== undefined) throw this.#abortedWith
  }

  removeTag (tag: string): void {
    this.#removedTags ??= new Set()
    this.#removedTags.add(tag)
  }

  /** Nothing was removed meanwhile that it might have been. Of a failure there are no tags to go by. */
  get isUntouched (): boolean {
    return !this.detached && this.#removedTags === undefined
  }

  /** Whether a result with these tags may be kept. */
  mayKeep (tags: readonly string[]): boolean {
    return !this.detached && (this.#removedTags === undefined || !tags.some(tag => this.#removedTags?.has(tag)))
  }

  /** Takes off. Apart from the constructor, so that `run` may find the flight it is of. */
  launch (run: (flight: Flight<T>) => Promise<T>): void {
    run(this).then(value => {
      this.#isOver = true
      this.#onEnd()
      this.#settle.resolve(value)
    }, (err: unknown) => { this.#fail(err) })
  }

  /** Waits for the result, for as long as `options` say. */
  wait (options?: WaitOptions): Promise<T> {
    this.#waiters++
    // who need not be told that it has left needs no race
    if (options?.signal !== undefined || options?.timeout !== undefined || options?.until !== undefined) return this.#waitOrLeave(options)
    options?.caller?.whenAborted(() => { this.#leave() })
    return this.result
  }

  /** Goes on for nobody in particular; what becomes of it is told to `onFailure` alone. */
  goOn (onFailure: (err: unknown) => void): void {
    this.#waiters++
    this.result.catch(onFailure)
  }

  async #waitOrLeave ({ signal, timeout, until }: WaitOptions): Promise<T> {
    const left = Promise.withResolvers<never>()
    let isOver = false
    const leave = (reason: Error): void => {
      // its time may run out and its signal abort in the same tick
      if (isOver) return
      isOver = true
      left.reject(reason)
      this.#leave()
    }
    const onAbort = (): void => { leave(abortReason(signal)) }
    const onTimeout = (): void => { leave(new TimeoutError(`no value within ${timeout} ms`)) }
    const timer = timeout === undefined ? undefined : this.#clock.setTimeout(onTimeout, timeout)
    // many gets may share one signal, of a request for example
    if (signal !== undefined) setMaxListeners(0, signal)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted === true) onAbort()
    until?.whenAborted(leave)
    try {
      // the last to leave ends the flight, which is not why it left
      return await Promise.race([left.promise, this.result])
    } finally {
      isOver = true
      signal?.removeEventListener('abort', onAbort)
      if (timer !== undefined) this.#clock.clearTimeout(timer)
    }
  }

  #leave (): void {
    if (--this.#waiters === 0 && !this.#isOver) this.abort(new AbortError('nobody waits for the value any more'))
  }

  /** Ends the flight for all who wait. What it still brings is not kept: no removal reaches it any more. */
  abort (reason: Error): void {
    this.detached = true
    if (this.#abortedWith === undefined) {
      this.#abortedWith = reason
      this.#cancellation?.abort(reason)
    }
    this.#fail(reason)
  }

  #fail (reason: unknown): void {
    this.#isOver = true
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
