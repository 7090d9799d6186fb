// Calls that come when they come, whether or not those before have been answered, and what became of each.
// Runs in the worker.

export interface Tally {
  /** Calls that were due by the clock, and those that there was time to begin. */
  offered: number
  begun: number
  answered: number
  /** Refused with OverloadedError. */
  rejected: number
  /** Answered with what was not asked for, or failed in any other way; and the first of them in words. */
  faults: number
  fault: string | undefined
  /** The most that were open at a time. */
  mostOpen: number
  /** Milliseconds, of a part of them. */
  toAnswer: number[]
  toRejection: number[]
}

export interface ArrivalsInit {
  /** Calls a second. */
  perSecond: number
  /** @returns what is wrong with the answer, if anything */
  call: (i: number) => Promise<string | undefined>
}

/** Milliseconds between two lots; of one lot no more than this part of a second is begun, or the process would never do anything else. */
const TICK = 5
const MAX_LOT = 0.05
/** Of each kind of time no more than this many are kept. */
const MAX_TIMES = 50_000

export class Arrivals {
  readonly tally: Tally = { offered: 0, begun: 0, answered: 0, rejected: 0, faults: 0, fault: undefined, mostOpen: 0, toAnswer: [], toRejection: [] }
  readonly #init: ArrivalsInit
  #timer: NodeJS.Timeout | undefined
  #open = 0
  #whenDone: (() => void) | undefined

  constructor (init: ArrivalsInit) {
    this.#init = init
  }

  start (): void {
    const { perSecond } = this.#init
    const began = performance.now()
    this.#timer = setInterval(() => {
      const now = performance.now()
      const due = Math.floor((now - began) * perSecond / 1_000) - this.tally.offered
      this.tally.offered += due
      const most = Math.ceil(perSecond * MAX_LOT)
      // those that were due while nothing ran would have been turned away at the door
      for (let i = 0; i < Math.min(due, most); i++) this.#begin()
    }, TICK)
  }

  /** No more come. Resolves when all that were begun have come to an end. */
  async end (): Promise<Tally> {
    clearInterval(this.#timer)
    if (this.#open > 0) await new Promise<void>(resolve => { this.#whenDone = resolve })
    return this.tally
  }

  get open (): number {
    return this.#open
  }

  #begin (): void {
    const { tally } = this
    const began = performance.now()
    this.#open++
    if (this.#open > tally.mostOpen) tally.mostOpen = this.#open
    this.#init.call(tally.begun++).then(fault => {
      if (fault === undefined) {
        tally.answered++
        keep(tally.toAnswer, performance.now() - began, tally.answered)
      } else {
        this.#fault(fault)
      }
    }, (err: unknown) => {
      if (err instanceof Error && err.name === 'OverloadedError') {
        tally.rejected++
        keep(tally.toRejection, performance.now() - began, tally.rejected)
      } else {
        this.#fault(String(err))
      }
    }).finally(() => {
      this.#open--
      if (this.#open === 0) this.#whenDone?.()
    }).catch(() => {})
  }

  #fault (what: string): void {
    this.tally.faults++
    this.tally.fault ??= what
  }
}

/** A fair sample of what is more than is kept. */
function keep (times: number[], time: number, count: number): void {
  if (times.length < MAX_TIMES) times.push(time)
  else {
    const at = Math.floor(Math.random() * count)
    if (at < MAX_TIMES) times[at] = time
  }
}

/** The time that this part of them does not exceed. */
export function quantile (times: readonly number[], part: number): number {
  const sorted = Float64Array.from(times).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN
}
