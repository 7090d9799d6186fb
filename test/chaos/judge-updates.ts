// Updates end in bounded time, and fail only where something is wrong.

import { standstill } from './standstill.js'
import type { LifeRecord } from './life.js'
import type { Incident } from './player.js'
import type { Verdict } from './judge-reads.js'
import type { Interval, Views } from './views.js'

const MS = 1e6
/**
 * Milliseconds that an update may take, what its process could not run not counted: its owners are tried for 30 s (INVALIDATION_TIMEOUT); the last
 * attempt may take the owner another 30 s, of members that do not confirm, and the remover a lease and a standstill for those it tells itself.
 */
export const LONGEST_UPDATE = 30_000 + 30_000 + 15_000
const ERRORS = ['InvalidationIncompleteError', 'OwnerUnreachableError']

export function judgeUpdates (lives: readonly LifeRecord[], incidents: readonly Incident[], views: Views, calm: readonly Interval[], network: readonly Interval[], time: (at: number) => string): Verdict {
  const failures: string[] = []
  const updates = lives.flatMap(({ updates }) => updates)
  let slowest = 0
  let refused = 0
  for (const update of updates) {
    const { kind, keys, begin, end, node, error } = update
    const life = views.life(node)
    const what = `${kind} of ${keys.length} keys (${keys[0]} …) at ${life?.name} (process ${life?.number}), ${time(begin)}..${time(end)},`
    const took = (end - begin - standstill(life, update, incidents, network)) / MS
    slowest = Math.max(slowest, took)
    if (took > LONGEST_UPDATE) failures.push(`${what} took ${Math.round(took)} ms; the bound is ${LONGEST_UPDATE}`)
    if (error === undefined) continue
    const isStopped = error.name === 'NotStartedError' && life?.endOrder === 'stop' && life.endOrderedAt <= end
    if (isStopped) continue
    refused++
    const isCalm = calm.some(({ from, to }) => from <= begin && to >= end)
    if (!ERRORS.includes(error.name)) failures.push(`${what} failed with ${error.name}: ${error.message}`)
    else if (isCalm) failures.push(`${what} was refused though nothing was wrong: ${error.name}: ${error.message}`)
  }
  return { failures, figures: { updates: updates.length, refused, slowestUpdate: Math.round(slowest) } }
}
