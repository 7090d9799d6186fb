// The origin of a run: counts the loads, and has them wait or fail while a fault says so.

import { now } from '../support/history.js'
import { Origin } from '../support/origin.js'
import { seeded } from '../support/seeds.js'

export interface LoadRecord { key: string, version: number, reader: string, begin: number, end: number, hasFailed: boolean }

/** What failing loads say. */
export const INJECTED = 'the origin fails on purpose'
/** Milliseconds that a load takes at the most without a fault. */
const USUAL = 30

export class ChaosOrigin {
  readonly loads: LoadRecord[] = []
  readonly #random: () => number
  readonly #delays: Array<{ part: number, delay: number }> = []
  readonly #failures: Array<{ part: number }> = []
  #origin: Origin | undefined

  private constructor (seed: number) {
    this.#random = seeded(seed)
  }

  static async start (seed: number): Promise<ChaosOrigin> {
    const chaos = new ChaosOrigin(seed)
    chaos.#origin = await Origin.start((key, version, reader) => chaos.#read(key, version, reader))
    return chaos
  }

  get path (): string {
    return (this.#origin as Origin).path
  }

  version (key: string): number {
    return (this.#origin as Origin).version(key)
  }

  hadVersion (key: string, version: number): boolean {
    return (this.#origin as Origin).hadVersion(key, version)
  }

  /** @returns what ends it */
  slowDown (part: number, delay: number): () => void {
    return inForce(this.#delays, { part, delay })
  }

  /** @returns what ends it */
  fail (part: number): () => void {
    return inForce(this.#failures, { part })
  }

  async stop (): Promise<void> {
    await this.#origin?.stop()
  }

  async #read (key: string, version: number, reader: string): Promise<void> {
    const record: LoadRecord = { key, version, reader, begin: now(), end: Infinity, hasFailed: false }
    this.loads.push(record)
    const random = this.#random
    const more = this.#delays.filter(({ part }) => random() < part).map(({ delay }) => delay)
    record.hasFailed = this.#failures.some(({ part }) => random() < part)
    await new Promise(resolve => { setTimeout(resolve, random() ** 2 * USUAL + Math.max(0, ...more)) })
    record.end = now()
    if (record.hasFailed) throw new Error(INJECTED)
  }
}

function inForce<T> (list: T[], what: T): () => void {
  list.push(what)
  return () => { list.splice(list.indexOf(what), 1) }
}
