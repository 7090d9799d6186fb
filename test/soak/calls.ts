// What a process of the long run can be asked, and what it tells.

import type { Tally } from './load.js'
import type { Vitals } from './vitals.js'

export interface SoakCalls {
  /** @returns where it listens */
  start (options: SoakOptions): Promise<string[]>
  ready (members: number): Promise<void>
  /** Has all members fill their logs of removals, which would take most of an hour otherwise, and look like a leak. */
  fillLogs (): Promise<void>
  startLoad (options: { seed: number, perSecond: number }): void
  /** Resolves when all that was begun has come to an end. */
  endLoad (): Promise<void>
  tally (): Tally
  vitals (): Vitals
  /** Open resources of the process, by kind. */
  kinds (): Record<string, number>
  /** Every so many milliseconds it tells how it is. */
  report (interval: number): void
  raise (keys: string[], version: number): void
  stop (): Promise<void>
}

export interface SoakOptions {
  name: string
  cluster: string
  seeds: string[]
  origin: string
  /** Bytes a second that it takes and never gives back: what the verdict has to find. */
  leak: number
}

export type Told = { vitals: Vitals } | { floor: { keys: string[], version: number } } | { fault: string }
