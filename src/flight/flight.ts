// One load in progress, shared by all who wait for it.

import { AbortError, TimeoutError } from '@libp2p/interface'
import { abortReason, onAbortOf } from './abort-signal.js'
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
}

/** Told what becomes of several flights, in the tick in which it does. `tag` says which one. */
export interface Listener<T> {
  landed (tag: number, value: T): void
  failed (tag: number, err: unknown): void
}

/** How many wait for the flights of a group, all of them together. */
export interface Waiters { waiting: number }

/** Runs until its promise settles, or, where it returns none, until it says {@link Flight.land} or {@link Flight.fail} itself. */
export type Run<T> = (flight: Flight<T>) => Promise<T> | undefined

/**
 * A waiter's abort or timeout is its own: it leaves, the flight goes on for the others. When the
 * last waiter has left, the flight is aborted.
 */
export class Flight<T> implements Abortable {
  /** The key was removed meanwhile, or nobody waits any more: the result is not kept. */
  detached = false
  readonly key: string
  /** Where it is among the others. */
  place = -1
  readonly #clock: Clock
  readonly #onEnd: (flight: Flight<T>) => void
  readonly #all: Waiters
  /** Tags that were removed meanwhile: a result that has one is not kept. */
  #removedTags: Set<string> | undefined
  /** The first to ask for it; the others are in `#cancellation`. */
  #whenAborted: ((reason: Error) => void) | undefined
  #cancellation: Cancellation | undefined
  #abortedWith: Error | undefined
  #waiters = 0
  #outcome: { value: T } | { failure: unknown } | undefined
  /** Made when the first one waits by promise. */
  #shared: PromiseWithResolvers<T> | undefined
  #listener: Listener<T> | undefined
  #tag = 0
  /** Those after the first one. */
  #listeners: Array<{ listener: Listener<T>, tag: number }> | undefined

  /** @param onEnd - the flight has settled or was aborted; called once */
  constructor (key: string, clock: Clock, all: Waiters, onEnd: (flight: Flight<T>) => void) {
    this.key = key
    this.#clock = clock
    this.#all = all
    this.#onEnd = onEnd
  }

  whenAborted (callback: (reason: Error) => void): void {
    if (this.#abortedWith !== undefined) callback(this.#abortedWith)
    else if (this.#whenAborted === undefined) this.#whenAborted = callback
    else (this.#cancellation ??= new Cancellation()).whenAborted(callback)
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

  /** How many wait for it. */
  get waiters (): number {
    return this.#waiters
  }

  // ---- what becomes of it ----

  /** Takes off. Apart from the constructor, so that `run` may find the flight it is of. */
  launch (run: Run<T>): void {
    let work: Promise<T> | undefined
    try {
      work = run(this)
    } catch (err) {
      this.fail(err)
    }
    if (work !== undefined) this.follow(work)
  }

  /** Becomes what becomes of `work`. */
  follow (work: Promise<T>): void {
    work.then(value => { this.land(value) }, (err: unknown) => { this.fail(err) })
  }

  /** Has no effect on one that has ended. */
  land (value: T): void {
    if (this.#outcome !== undefined) return
    this.#outcome = { value }
    this.#end()
    this.#shared?.resolve(value)
    this.#listener?.landed(this.#tag, value)
    for (const { listener, tag } of this.#listeners ?? []) listener.landed(tag, value)
  }

  /** Has no effect on one that has ended. */
  fail (failure: unknown): void {
    if (this.#outcome !== undefined) return
    this.#outcome = { failure }
    this.#end()
    if (this.#shared !== undefined) rejectQuietly(this.#shared, failure)
    this.#listener?.failed(this.#tag, failure)
    for (const { listener, tag } of this.#listeners ?? []) listener.failed(tag, failure)
  }

  #end (): void {
    this.#all.waiting -= this.#waiters
    this.#onEnd(this)
  }

  /** Ends the flight for all who wait. What it still brings is not kept: no removal reaches it any more. */
  abort (reason: Error): void {
    this.detached = true
    if (this.#abortedWith === undefined) {
      this.#abortedWith = reason
      this.#whenAborted?.(reason)
      this.#cancellation?.abort(reason)
    }
    this.fail(reason)
  }

  // ---- waiting for it ----

  /** Waits for the result, for as long as `options` say. */
  wait (options?: WaitOptions): Promise<T> {
    this.#arrive()
    // who need not be told that it has left needs no race
    if (options?.signal !== undefined || options?.timeout !== undefined) return this.#waitOrLeave(options)
    options?.caller?.whenAborted(() => { this.leave() })
    return this.#result
  }

  /** Waits without a promise: `listener` is told, at once where it has ended already. */
  tell (listener: Listener<T>, tag: number): void {
    this.#arrive()
    if (this.#outcome !== undefined) {
      if ('value' in this.#outcome) listener.landed(tag, this.#outcome.value)
      else listener.failed(tag, this.#outcome.failure)
    } else if (this.#listener === undefined) {
      this.#listener = listener
      this.#tag = tag
    } else {
      (this.#listeners ??= []).push({ listener, tag })
    }
  }

  /** Goes on for nobody in particular; what becomes of it is told to `onFailure` alone. */
  goOn (onFailure: (err: unknown) => void): void {
    this.#arrive()
    this.#result.catch(onFailure)
  }

  #arrive (): void {
    this.#waiters++
    if (this.#outcome === undefined) this.#all.waiting++
  }

  /** One that waits does not any more. */
  leave (): void {
    this.#waiters--
    if (this.#outcome !== undefined) return
    this.#all.waiting--
    if (this.#waiters === 0) this.abort(new AbortError('nobody waits for the value any more'))
  }

  get #result (): Promise<T> {
    if (this.#shared === undefined) {
      this.#shared = Promise.withResolvers<T>()
      if (this.#outcome !== undefined) {
        if ('value' in this.#outcome) this.#shared.resolve(this.#outcome.value)
        else rejectQuietly(this.#shared, this.#outcome.failure)
      }
    }
    return this.#shared.promise
  }

  async #waitOrLeave ({ signal, timeout }: WaitOptions): Promise<T> {
    const left = Promise.withResolvers<never>()
    let isOver = false
    const leave = (reason: Error): void => {
      // its time may run out and its signal abort in the same tick
      if (isOver) return
      isOver = true
      left.reject(reason)
      this.leave()
    }
    const onAbort = (): void => { leave(abortReason(signal)) }
    const onTimeout = (): void => { leave(new TimeoutError(`no value within ${timeout} ms`)) }
    const timer = timeout === undefined ? undefined : this.#clock.setTimeout(onTimeout, timeout)
    const listenNoMore = onAbortOf(signal, onAbort)
    if (signal?.aborted === true) onAbort()
    try {
      // the last to leave ends the flight, which is not why it left
      return await Promise.race([left.promise, this.#result])
    } finally {
      isOver = true
      listenNoMore()
      if (timer !== undefined) this.#clock.clearTimeout(timer)
    }
  }
}

/** Each waiter handles its own rejection; with none left there is nobody to tell. */
function rejectQuietly<T> ({ promise, reject }: PromiseWithResolvers<T>, failure: unknown): void {
  promise.catch(() => {})
  reject(failure)
}
