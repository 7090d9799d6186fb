// What is measured, who takes part, and what is aimed at.

import { openGoGroupcache } from '../contestants/go-groupcache.js'
import { openGetMany, openGroupcache } from '../contestants/groupcache.js'
import { openAutoPipelining, openGet, openMget } from '../contestants/ioredis.js'
import { openAwaitedLru, openLocalGet, openLru, openPeek } from '../contestants/local.js'
import { openTcp } from '../contestants/tcp.js'
import type { Open } from '../contestants/contestant.js'
import type { Ours } from '../contestants/groupcache.js'

/** What can be run alone. */
export const PARTS = ['remote', 'large', 'batch', 'local'] as const
export type Part = typeof PARTS[number]

/** How the table calls this library. */
export const OURS = 'groupcache'

export interface Row {
  readonly inFlight: number
  /** Ratios of our median to the contestant's that are aimed at. */
  readonly targets: Readonly<Record<string, number>>
}

/** Contestants that start together, and the rows that they run. */
export interface Scenario {
  readonly part: Part
  readonly what: string
  /** Bytes of each value. */
  readonly size: number
  readonly ours: (size: number) => Promise<Ours>
  readonly others: Readonly<Record<string, Open>>
  readonly rows: readonly Row[]
}

export const REMOTE_IN_FLIGHT = [1, 16, 64, 256]

const REMOTE_OTHERS = { 'raw TCP': openTcp, ioredis: openGet, 'ioredis, auto-pipelining': openAutoPipelining, 'Go groupcache': openGoGroupcache }

/** Both ways of ioredis have the same target: users take the one that is quicker for them. */
function remoteTargets (tcp: number, ioredis: number, go?: number): Record<string, number> {
  return { 'raw TCP': tcp, ioredis, 'ioredis, auto-pipelining': ioredis, ...(go === undefined ? {} : { 'Go groupcache': go }) }
}

const REMOTE_TARGETS = new Map([
  [1, remoteTargets(0.6, 0.5, 0.9)],
  [16, remoteTargets(0.6, 0.8, 2)],
  [64, remoteTargets(0.6, 2, 6)],
  [256, remoteTargets(0.65, 4, 12)]
])

/** @param inFlight - of the remote hits of 100 bytes */
export function scenarios (only: readonly Part[], inFlight: readonly number[]): Scenario[] {
  const remote = { ours: openGroupcache, others: REMOTE_OTHERS }
  const all: Scenario[] = [
    { part: 'remote', what: 'remote hit, 100 B', size: 100, ...remote, rows: inFlight.map(inFlight => ({ inFlight, targets: REMOTE_TARGETS.get(inFlight) ?? {} })) },
    { part: 'large', what: 'remote hit, 10 kB', size: 10_000, ...remote, rows: [{ inFlight: 64, targets: remoteTargets(0.5, 1, 2) }] },
    { part: 'large', what: 'remote hit, 1 MB', size: 1_000_000, ...remote, rows: [{ inFlight: 4, targets: remoteTargets(0.5, 0.7) }] },
    { part: 'batch', what: '100 keys over 4 owners', size: 100, ours: openGetMany, others: { 'ioredis mget': openMget }, rows: [{ inFlight: 4, targets: { 'ioredis mget': 1.5 } }] },
    { part: 'local', what: 'local hit, await get', size: 100, ours: openLocalGet, others: { 'lru-cache': openAwaitedLru }, rows: [{ inFlight: 1, targets: { 'lru-cache': 0.8 } }] },
    { part: 'local', what: 'local hit, peek', size: 100, ours: openPeek, others: { 'lru-cache': openLru }, rows: [{ inFlight: 1, targets: { 'lru-cache': 0.5 } }] }
  ]
  return all.filter(({ part }) => only.includes(part))
}
