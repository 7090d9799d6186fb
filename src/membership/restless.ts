// Members that come back, or change their place on the ring, again and again. Each time everybody looks through what it holds, and asks
// whoever comes back what was removed meanwhile, which may take seconds. So who does that more often than processes do has to wait:
// what it says is not news yet, and is heard when it, or somebody else, says it again later.

import { LeakyCount } from '../leaky-count.js'
import { isPresent } from './member-record.js'
import type { MemberRecord } from './member-record.js'

/** So often at once, and once more in each half minute after that. */
export const MAX_CHANGES = 10
export const CHANGES_PER_SECOND = 1 / 30
/** So many are not worth a look. */
const MIN_LIMIT = 64

export class Restless {
  readonly #changes = new Map<string, LeakyCount>()
  /** How many there may be before those are looked for that have come to rest. */
  #limit = MIN_LIMIT

  /**
   * Whether what a member has become is to be taken in; counts it, if so. Who is gone may always go.
   *
   * @param known - what is known of it so far
   * @param now - {@link Clock.now}
   */
  mayChange (known: MemberRecord, record: MemberRecord, now: number): boolean {
    const isOther = !isPresent(known) || known.weight !== record.weight || known.name !== record.name
    if (!isPresent(record) || !isOther) return true
    let changes = this.#changes.get(record.id)
    if (changes === undefined) {
      if (this.#changes.size >= this.#limit) this.#prune(now)
      this.#changes.set(record.id, changes = new LeakyCount(CHANGES_PER_SECOND))
    }
    if (changes.left(now) > MAX_CHANGES - 1) return false
    return changes.add(1, now)
  }

  /** Members of whom something is remembered. */
  get size (): number {
    return this.#changes.size
  }

  clear (): void {
    this.#changes.clear()
  }

  /** What is left changed in the last minutes. Of strangers there is none: who is not known is counted elsewhere. */
  #prune (now: number): void {
    for (const [id, changes] of this.#changes) if (changes.left(now) === 0) this.#changes.delete(id)
    this.#limit = Math.max(MIN_LIMIT, 2 * this.#changes.size)
  }
}
