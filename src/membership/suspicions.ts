// Members that are suspected, and when each is given up unless it says that it is alive. The more members suspect it
// independently, the sooner: Lifeguard's LHA-Suspicion (Dadgar, Phillips, Currey 2017, §III.B).

import type { Timing } from '../interface/timing.js'

/** Further accusers that bring the time down to the minimum. */
const CONFIRMATIONS = 3

interface Suspicion {
  /** In awake time: a node that was asleep has heard no word of defence. */
  since: number
  accusers: Set<string>
}

export class Suspicions {
  readonly #timing: Pick<Timing, 'suspicionMin' | 'suspicionMax'>
  readonly #running = new Map<string, Suspicion>()

  constructor (timing: Pick<Timing, 'suspicionMin' | 'suspicionMax'>) {
    this.#timing = timing
  }

  /** Somebody suspects it, at second hand. */
  begin (id: string, now: number): void {
    if (!this.#running.has(id)) this.#running.set(id, { since: now, accusers: new Set() })
  }

  /** @returns whether the word of this accuser counts: not twice, and not when enough others have spoken */
  accuse (id: string, accuser: string, now: number): boolean {
    const suspicion = this.#running.get(id)
    if (suspicion === undefined) {
      this.#running.set(id, { since: now, accusers: new Set([accuser]) })
      return true
    }
    if (suspicion.accusers.has(accuser) || suspicion.accusers.size > CONFIRMATIONS) return false
    suspicion.accusers.add(accuser)
    return true
  }

  /** It has answered this node: it gets all its time once more, to contradict. @returns whether it is suspected */
  heard (id: string, now: number): boolean {
    const suspicion = this.#running.get(id)
    if (suspicion === undefined) return false
    suspicion.since = now
    suspicion.accusers.clear()
    return true
  }

  /** It has said that it is alive, or is known to be dead. */
  end (id: string): void {
    this.#running.delete(id)
  }

  clear (): void {
    this.#running.clear()
  }

  /** Those whose time is up. @param size - members there are, this one included */
  due (now: number, size: number): string[] {
    if (this.#running.size === 0) return []
    return [...this.#running].filter(([, { since, accusers }]) => now - since >= this.#patience(Math.max(0, accusers.size - 1), size)).map(([id]) => id)
  }

  #patience (confirmations: number, size: number): number {
    const expected = Math.min(CONFIRMATIONS, Math.max(0, size - 2))
    const { suspicionMin, suspicionMax } = this.#timing
    return scale(size) * suspicionTime(confirmations, expected, suspicionMin, suspicionMax)
  }
}

/**
 * Milliseconds until a suspected member is given up, with `confirmations` of the `expected` ones:
 *
 *     max(min, max − (max − min) · ln(confirmations + 1) ⁄ ln(expected + 1)),     min when none are to be expected
 */
export function suspicionTime (confirmations: number, expected: number, min: number, max: number): number {
  if (expected <= 0) return min
  return Math.max(min, max - (max - min) * (Math.log(confirmations + 1) / Math.log(expected + 1)))
}

/** News takes longer to reach all of a large cluster, and a word of defence the same way back: log₁₀(n ⁄ 10), at least 1. */
function scale (size: number): number {
  return Math.max(1, Math.log10(size / 10))
}
