// Which updates a process may not have known of: the only excuse for a stale read.
//
// An update reaches, and waits for, whom this side of the cluster holds alive. So the processes it did not have to reach are those
// that did not hold its maker, or an owner of its keys, for a member, or were not held for one by these, at some time while it was
// made. That alone is no excuse, for the library makes good what most causes of it do: who was frozen asks what it missed before it
// answers, also when the others have given it up; who lost a connection is told when it opens the next one. Excused is only
//
// - who was apart while the network kept members from each other (blackhole, partition, long delay, or the proxies could not run), or had
//   not grown together since;
// - who was just joining, and had not met them yet: until then it is a cluster of its own;
// - who had said goodbye.
//
// A process that was reached is excused as well while it sees one that was not, or sees one that sees such a one: "those who take it
// for the owner already are answered by it, and may keep the answer until it has met the others" (docs/coherence.md).
//
// All this is over when all views have been the same for GRACE: then those that were apart have met. What nobody knows who is left, when
// those that were reached have all ended before that, cannot be told to anybody; the same document says so.

import { SILENCE, isLossy } from './fault.js'
import type { Read, Update } from '../support/history.js'
import type { LifeRecord } from './life.js'
import type { Incident } from './player.js'
import type { Interval, Views } from './views.js'

const MS = 1e6
const SECOND = 1e9
/** A member that is met is asked what was missed, and has three seconds to say (CATCH_UP_TIMEOUT). */
const GRACE = 3 * SECOND
/** Who joins has met the others by then. */
const JOINING = 10 * SECOND

interface Known {
  apart: ReadonlySet<LifeRecord>
  /** When those that were apart have met the others. */
  metAt: number
  /** All that knew of it had ended by then, or were told to: who stops meets nobody any more. */
  isForgotten: boolean
}

export class Sides {
  readonly #views: Views
  /** When the network kept members from each other, or had not let them grow together again. */
  readonly #torn: readonly Interval[]
  readonly #known = new Map<Update, Known>()

  /** @param network - when the proxies could not run, and all between the members stood still */
  constructor (views: Views, incidents: readonly Incident[], network: readonly Interval[]) {
    this.#views = views
    const silences = [...incidents.filter(({ fault }) => isLossy(fault)), ...network.filter(({ from, to }) => to - from >= SILENCE * MS)]
    this.#torn = silences.map(({ from, to }) => ({ from, to: views.agreedFor(GRACE, to) }))
  }

  /** Whether a read that begins after the update has ended may not know of it. */
  isExcused (update: Update, read: Read): boolean {
    const { apart, metAt, isForgotten } = this.known(update)
    if (apart.size === 0) return false
    if (read.begin >= metAt) return isForgotten
    const reader = this.#views.life(read.node)
    return reader === undefined || [...apart].some(life => this.#mayHaveAsked(reader, life, update.begin, read.end))
  }

  known (update: Update): Known {
    const known = this.#known.get(update) ?? this.#judge(update)
    this.#known.set(update, known)
    return known
  }

  #judge (update: Update): Known {
    const { begin, end, node, owners = [] } = update
    const running = this.#views.runningWithin(begin, end)
    const makers = [...new Set([node, ...owners])].map(id => this.#views.life(id)).filter(life => life !== undefined && (life.peerId === node || life.endedAt > end)) as LifeRecord[]
    const apart = new Set(running.filter(life => makers.some(maker => this.#areApart(maker, life, begin, end))))
    const metAt = this.#views.agreedFor(GRACE, end)
    const knowing = running.filter(life => !apart.has(life))
    return { apart, metAt, isForgotten: knowing.every(({ endOrderedAt, endedAt }) => Math.min(endOrderedAt, endedAt) < metAt) }
  }

  #areApart (maker: LifeRecord, life: LifeRecord, from: number, to: number): boolean {
    const views = this.#views
    if (views.holdsThroughout(maker, life, from, to) && views.holdsThroughout(life, maker, from, to)) return false
    const isTorn = this.#torn.some(torn => torn.from <= to && torn.to >= from)
    const isJoining = [[maker, life], [life, maker]].some(([viewer, other]) => {
      const newer = (viewer as LifeRecord).startedAt > (other as LifeRecord).startedAt ? viewer as LifeRecord : other as LifeRecord
      return views.firstHeldAt(viewer as LifeRecord, other as LifeRecord) > from && from < newer.startedAt + JOINING
    })
    const hasLeft = [maker, life].some(({ endOrder, endOrderedAt }) => endOrder === 'stop' && endOrderedAt < to)
    return isTorn || isJoining || hasLeft
  }

  #mayHaveAsked (reader: LifeRecord, life: LifeRecord, from: number, to: number): boolean {
    const views = this.#views
    return views.heldWithin(reader, life, from, to) ||
      views.runningWithin(from, to).some(other => views.heldWithin(reader, other, from, to) && views.heldWithin(other, life, from, to))
  }
}
