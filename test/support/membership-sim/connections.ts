// Connections between processes, each end on its own: the two need not agree about whether there is one.

import type { Scheduler } from '../sim/sim-clock.js'
import type { SimProcess } from './sim-process.js'
import type { Weathers } from './weather.js'

/** One side's end of a connection. */
export interface End {
  readonly from: SimProcess
  readonly there: SimProcess
  readonly since: number
  /** When the last message in order arrives: the next one does not overtake it. */
  arrivesAt: number
  isOpen: boolean
  /** What waits for an answer over it. */
  waiting: Set<() => void> | undefined
}

export class Connections {
  /** Whether processes are told that a connection has closed. */
  areClosingsTold = true
  readonly #scheduler: Scheduler
  readonly #weathers: Weathers
  /** Hosts that are switched off: no answer of any kind comes from there. */
  readonly #down = new Set<number>()

  constructor (scheduler: Scheduler, weathers: Weathers) {
    this.#scheduler = scheduler
    this.#weathers = weathers
  }

  isDown (host: number): boolean {
    return this.#down.has(host)
  }

  switchOff (host: number): void {
    this.#down.add(host)
  }

  switchOn (host: number): void {
    this.#down.delete(host)
  }

  /** Both directions are needed for a connection to come about. */
  isReachable (from: number, to: number): boolean {
    return !this.isDown(to) && !this.#weathers.isCut(from, to) && !this.#weathers.isCut(to, from)
  }

  open (from: SimProcess, there: SimProcess): End {
    const old = from.ends.get(there.id)
    if (old?.there === there) return old
    // another process of the same id, whose connection ends without a word: there still is one to that id
    if (old !== undefined) this.#fail(old)
    const end: End = { from, there, since: this.#scheduler.now, arrivesAt: 0, isOpen: true, waiting: undefined }
    from.ends.set(there.id, end)
    return end
  }

  /**
   * Sends something over a connection. `deliver` runs in the process at the other end; or never; or, when the
   * connection is cut and keeps its order, once it is whole again.
   */
  send (end: End, isOrdered: boolean, deliver: () => void): void {
    const { from, there } = end
    const weathers = this.#weathers
    if (!end.isOpen) return
    if (weathers.isCut(from.host, there.host)) {
      if (isOrdered) weathers.park(from.host, there.host, () => { this.send(end, true, deliver) })
      return
    }
    if (there.isGone) {
      this.#bounce(end)
      return
    }
    let delay = weathers.delay()
    if (isOrdered) {
      delay = Math.max(delay + weathers.retransmission(from.host, there.host), end.arrivesAt - this.#scheduler.now)
      end.arrivesAt = this.#scheduler.now + delay
    } else if (weathers.isLost(from.host, there.host)) {
      return
    }
    this.#scheduler.after(delay, () => {
      const back = there.ends.get(from.id)
      // what comes for a connection that this side does not have is answered with a reset
      if (back?.there === from) deliver()
      else this.#bounce(end)
    }, there)
  }

  /** One side ends it; the other one is told, unless the way there is cut. */
  close (end: End): void {
    if (!end.isOpen) return
    this.#fail(end)
    const { from, there } = end
    const isLast = from.ends.get(there.id) === end
    if (isLast) from.ends.delete(there.id)
    from.mesh.delete(there)
    const tell = (): void => {
      if (this.#weathers.isCut(from.host, there.host)) {
        this.#weathers.park(from.host, there.host, tell)
        return
      }
      this.#scheduler.after(this.#weathers.delay(), () => {
        const back = there.ends.get(from.id)
        if (back?.there === from) this.close(back)
      }, there)
    }
    if (!from.isGone || !this.isDown(from.host)) tell()
    if (isLast && !from.isGone && this.areClosingsTold) from.membership.disconnected(there.id)
  }

  /** One side has come to have a connection that the other one had given up: it is told so. */
  abandon (process: SimProcess, by: SimProcess): void {
    const end = process.ends.get(by.id)
    if (end?.there === by && by.ends.get(process.id)?.there !== process) this.#bounce(end)
  }

  /** The host at the other end answers that there is no such connection, if it is there to answer. */
  #bounce (end: End): void {
    const { from, there } = end
    if (this.isDown(there.host) || this.#weathers.isCut(there.host, from.host)) return
    this.#scheduler.after(2 * this.#weathers.delay(), () => { this.close(end) }, from)
  }

  #fail (end: End): void {
    end.isOpen = false
    const { waiting } = end
    end.waiting = undefined
    if (waiting !== undefined) for (const fail of waiting) fail()
  }
}
