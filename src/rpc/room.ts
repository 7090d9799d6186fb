// How many bytes of large values a node has under way at a time, on all its streams together.

import { MAX_ALL_INCOMING_BYTES, MAX_ALL_LONG_BYTES } from '../constants.js'
import { OverloadedError } from '../errors.js'

export class Room {
  readonly #most: number
  #taken = 0

  constructor (most: number) {
    this.#most = most
  }

  get taken (): number {
    return this.#taken
  }

  /** Whether so many more fit: one value always does. */
  has (bytes: number): boolean {
    return this.#taken === 0 || this.#taken + bytes <= this.#most
  }

  take (bytes: number): void {
    this.#taken += bytes
  }

  give (bytes: number): void {
    this.#taken -= bytes
  }
}

/** Of one node. */
export class Rooms {
  /** For what waits to be sent. */
  readonly outgoing = new Room(MAX_ALL_LONG_BYTES)
  /** For what is being put together. */
  readonly incoming = new Room(MAX_ALL_INCOMING_BYTES)
}

/** What came of a value for which there was no room. */
export function leftOut (): OverloadedError {
  return new OverloadedError('too many large values arrive at once')
}
