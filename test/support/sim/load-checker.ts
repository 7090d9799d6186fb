// Loads: one at a time for a key while nothing is wrong (G1), and none that nobody waits for (G6).

import { raise } from './bars.js'
import type { Load, Origin } from './origin.js'

/** Within which a load is told that nobody waits for it any more. */
const LONGEST_UNWANTED = 3_000
const LONGEST_CATCH_UP = 4_000
/** A flight asks the previous owner for so long before its load begins. */
const LONGEST_MOVE = 1_100

export interface LoadCheckerInit {
  origin: Origin
  keys: readonly string[]
  now: () => number
  isCalmSince: (at: number) => boolean
  hasFailures: boolean
  /** Old values are loaded anew for nobody in particular. */
  refreshes: boolean
  /** Loads wait for their turn, so one may begin when its flight is long over. */
  queues: boolean
  fail: (what: string) => void
}

export class LoadChecker {
  /** Loads that began while another one of their key ran. */
  overlaps = 0
  readonly #init: LoadCheckerInit
  readonly #waiting = new Map<string, number>()
  readonly #removing = new Map<string, number>()
  /** Until when a removal of a key may have been felt. */
  readonly #removedAt = new Map<string, number>()

  constructor (init: LoadCheckerInit) {
    this.#init = init
  }

  getBegins (key: string): void {
    add(this.#waiting, key, 1)
  }

  getEnds (key: string): void {
    add(this.#waiting, key, -1)
  }

  removalBegins (what: string, keys: readonly string[]): void {
    for (const key of this.#touched(what, keys)) add(this.#removing, key, 1)
  }

  /** @param echo - milliseconds for which it may still go on, having failed */
  removalEnds (what: string, keys: readonly string[], echo = 0): void {
    for (const key of this.#touched(what, keys)) {
      add(this.#removing, key, -1)
      raise(this.#removedAt, key, this.#init.now() + echo)
    }
  }

  /** To be called when a load begins. */
  begins (load: Load): void {
    const { origin, hasFailures, queues, isCalmSince, fail } = this.#init
    for (const other of origin.running) {
      if (other === load || other.key !== load.key) continue
      this.overlaps++
      if (hasFailures || queues || !isCalmSince(other.beganAt)) continue
      const isRemoved = (this.#removing.get(load.key) ?? 0) > 0 || (this.#removedAt.get(load.key) ?? -Infinity) >= other.beganAt - LONGEST_MOVE
      // a peer that makes contact tells of removals that are long over, and they are done once more
      const isTold = load.node.contactedAt >= other.beganAt - LONGEST_CATCH_UP
      if (!isRemoved && !isTold) fail(`G1: ${load.node.name} loads ${load.key}, which ${other.node.name} loads since ${other.beganAt.toFixed(2)}`)
    }
  }

  /** To be called now and then. */
  tick (): void {
    const { origin, now, refreshes, isCalmSince, fail } = this.#init
    if (refreshes) return
    for (const load of origin.running) {
      if ((this.#waiting.get(load.key) ?? 0) > 0 || !isCalmSince(load.beganAt)) load.unwantedSince = undefined
      else load.unwantedSince ??= now()
      if (load.unwantedSince !== undefined && now() - load.unwantedSince > LONGEST_UNWANTED) {
        fail(`G6: nobody waits for the load of ${load.key} at ${load.node.name} begun at ${load.beganAt.toFixed(2)}, and it goes on`)
      }
    }
  }

  /** Which tags a value will have is not known before, so removals by tag touch all loads. */
  #touched (what: string, keys: readonly string[]): readonly string[] {
    return what === 'removeByTag' ? this.#init.keys : keys
  }
}

function add (map: Map<string, number>, key: string, count: number): void {
  map.set(key, (map.get(key) ?? 0) + count)
}
