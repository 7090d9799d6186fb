// Requests of one peer that are being worked on, and of which there may be so many, in number and in bytes.

import { MAX_SERVED_BYTES, MAX_SERVED_REQUESTS } from '../constants.js'

export class Lane {
  /** Whether one that is refused is held against the peer: not, where it may pass on what others have asked of it. */
  readonly isOwn: boolean
  #open = 0
  #bytes = 0

  constructor (isOwn: boolean) {
    this.isOwn = isOwn
  }

  get open (): number {
    return this.#open
  }

  /**
   * Refused rather than left unread: behind them are the pings that tell a slow load from a dead peer. A text and no error,
   * for who floods this end is to cost it little.
   *
   * @returns why there is no room for one more; undefined = there is
   */
  refusal (bytes: number): string | undefined {
    if (this.#open >= MAX_SERVED_REQUESTS) return `${this.#open} requests of one peer are being worked on`
    if (this.#open > 0 && this.#bytes + bytes > MAX_SERVED_BYTES) return `requests of ${this.#bytes} bytes of one peer are being worked on`
    return undefined
  }

  enter (bytes: number): void {
    this.#open++
    this.#bytes += bytes
  }

  leave (bytes: number): void {
    this.#open--
    this.#bytes -= bytes
  }
}
