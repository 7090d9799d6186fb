// Those who wait until there are enough members, and this node is on the ring under its name.

import { TimeoutError } from '@libp2p/interface'
import { abortReason, onAbortOf } from '../flight/abort-signal.js'
import type { NameCheck } from './name-check.js'

interface Waiter { readonly wanted: number, finish: (failure?: Error) => void }

export class Readiness {
  readonly #names: () => NameCheck
  readonly #size: () => number
  readonly #waiting = new Set<Waiter>()
  /** They are about to be looked after. */
  #isDue = false

  /** @param size - how many members there are */
  constructor (names: () => NameCheck, size: () => number) {
    this.#names = names
    this.#size = size
  }

  /** @throws NameTakenError */
  isReady (wanted: number): boolean {
    const names = this.#names()
    if (names.taken !== undefined) throw names.taken
    return this.#size() >= wanted && !names.isPending
  }

  wait (wanted: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const finish = (failure?: Error): void => {
        listenNoMore()
        this.#waiting.delete(waiter)
        if (failure === undefined) resolve()
        else reject(failure)
      }
      const waiter: Waiter = { finish, wanted }
      const listenNoMore = onAbortOf(signal, () => { finish(this.#late(wanted, abortReason(signal))) })
      this.#waiting.add(waiter)
    })
  }

  /** A time-out alone would not say what was waited for. */
  #late (wanted: number, reason: Error): Error {
    if (reason.name !== 'TimeoutError') return reason
    const pending = this.#names().isPending ? ', and whether another one has this name is not known yet' : ''
    return Object.assign(new TimeoutError(`${this.#size()} of ${wanted} members were there in time${pending}; DEBUG=groupcache:discovery* shows what the sources of \`discovery\` do`), { cause: reason })
  }

  /**
   * Looks after those who wait, at the end of what runs now: a table tells of one member after the other, and the last one may have this
   * node's name.
   */
  recheck (): void {
    if (this.#isDue || this.#waiting.size === 0) return
    this.#isDue = true
    queueMicrotask(() => {
      this.#isDue = false
      this.#look()
    })
  }

  #look (): void {
    for (const { finish, wanted } of this.#waiting) {
      try {
        if (this.isReady(wanted)) finish()
      } catch (err) {
        finish(err as Error)
      }
    }
  }

  /** Nobody needs to wait any longer. */
  fail (reason: Error): void {
    for (const { finish } of this.#waiting) finish(reason)
  }
}
