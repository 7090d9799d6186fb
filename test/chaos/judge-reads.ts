// Gets: each is answered, in time, with a value that was written, and that is not stale.

import { staleReads } from '../support/history.js'
import { INJECTED } from './chaos-origin.js'
import { standstill } from './standstill.js'
import type { ChaosOrigin, LoadRecord } from './chaos-origin.js'
import type { FailedRead, Read, Update } from '../support/history.js'
import type { LifeRecord } from './life.js'
import type { Interval, Views } from './views.js'
import type { Incident } from './player.js'
import type { Sides } from './sides.js'

const MS = 1e6
/** The longest that the origin has a load wait, and what loads take anyway. */
const LONGEST_LOAD = 4_000 + 1_000
/** Until a silent member is given up by a request (`rpc.timeout`), and the time to connect to it before (CONNECT_TIMEOUT). */
const SILENT = 10_000 + 5_000
/** Former owners are asked (TAKE_OVER_TIMEOUT), and, by one that stood still, everybody what was missed, twice (CATCH_UP_TIMEOUT). */
const ASKING = 1_000 + 2 * 3_000
/**
 * Milliseconds that a get may take, what its process could not run not counted: it asks the owner, which begins the load and falls silent; then the
 * successor, which does the same; then it loads itself. A removal makes nobody wait again: who waits gets its answer.
 */
export const LONGEST_GET = 2 * (SILENT + LONGEST_LOAD) + ASKING + LONGEST_LOAD

/** Nanoseconds that the news of a failed load may be late by: its process, or one that waits for it, may be frozen or cut off meanwhile. */
const LATE = 10_000 * MS

export interface ReadsInit {
  lives: readonly LifeRecord[]
  incidents: readonly Incident[]
  views: Views
  sides: Sides
  origin: ChaosOrigin
  /** When the network stood still. */
  network: readonly Interval[]
  /** Milliseconds since the beginning, for people. */
  time: (at: number) => string
}

export interface Verdict { failures: string[], figures: Record<string, number> }

export function judgeReads ({ lives, incidents, views, sides, origin, network, time }: ReadsInit): Verdict {
  const failures: string[] = []
  const nameOf = (peerId: string): string => {
    const life = views.life(peerId)
    return life === undefined ? peerId : `${life.name} (process ${life.number})`
  }
  const reads = lives.flatMap(({ reads }) => reads)
  const failed = lives.flatMap(({ failures }) => failures)
  const updates = lives.flatMap(({ updates }) => updates)
  const loadsFailed = origin.loads.filter(({ hasFailed }) => hasFailed)
  let failedLoads = 0
  let stopped = 0
  for (const read of failed) {
    if (isFailedLoad(read, loadsFailed)) failedLoads++
    else if (isStopped(read, views)) stopped++
    else failures.push(`G2: a get of ${read.key} at ${nameOf(read.node)}, ${time(read.begin)}..${time(read.end)}, failed: ${read.causes.join(' < ') || read.error}`)
  }
  let slowest = 0
  for (const read of [...reads, ...failed]) {
    const took = (read.end - read.begin - standstill(views.life(read.node), read, incidents, network)) / MS
    slowest = Math.max(slowest, took)
    if (took > LONGEST_GET) failures.push(`G2: a get of ${read.key} at ${nameOf(read.node)}, begun at ${time(read.begin)}, took ${Math.round(took)} ms; the bound is ${LONGEST_GET}`)
  }
  for (const read of reads) {
    if (!origin.hadVersion(read.key, read.version)) failures.push(`a wrong value: version ${read.version} of ${read.key}, which was never written, at ${nameOf(read.node)}, ${time(read.begin)}`)
  }
  const tell = (read: Read, update: Update): string => `G3: ${nameOf(read.node)} read ${read.isSet ? 'set' : 'loaded'} version ${read.version} of ${read.key} at ${time(read.begin)}..${time(read.end)}; ` +
    `${update.kind} of version ${update.version} at ${nameOf(update.node)}, ${time(update.begin)}..${time(update.end)}, owned by ${(update.owners ?? []).slice(0, 3).map(nameOf).join()}; ` +
    `apart then: ${[...sides.known(update).apart].map(({ name }) => name).join() || 'nobody'}; loaded ${loadsOf(read).join(', ') || 'by nobody'}`
  const loadsOf = ({ key, version }: Read): string[] => origin.loads.filter(load => load.key === key && load.version === version).map(({ reader, begin, end }) => `by ${reader} at ${time(begin)}..${time(end)}`)
  const stale = staleReads(reads, updates, (update, read) => !sides.isExcused(update, read))
  for (const { read, update } of stale) failures.push(tell(read, update))
  const excused = staleReads(reads, updates).length - stale.length
  return {
    failures,
    figures: { gets: reads.length, failedLoads, stopped, slowestGet: Math.round(slowest), stale: stale.length, staleExcused: excused, ...strictness(reads, updates, sides) }
  }
}

/** It says so, and a load of one of its keys did fail: while the get waited, or before, and the news of it was late. */
function isFailedLoad ({ key, causes, begin, end }: FailedRead, failed: readonly LoadRecord[]): boolean {
  if (causes[0]?.startsWith('LoadError: ') !== true || !causes.some(cause => cause.includes(INJECTED))) return false
  const keys = new Set(key.split(','))
  return failed.some(load => keys.has(load.key) && load.begin <= end && load.end >= begin - LATE)
}

/** The process was told to stop, and this get was still waiting, or came when it had. */
function isStopped ({ causes, end, node }: FailedRead, views: Views): boolean {
  const life = views.life(node)
  return life?.endOrder === 'stop' && life.endOrderedAt <= end && causes[0]?.startsWith('NotStartedError: ') === true
}

/** How many reads had to know of the newest update of their key, and how many had not. */
function strictness (reads: readonly Read[], updates: readonly Update[], sides: Sides): { judgedStrictly: number, judgedNot: number } {
  const byKey = new Map<string, Update[]>()
  for (const update of [...updates].sort((a, b) => a.end - b.end)) {
    if (update.error !== undefined) continue
    for (const key of update.keys) {
      const list = byKey.get(key)
      if (list === undefined) byKey.set(key, [update])
      else list.push(update)
    }
  }
  let judgedStrictly = 0
  let judgedNot = 0
  for (const read of reads) {
    const newest = byKey.get(read.key)?.findLast(({ end }) => end < read.begin)
    if (newest === undefined) continue
    if (sides.isExcused(newest, read)) judgedNot++
    else judgedStrictly++
  }
  return { judgedStrictly, judgedNot }
}
