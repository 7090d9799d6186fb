// The contact with the peer at the other end of a stream, as far as it can be proven: what removals rely on.
//
// The peer does not let a removal count as done before this node has confirmed it, or has not been
// heard for LEASE. An answer proves that the peer heard us after the request was sent, so until LEASE
// after that the peer tells us, and waits. The rules:
//
// 1. A request with no other one open begins contact anew when the lease has lapsed: with a new lease,
//    since what has lapsed is never revived. It is provisional, nothing being kept under it before an
//    answer comes, and that proves it.
// 2. When the lease has lapsed while requests are open, touch was lost, and they are worthless:
//      1. we ask for a key; 2. the peer sends the value, which is held up; 3. the key is removed, and the
//      peer, which has not heard us for LEASE, does not wait for us; 4. the value arrives.
//    So all that is open is asked anew on a new stream. (An answer that comes after LEASE of silence, but
//    within the timeout, is such a case.)
// 3. While copies are held under the lease, or requests are open, a ping renews it in time.
// 4. The end of the stream is the end of the lease.

import { Lease } from '../cache/lease.js'
import { LEASE } from '../constants.js'

export class Contact {
  readonly #peer: string
  readonly #pingAfter: number
  #lease: Lease
  #provenAt: number | undefined
  /** Of the present lease. */
  #isProven = false

  /** @param timeout - milliseconds that the peer may be silent with a request open */
  constructor (peer: string, timeout: number) {
    this.#peer = peer
    this.#pingAfter = Math.min(timeout, LEASE) / 2
    this.#lease = new Lease(peer, -Infinity)
  }

  /** The one under which what is answered now may be kept. */
  get lease (): Lease {
    return this.#lease
  }

  /** The same, once an answer has shown that there is contact. */
  get provenLease (): Lease | undefined {
    return this.#isProven ? this.#lease : undefined
  }

  /** When the newest request was sent that has been answered. */
  get provenAt (): number | undefined {
    return this.#provenAt
  }

  /** A request is about to be sent with no other one open: rule 1. */
  begin (now: number): void {
    // nothing is held under one that nobody needs; near its end it would lapse before a slow answer comes
    const isOfUse = this.#lease.isRunning(now) && (now < this.#lease.neededUntil || this.#age(now) < this.#pingAfter)
    if (isOfUse) return
    this.#lease = new Lease(this.#peer, now + LEASE)
    this.#isProven = false
  }

  /** With requests open: rule 2. */
  isLost (now: number): boolean {
    return !this.#lease.isRunning(now)
  }

  /** A request that was sent at `sentAt` has been answered. Only to be called while contact is not lost. */
  prove (sentAt: number): void {
    this.#isProven = true
    if (this.#provenAt === undefined || sentAt > this.#provenAt) this.#provenAt = sentAt
    this.#lease.until = Math.max(this.#lease.until, sentAt + LEASE)
  }

  /** Whether somebody holds copies that die without contact: rule 3. */
  isNeeded (now: number): boolean {
    return this.#lease.isRunning(now) && now < this.#lease.neededUntil
  }

  /** Rule 3. Twice as early as it must: the ping has to be answered before the lease ends. */
  isPingDue (now: number): boolean {
    return this.#age(now) >= this.#pingAfter
  }

  /** Rule 4. */
  end (): void {
    this.#lease.end()
  }

  /** Since contact was proven, or begun. */
  #age (now: number): number {
    return now - (this.#lease.until - LEASE)
  }
}
