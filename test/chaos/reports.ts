// What a process of the chaos suite tells about itself, and what it can be asked to do.

import { KEYS } from '../support/origin.js'
import type { FailedRead, Read, Update } from '../support/history.js'

export interface GroupPlan { name: string, keys: readonly string[], maxBytes: number, padding: number }

/** One that has room for all its values, and one that has not: its values are evicted all the time. */
export const GROUPS: readonly GroupPlan[] = [
  { name: 'roomy', keys: KEYS, maxBytes: 4 * 1024 * 1024, padding: 0 },
  { name: 'tight', keys: KEYS.map(key => `k${Number(key.slice(1)) + 100}`), maxBytes: 16 * 1024, padding: 1_000 }
]
/** Bytes that a process may take at most. Started and idle it takes some 80 MB. */
export const MAX_RSS = 320 * 1024 * 1024
/** Milliseconds: longer than any load takes here, and than any process is frozen. */
export const LOAD_TIMEOUT = 60_000

/** It is told that somebody joined or left the others it sees. */
export interface ViewEvent { at: number, kind: 'join' | 'leave' | 'fail', peerId: string, name: string }

/** The most of each since the last sample. */
export interface Sample {
  at: number
  rss: number
  /** Of each group, in the order of {@link GROUPS}. */
  bytes: number[]
  evictions: number
  openGets: number
  openUpdates: number
}

/** The event loop stood still, as seen by a timer. */
export interface Pause { from: number, to: number }

export interface WorkerReport {
  reads?: Read[]
  failures?: FailedRead[]
  updates?: Update[]
  view?: ViewEvent
  sample?: Sample
  pause?: Pause
  /** Warnings, rejections that nobody handles, and exceptions. */
  oddity?: string
}

export interface StartOptions {
  name: string
  cluster: string
  listen: string
  announce?: string
  /** Addresses of others. */
  discovery: string[]
  /** The address it dials from: by it the proxies know it. */
  localAddress?: string
  secret?: string
  origin: string
}

export interface LoadOptions { seed: number, getsPerSecond: number, updatesPerSecond: number }

export interface ChaosCalls {
  /** @returns the peer id */
  start (options: StartOptions): Promise<string>
  ready (members: number, timeout: number): Promise<boolean>
  load (options: LoadOptions): void
  /** Begins no more updates. Resolves when all have ended. */
  endUpdates (): Promise<void>
  /** Removes these keys of a group, one by one. */
  removeAll (group: string, keys: string[]): Promise<void>
  /** Reads every key. */
  sweep (): Promise<void>
  /** Begins nothing more. Resolves when all gets have ended. */
  endGets (): Promise<void>
  /** Gets under way, in words. */
  waiting (): string[]
  /** The event loop does nothing for so long. */
  stall (ms: number): void
  /** Stops the member, with its load going on. After that the process has nothing to do, and ends by itself. */
  stop (): Promise<{ took: number, unsettled: number }>
}
