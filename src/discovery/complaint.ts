// What goes wrong is said when it begins, when it becomes something else, and when it is over; not every turn.

import { messageOf } from '../errors.js'

export class Complaint {
  #last: string | undefined

  /** @returns whether this is news */
  isNew (failure: unknown): boolean {
    const text = messageOf(failure)
    if (text === this.#last) return false
    this.#last = text
    return true
  }

  /** @returns whether there was something to be over */
  isOver (): boolean {
    const was = this.#last !== undefined
    this.#last = undefined
    return was
  }
}
