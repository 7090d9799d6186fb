// For how long copies of another member's values may be served.

/**
 * A lease lives on the contact with one member. That member does not let a removal count as done while
 * a lease of its own is running whose holder has not confirmed; so a copy under a running lease is not
 * one that was removed. Copies hold on to their lease, and the read path compares one number.
 */
export class Lease {
  /** The peer id of the member. */
  readonly peer: string
  /** {@link Clock.now} at which it ends. Only ever moved on while it is running: what has lapsed stays so. */
  until: number
  /** Until then somebody holds copies under it, so contact is worth a ping. */
  neededUntil = 0

  constructor (peer: string, until: number) {
    this.peer = peer
    this.until = until
  }

  isRunning (now: number): boolean {
    return now < this.until
  }

  /** @param until - while `now` is before it, contact is kept up */
  need (until: number): void {
    if (until > this.neededUntil) this.neededUntil = until
  }

  /** Ends it at once: copies under it are not served any more. */
  end (): void {
    this.until = -Infinity
    this.neededUntil = 0
  }
}
