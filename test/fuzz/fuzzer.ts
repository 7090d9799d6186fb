// Runs the cases of a target, and finds out which of them is at fault when something is.

import { performance } from 'node:perf_hooks'
import { InvariantError } from './target.js'
import { heldMemory, residentMemory } from './memory.js'
import { minimised } from './minimise.js'
import { Random, seedOf } from './random.js'
import { Uncaught } from './uncaught.js'
import type { Target, Verdict } from './target.js'
import type { Watchdog } from './watchdog.js'

/** Milliseconds that a case may take. */
const SLOW = 250
/** Milliseconds after which a promise is given up. */
const NEVER = 10_000
/** Cases between two turns of the event loop, in which errors come up that nobody catches. */
const BATCH = 64
/** Cases after which what is held has to stay as it is: caches and compiled code are there by then. */
const WARM_UP = 2_000
/** MiB that may be held more after all cases: an accident of the collector, and not something of each case. */
const MAX_GROWTH = 24

export interface Failure { target: string, seed: number, index: number, reason: string, input: unknown }

export interface Report {
  target: string
  cases: number
  accepted: number
  refused: number
  /** Of the processor, for the cases and what makes them. */
  ms: number
  slowest: number
  /** MiB that were held after the cases and not before; NaN = too few cases to say. */
  growth: number
  peakRss: number
  failures: Failure[]
}

export interface FuzzOptions {
  seed: number
  /** Told of each case before it begins, because one that never ends cannot say so. */
  watchdog?: Watchdog
  /** Called now and then. */
  onProgress?: (done: number) => void
  /** Milliseconds that a case may take. */
  slow?: number
  never?: number
  /** Failures after which a target is left. */
  mostFailures?: number
}

export class Fuzzer {
  readonly #target: Target
  readonly #options: FuzzOptions
  readonly #uncaught = new Uncaught()

  constructor (target: Target, options: FuzzOptions) {
    this.#target = target
    this.#options = options
  }

  /** Cases 0 to `count` − 1. */
  async run (count: number): Promise<Report> {
    const { mostFailures = 1, onProgress } = this.#options
    const report: Report = { target: this.#target.name, cases: 0, accepted: 0, refused: 0, ms: 0, slowest: 0, growth: NaN, peakRss: residentMemory(), failures: [] }
    const { warmUp = WARM_UP } = this.#target
    await this.#prepared(async () => {
      const { user } = process.cpuUsage()
      let before: number | undefined
      for (let index = 0; index < count && report.failures.length < mostFailures; index += BATCH) {
        if (before === undefined && index >= warmUp) before = await heldMemory()
        await this.#batch(index, Math.min(count, index + BATCH), report)
        if (index % (BATCH * 32) === 0) {
          report.peakRss = Math.max(report.peakRss, residentMemory())
          onProgress?.(report.cases)
        }
      }
      report.ms = (process.cpuUsage().user - user) / 1_000
      if (before === undefined || report.failures.length > 0) return
      report.growth = await heldMemory() - before
      if (report.growth > MAX_GROWTH) report.failures.push(this.#failure(count - 1, new InvariantError(`${report.growth.toFixed(1)} MiB are held after ${count} cases that were not before`)))
    })
    return report
  }

  /** One case by itself. @returns what is wrong with it */
  async replay (index: number): Promise<Failure | Verdict> {
    return this.#prepared(async () => {
      const outcome = await this.#alone(this.#input(index))
      return typeof outcome === 'string' ? outcome : this.#failure(index, outcome.error)
    })
  }

  async #prepared<T> (work: () => Promise<T>): Promise<T> {
    this.#uncaught.listen()
    try {
      await this.#target.start?.()
      return await work()
    } finally {
      await this.#target.stop?.()
      this.#uncaught.stop()
      this.#options.watchdog?.rest()
    }
  }

  async #batch (from: number, to: number, report: Report): Promise<void> {
    const { mostFailures = 1 } = this.#options
    for (let index = from; index < to && report.failures.length < mostFailures; index++) {
      this.#options.watchdog?.beat(this.#target.name, this.#options.seed, index)
      const input = this.#input(index)
      const begin = performance.now()
      let error: unknown
      try {
        const running = this.#target.run(input)
        const verdict = typeof running === 'string' ? running : await this.#inTime(running)
        report[verdict]++
      } catch (err) {
        error = err ?? new InvariantError('undefined was thrown')
      }
      let ms = performance.now() - begin
      if (ms > this.#slow && error === undefined) {
        // it may have been the machine
        ms = await this.#fastestOf(input)
        if (ms > this.#slow) error = new InvariantError(`it took ${ms.toFixed(0)} ms, expected at most ${this.#slow}`)
      }
      report.cases++
      report.slowest = Math.max(report.slowest, ms)
      if (error !== undefined) report.failures.push(await this.#minimal(index, error))
    }
    await turn()
    if (this.#uncaught.take().length === 0) return
    for (let index = from; index < to; index++) {
      const outcome = await this.#alone(this.#input(index))
      if (typeof outcome !== 'string') {
        report.failures.push(await this.#minimal(index, outcome.error))
        return
      }
    }
    report.failures.push(this.#failure(from, new InvariantError(`somewhere in the ${to - from} cases from this one an error was not caught, and not in any of them alone`)))
  }

  /** With a turn of its own after it, so that what nobody catches is its own. */
  async #alone (input: unknown): Promise<Verdict | { error: unknown }> {
    this.#uncaught.take()
    try {
      const verdict = await this.#inTime(this.#target.run(input))
      await turn()
      await turn()
      const [uncaught] = this.#uncaught.take()
      return uncaught === undefined ? verdict : { error: new InvariantError(`nobody catches ${describe(uncaught)}`, { cause: uncaught }) }
    } catch (error) {
      return { error }
    }
  }

  async #fastestOf (input: unknown): Promise<number> {
    let fastest = Infinity
    for (let i = 0; i < 3; i++) {
      const begin = performance.now()
      await this.#alone(input)
      fastest = Math.min(fastest, performance.now() - begin)
    }
    return fastest
  }

  async #inTime (running: Verdict | Promise<Verdict>): Promise<Verdict> {
    const { never = NEVER } = this.#options
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => { timer = setTimeout(() => { reject(new InvariantError(`it did not end within ${never} ms`)) }, never) })
    try {
      return await Promise.race([running, late])
    } finally {
      clearTimeout(timer)
    }
  }

  async #minimal (index: number, error: unknown): Promise<Failure> {
    const kind = kindOf(error)
    let last = error
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 20
    const fails = async (input: unknown): Promise<boolean> => {
      const outcome = await this.#alone(input)
      if (typeof outcome === 'string' || kindOf(outcome.error) !== kind) return false
      last = outcome.error
      return true
    }
    const whole = this.#input(index)
    // what fails only after others cannot be made smaller
    const input = await fails(whole) ? await minimised(whole, fails) : whole
    Error.stackTraceLimit = stackTraceLimit
    return { ...this.#failure(index, last), input }
  }

  #failure (index: number, error: unknown): Failure {
    return { target: this.#target.name, seed: this.#options.seed, index, reason: describe(error), input: this.#input(index) }
  }

  #input (index: number): unknown {
    return this.#target.generate(new Random(seedOf(this.#options.seed, this.#target.name, index)))
  }

  get #slow (): number {
    return this.#target.slow ?? this.#options.slow ?? SLOW
  }
}

async function turn (): Promise<void> {
  await new Promise(resolve => { setImmediate(resolve) })
}

/** Two failures of one kind have one cause, as a rule: what is between, numbers above all, may differ. */
function kindOf (error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message.replaceAll(/\d+(\.\d+)?/g, '#').slice(0, 60)}` : typeof error
}

function describe (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? `\n  caused by ${error.cause.stack ?? error.cause.message}` : ''
  return `${error.name}: ${error.message}${cause === '' ? `\n${error.stack ?? ''}` : cause}`
}
