// The rings there were until a moment ago: when the ring changes, values are where they were, and for a while new
// owners fetch them from there.

import { MAX_PAST_RINGS, TAKE_OVER_WINDOW } from '../constants.js'
import { hash32 } from '../ring/hash.js'
import type { Clock, Timer } from '../clock.js'
import type { FormerOwner } from '../group/peers.js'
import type { HashRing } from '../ring/hash-ring.js'
import type { View } from './view.js'

export interface PastRingsInit {
  self: string
  view: View
  clock: Clock
  /** The ring has been quiet for so long that nobody comes for moved values any more. */
  onQuiet: () => void
}

interface PastRing { readonly ring: HashRing, readonly until: number }

const NOBODY: readonly FormerOwner[] = []
/** Former owners that are asked for one key; further back there is hardly ever anything. */
const MAX_FORMER_OWNERS = 2
/** Of so many that joined in a row, each knows who comes after it in the order of a key. */
const MAX_IN_A_ROW = 8

export class PastRings {
  readonly #init: PastRingsInit
  /** The latest first. */
  #past: PastRing[] = []
  #present: HashRing
  /** −Infinity = this node does not take part. */
  #startedAt = -Infinity
  #joinedAt = -Infinity
  #changedAt = -Infinity
  #timer: Timer | undefined

  constructor (init: PastRingsInit) {
    this.#init = init
    this.#present = init.view.ring()
  }

  /** This node begins to hear of removals. */
  start (): void {
    this.#startedAt = this.#init.clock.now()
    // it may have been another one when this node took part before
    this.#present = this.#init.view.ring()
  }

  stop (): void {
    this.#past = []
    this.#startedAt = this.#joinedAt = this.#changedAt = -Infinity
    if (this.#timer !== undefined) this.#init.clock.clearTimeout(this.#timer)
  }

  /** This node is not alone any more. */
  joined (): void {
    if (this.#joinedAt === -Infinity) this.#joinedAt = this.#init.clock.now()
  }

  /** To be called with each change of the ring. */
  changed (): void {
    const { clock, view, onQuiet } = this.#init
    if (this.#startedAt === -Infinity) return
    const now = this.#changedAt = clock.now()
    this.#past.unshift({ ring: this.#present, until: now })
    this.#past.length = Math.min(this.#past.length, MAX_PAST_RINGS)
    this.#present = view.ring()
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer)
    this.#timer = clock.setTimeout(() => {
      this.#past = []
      onQuiet()
    }, TAKE_OVER_WINDOW)
  }

  /**
   * Members that owned a key before this node does, or before it did, the latest first.
   *
   * What was before this node joined it has not seen. But a ring is such that whoever comes after this node in
   * the order of a key owned it until this node came; and that one knows who did before.
   */
  formerOwners (key: string): readonly FormerOwner[] {
    const { clock, view, self } = this.#init
    const now = clock.now()
    if (now - this.#changedAt > TAKE_OVER_WINDOW) return NOBODY
    const found: FormerOwner[] = []
    const owner = view.owner(key)
    const add = (id: string | undefined, since: number): void => {
      if (id === undefined || id === self || id === owner || view.get(id) === undefined || found.some(known => known.id === id)) return
      found.push({ id, since })
    }
    const hash = hash32(key)
    for (const { ring, until } of this.#past) {
      if (now - until <= TAKE_OVER_WINDOW) add(ring.owners(hash, 1)[0], until)
    }
    if (now - this.#joinedAt <= TAKE_OVER_WINDOW) {
      const order = view.owners(key, MAX_IN_A_ROW + 1)
      if (order.includes(self)) add(order[order.indexOf(self) + 1], this.#startedAt)
    }
    return found.slice(0, MAX_FORMER_OWNERS)
  }
}
