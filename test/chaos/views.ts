// Whom each process held for a member, and when: from the events it told of.

import type { LifeRecord } from './life.js'

export interface Interval { from: number, to: number }

export class Views {
  readonly #lives: readonly LifeRecord[]
  readonly #byId: ReadonlyMap<string, LifeRecord>
  readonly #held = new Map<LifeRecord, Map<string, Interval[]>>()
  readonly #agreements: Interval[]

  constructor (lives: readonly LifeRecord[]) {
    this.#lives = lives.filter(({ startedAt }) => startedAt < Infinity)
    this.#byId = new Map(this.#lives.map(life => [life.peerId, life]))
    for (const life of this.#lives) this.#held.set(life, heldBy(life))
    this.#agreements = this.#findAgreements()
  }

  life (peerId: string): LifeRecord | undefined {
    return this.#byId.get(peerId)
  }

  /** Those whose processes were there at some time between. */
  runningWithin (from: number, to: number): LifeRecord[] {
    return this.#lives.filter(({ startedAt, endedAt }) => startedAt <= to && endedAt >= from)
  }

  holdsThroughout (viewer: LifeRecord, other: LifeRecord, from: number, to: number): boolean {
    return viewer === other || this.#intervals(viewer, other).some(interval => interval.from <= from && interval.to >= to)
  }

  heldWithin (viewer: LifeRecord, other: LifeRecord, from: number, to: number): boolean {
    return viewer === other || this.#intervals(viewer, other).some(interval => interval.from <= to && interval.to >= from)
  }

  firstHeldAt (viewer: LifeRecord, other: LifeRecord): number {
    return this.#intervals(viewer, other)[0]?.from ?? Infinity
  }

  /** When all that ran saw just each other. */
  get agreements (): readonly Interval[] {
    return this.#agreements
  }

  /** The first time from `at` on when they had done so for `grace` nanoseconds since `at`. */
  agreedFor (grace: number, at: number): number {
    for (const { from, to } of this.#agreements) {
      const since = Math.max(from, at) + grace
      if (since <= to) return since
    }
    return Infinity
  }

  #intervals (viewer: LifeRecord, other: LifeRecord): Interval[] {
    return this.#held.get(viewer)?.get(other.peerId) ?? []
  }

  #findAgreements (): Interval[] {
    const ends = (life: LifeRecord): number => Math.min(life.endOrderedAt, life.endedAt)
    const times = [...new Set(this.#lives.flatMap(life => [life.startedAt, ends(life), ...life.views.map(({ at }) => at)]))].filter(at => at < Infinity).sort((a, b) => a - b)
    const found: Interval[] = []
    for (const [i, at] of times.entries()) {
      const running = this.#lives.filter(life => life.startedAt <= at && ends(life) > at)
      if (running.length === 0 || !running.every(viewer => this.#seesJust(viewer, running, at))) continue
      const last = found.at(-1)
      const to = times[i + 1] ?? Infinity
      if (last?.to === at) last.to = to
      else found.push({ from: at, to })
    }
    return found
  }

  #seesJust (viewer: LifeRecord, running: readonly LifeRecord[], at: number): boolean {
    let count = 0
    for (const intervals of this.#held.get(viewer)?.values() ?? []) if (intervals.some(({ from, to }) => from <= at && to > at)) count++
    return count === running.length - 1 && running.every(other => other === viewer || this.#intervals(viewer, other).some(({ from, to }) => from <= at && to > at))
  }
}

/** Whom a process sees, itself included. @param until - nanoseconds; absent = now */
export function seenBy (life: LifeRecord, until = Infinity): Set<string> {
  const seen = new Set([life.peerId])
  for (const { at, kind, peerId } of life.views) {
    if (at > until) break
    if (kind === 'join') seen.add(peerId)
    else seen.delete(peerId)
  }
  return seen
}

function heldBy ({ views }: LifeRecord): Map<string, Interval[]> {
  const held = new Map<string, Interval[]>()
  for (const { at, kind, peerId } of views) {
    const intervals = held.get(peerId) ?? []
    held.set(peerId, intervals)
    const last = intervals.at(-1)
    if (kind === 'join') {
      if (last === undefined || last.to < Infinity) intervals.push({ from: at, to: Infinity })
    } else if (last !== undefined && last.to === Infinity) last.to = at
  }
  return held
}
