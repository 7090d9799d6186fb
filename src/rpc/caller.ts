// Who asked for a key over the wire, and may say that it does not want it any more.

import { Cancellation } from '../flight/abortable.js'
import type { Clock } from '../clock.js'
import type { Abortable } from '../flight/abortable.js'

/** As {@link Cancellation}, but costs next to nothing unless somebody wants to know: what is in memory is answered at once. */
export class Caller implements Abortable {
  #cancellation: Cancellation | undefined
  #reason: Error | undefined

  /** Why it left; undefined while it waits. */
  get reason (): Error | undefined {
    return this.#reason
  }

  whenAborted (callback: (reason: Error) => void): void {
    if (this.#cancellation === undefined) {
      this.#cancellation = new Cancellation()
      if (this.#reason !== undefined) this.#cancellation.abort(this.#reason)
    }
    this.#cancellation.whenAborted(callback)
  }

  abort (reason: Error): void {
    this.#reason ??= reason
    this.#cancellation?.abort(this.#reason)
  }
}

/** Milliseconds that work goes on for a peer whose stream was lost. */
const ORPHANED_FOR = 2_000

/** So many at a time: each ends a load, and there may be thousands. */
const ABORTED_AT_ONCE = 128

export function abortLater (callers: readonly Caller[], reason: Error, clock: Clock): void {
  if (callers.length > 0) clock.setTimeout(() => { abortFrom(callers, 0, reason) }, ORPHANED_FOR)
}

function abortFrom (callers: readonly Caller[], first: number, reason: Error): void {
  const next = first + ABORTED_AT_ONCE
  for (const caller of callers.slice(first, next)) caller.abort(reason)
  if (next < callers.length) setImmediate(() => { abortFrom(callers, next, reason) })
}
