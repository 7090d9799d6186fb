// Virtual time for many processes: what happens when is decided by one queue, and a process that is
// frozen finds all that befell it when it wakes.

import '../../../src/promise-with-resolvers.js'
import type { Clock, Timer } from '../../../src/clock.js'

/** What a process is woken by: its own timer, or something from outside. */
export type Cause = 'timer' | 'io'

/** A process, as far as time is concerned. */
export interface Host {
  readonly isFrozen: boolean
  readonly isGone: boolean
  /** Keeps what happens to a frozen process until it wakes. */
  hold (task: () => void, cause: Cause): void
}

interface SimEvent extends Timer {
  readonly at: number
  readonly order: number
  /** undefined = cancelled, or done. */
  task: (() => void) | undefined
  readonly host: Host | undefined
  readonly cause: Cause
}

/** Macrotasks that are put in line at a time: between any two of them all promises settle. */
const STEPS_AT_A_TIME = 64

export class Scheduler {
  /** Virtual milliseconds since the beginning. */
  now = 0
  /** Events that were run. */
  count = 0
  /** Depends on all that happened and when. */
  hash = 0
  readonly #heap: SimEvent[] = []
  #order = 0

  /** Runs `task` at `host`, if that is still there then, so many milliseconds from now. */
  after (ms: number, task: () => void, host?: Host, cause: Cause = 'io'): SimEvent {
    const event: SimEvent = { at: this.now + Math.max(0, ms), order: this.#order++, task, host, cause }
    this.#push(event)
    return event
  }

  note (what: number): void {
    this.hash = (Math.imul(this.hash ^ what, 0x01000193) + 1) >>> 0
  }

  /** Runs what is due up to a time; promises settle after each event. Stops early when `until` says so. */
  run (end: number, until: () => boolean = () => false): Promise<void> {
    return new Promise((resolve, reject) => {
      let isOver = false
      const step = (): void => {
        if (isOver) return
        try {
          if (!until() && this.#runNext(end)) return
          isOver = true
          resolve()
        } catch (err) {
          isOver = true
          reject(err instanceof Error ? err : new Error(String(err)))
        }
      }
      const goOn = (): void => {
        if (isOver) return
        for (let i = 0; i < STEPS_AT_A_TIME; i++) setImmediate(step)
        setImmediate(goOn)
      }
      goOn()
    })
  }

  #runNext (end: number): boolean {
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.at > end) {
        this.now = end
        return false
      }
      this.#pop()
      const { task, host, cause } = next
      if (task === undefined || host?.isGone === true) continue
      this.now = next.at
      if (host?.isFrozen === true) {
        host.hold(() => { next.task?.() }, cause)
        continue
      }
      this.count++
      this.note(Math.floor(this.now * 1000))
      task()
      return true
    }
  }

  #push (event: SimEvent): void {
    const heap = this.#heap
    let at = heap.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(event, heap[parent] as SimEvent)) break
      heap[at] = heap[parent] as SimEvent
      at = parent
    }
    heap[at] = event
  }

  #pop (): void {
    const heap = this.#heap
    const last = heap.pop() as SimEvent
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as SimEvent, heap[child] as SimEvent)) child++
      if (!isBefore(heap[child] as SimEvent, last)) break
      heap[at] = heap[child] as SimEvent
      at = child
    }
    heap[at] = last
  }
}

function isBefore (a: SimEvent, b: SimEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** The clock of one process. Its zero is its own: clocks of processes are not compared. */
export class SimClock implements Clock {
  readonly #scheduler: Scheduler
  readonly #host: Host
  readonly #zero: number
  readonly #skew: () => number
  readonly #timers = new Set<SimEvent>()

  /** @param skew - how much later than it was set for a timer fires; node's may also be up to 2 ms early */
  constructor (scheduler: Scheduler, host: Host, zero: number, skew: () => number) {
    this.#scheduler = scheduler
    this.#host = host
    this.#zero = zero
    this.#skew = skew
  }

  /** Timers that are set. */
  get timers (): number {
    return this.#timers.size
  }

  now (): number {
    return this.#scheduler.now + this.#zero
  }

  setTimeout (task: () => void, ms: number): Timer {
    const timer = this.#scheduler.after(ms + this.#skew(), () => {
      timer.task = undefined
      this.#timers.delete(timer)
      task()
    }, this.#host, 'timer')
    this.#timers.add(timer)
    return timer
  }

  clearTimeout (timer: Timer): void {
    (timer as SimEvent).task = undefined
    this.#timers.delete(timer as SimEvent)
  }
}
