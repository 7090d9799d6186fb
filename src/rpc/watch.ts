// Tells a slow load from a peer that is gone, and keeps up contact for as long as anybody holds copies of its values. One
// timer for all requests of a stream.

import { TimeoutError } from '@libp2p/interface'
import { LEASE } from '../constants.js'
import type { Clock, Timer } from '../clock.js'
import type { Contact } from './contact.js'

export interface WatchInit {
  clock: Clock
  /** Milliseconds that the peer may stay silent with a request open. */
  timeout: number
  contact: Contact
  /** Requests that are open. */
  open: () => number
  /** Whether a ping is among them. */
  isPinged: () => boolean
  ping: () => void
  onSilence: (err: TimeoutError) => void
  /** Now and then, while it watches. */
  onLook: () => void
}

export class Watch {
  readonly #init: WatchInit
  /** Between two looks. */
  readonly #interval: number
  /** When the peer was last heard, or asked something after having nothing to answer. */
  #quietSince = 0
  #timer: Timer | undefined
  /** When it is due. */
  #dueAt = 0

  constructor (init: WatchInit) {
    this.#init = init
    this.#interval = Math.min(init.timeout, LEASE) / 4
  }

  /** The peer was heard, or there was nothing that it could have answered before. */
  heard (now: number): void {
    this.#quietSince = now
  }

  /** To be called after each request. It ends by itself when none is open and no copy needs it. */
  go (): void {
    this.#timer ??= this.#next()
  }

  stop (): void {
    if (this.#timer !== undefined) this.#init.clock.clearTimeout(this.#timer)
  }

  /** A copy is stored in the tick of its answer, before which the timer was running, so the next look knows of it. */
  readonly #look = (): void => {
    const { clock, contact, timeout, open, isPinged, ping, onSilence, onLook } = this.#init
    this.#timer = undefined
    onLook()
    const now = clock.now()
    const count = open()
    if (count === 0 && !contact.isNeeded(now)) return
    // it was this process that stood still: the peer's answers are in the buffers, behind this timer
    if (now - this.#dueAt > this.#interval) this.#quietSince = now
    const quiet = now - this.#quietSince
    if (count > 0 && quiet >= timeout) {
      onSilence(new TimeoutError(`the peer was silent for ${Math.round(quiet)} ms with ${count} requests open`))
      return
    }
    this.#timer = this.#next()
    // with the lease lapsed and a ping open, its answer, or the timeout, decides between a slow peer and one
    // that is gone. With none open it was this process that stood still: sending one sees that touch is lost.
    const isOfUse = !contact.isLost(now) || !isPinged()
    if (isOfUse && contact.isPingDue(now)) ping()
  }

  #next (): Timer {
    const { clock } = this.#init
    this.#dueAt = clock.now() + this.#interval
    return clock.setTimeout(this.#look, this.#interval)
  }
}
