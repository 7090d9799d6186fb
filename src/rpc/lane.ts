// Requests of one peer that are being worked on, and of which there may be so many.

import { MAX_SERVED_REQUESTS } from '../constants.js'
import { OverloadedError } from '../errors.js'

export class Lane {
  open = 0

  /** Refused rather than left unread: behind them are the pings that tell a slow load from a dead peer. @throws OverloadedError */
  checkRoom (): void {
    if (this.open >= MAX_SERVED_REQUESTS) throw new OverloadedError(`${this.open} requests of one peer are being worked on`)
  }
}
