// What a process of the overload tests can be asked.

import type { Tally } from './arrivals.js'
import type { BystanderReport } from './bystander.js'

export type ScenarioName = 'gets' | 'slow loader' | 'hot key' | 'huge values'

export interface Recovery {
  /** Milliseconds after the end of the overload at which a get was begun that was answered in time, as all after it; ∞ = none was. */
  after: number
  /** Of the gets made to find that out, those that were rejected or failed. */
  failed: number
}

export interface Usage {
  /** MiB. */
  rss: number
  peakRss: number
  /** Of the event loop since the arrivals began, in ms. */
  delayP99: number
  delayMax: number
}

export interface OverloadCalls {
  /** @returns where it listens */
  start (options: { name: string, cluster: string, seeds: string[] }): Promise<string[]>
  ready (members: number): Promise<void>
  /** Calls a second that are answered when so many are made one after the other by each of so many loops. */
  capacity (options: { scenario: ScenarioName, ms: number, loops: number }): Promise<number>
  /** Lets calls come until {@link endArrivals}. */
  arrivals (options: { scenario: ScenarioName, perSecond: number }): void
  /** No more come. @returns what became of them, once all have come to an end */
  endArrivals (): Promise<Tally>
  /** Asks one key after the other until ten in a row were answered within `within` milliseconds. */
  recovery (options: { scenario: ScenarioName, within: number, patience: number }): Promise<Recovery>
  /** A little of everything in another group, until {@link endBystander}. */
  bystander (): void
  endBystander (): Promise<BystanderReport>
  usage (): Usage
  /** Runs of a scenario's loader at this process. */
  loads (scenario: ScenarioName): number
  stop (): Promise<void>
}
