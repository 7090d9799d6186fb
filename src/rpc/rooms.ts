// What a node has set aside for large values.

import { MAX_ALL_LONG_BYTES } from '../constants.js'
import { OverloadedError } from '../errors.js'
import { Arrivals } from './arrivals.js'
import { Room } from './room.js'
import type { Clock } from '../clock.js'

export class Rooms {
  /** For what waits to be sent. */
  readonly outgoing = new Room(MAX_ALL_LONG_BYTES)
  /** For what is being put together. */
  readonly incoming: Arrivals

  constructor (clock: Clock) {
    this.incoming = new Arrivals(clock)
  }
}

/** What came of a value for which there was no room. */
export function leftOut (): OverloadedError {
  return new OverloadedError('too many large values arrive at once')
}
