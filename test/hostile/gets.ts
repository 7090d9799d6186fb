// The gets of the honest member: so many a second, as a service makes them, or as many as it can.

import type { Group } from '../../src/index.js'

export interface Speed {
  /** Gets that were answered. */
  readonly count: number
  readonly perSecond: number
  /** Milliseconds from when it was to be made to when it was answered. */
  readonly p99: number
  /** Gets that failed, or brought something else. */
  readonly wrong: string[]
}

/** Callers that get one key after the other. */
const LOOPS = 16
/** A service that has so many under way lets others wait. */
const MAX_UNDER_WAY = 2_000

/** @param rate - gets a second; undefined = as many as it can */
export async function getFor (ms: number, group: Group<string>, keys: readonly string[], rate?: number): Promise<Speed> {
  const run = new Run(group, keys)
  const begin = performance.now()
  await (rate === undefined ? run.flatOut(ms) : run.paced(ms, rate))
  return run.speed(performance.now() - begin)
}

class Run {
  readonly #group: Group<string>
  readonly #keys: readonly string[]
  readonly #latencies: number[] = []
  readonly #wrong: string[] = []
  #isOver = false

  constructor (group: Group<string>, keys: readonly string[]) {
    this.#group = group
    this.#keys = keys
  }

  /** What is not answered by the end does not count. */
  async paced (ms: number, rate: number): Promise<void> {
    const begin = performance.now()
    let made = 0
    let underWay = 0
    for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - begin) {
      for (; made < elapsed * rate / 1_000 && underWay < MAX_UNDER_WAY; made++) {
        underWay++
        void this.#get(made, begin + made * 1_000 / rate).then(() => { underWay-- })
      }
      await new Promise(resolve => { setTimeout(resolve, 1) })
    }
    this.#isOver = true
  }

  async flatOut (ms: number): Promise<void> {
    const end = performance.now() + ms
    await Promise.all(Array.from({ length: LOOPS }, async (_, loop) => {
      for (let i = loop * 13; performance.now() < end; i++) {
        await this.#get(i, performance.now())
        // answers come in a burst, and what else there is to do has its turn
        if (this.#latencies.length % 50 === 0) await new Promise(resolve => { setImmediate(resolve) })
      }
    }))
    this.#isOver = true
  }

  speed (ms: number): Speed {
    const sorted = this.#latencies.sort((a, b) => a - b)
    const count = sorted.length
    return { count, perSecond: count / ms * 1_000, p99: sorted[Math.floor(count * 0.99)] ?? Infinity, wrong: this.#wrong }
  }

  /** @param dueAt - when it was to be made */
  async #get (n: number, dueAt: number): Promise<void> {
    const key = this.#keys[n % this.#keys.length] as string
    let wrong: string | undefined
    try {
      const value = await this.#group.get(key)
      if (value !== `value of ${key}`) wrong = `${key} gave ${value}`
    } catch (err) {
      wrong = `${key}: ${String(err)}`
    }
    if (wrong !== undefined) this.#wrong.push(wrong)
    else if (!this.#isOver) this.#latencies.push(performance.now() - dueAt)
  }
}
