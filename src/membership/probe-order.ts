// Whom to probe next: each member once in a random order, then all again in another one (SWIM §4.3).
// Chosen at random each time, some member would go without a probe for arbitrarily long.

export class ProbeOrder {
  readonly #random: () => number
  /** Those whose turn is over lie before `#next`. */
  #order: string[] = []
  #next = 0
  readonly #known = new Set<string>()
  /** Those who went since the last shuffle: they may still stand in the order. */
  readonly #gone = new Set<string>()

  /** @param random - from 0 to 1, as Math.random */
  constructor (random: () => number) {
    this.#random = random
  }

  /** A new member gets a random place, so that two that join do not wait for each other. */
  add (id: string): void {
    if (this.#known.has(id)) return
    this.#known.add(id)
    // who comes and goes is not to have a place for each time
    if (this.#gone.delete(id) && this.#order.indexOf(id, this.#next) !== -1) return
    this.#order.push(id)
    swap(this.#order, this.#order.length - 1, this.#next + this.#below(this.#order.length - this.#next))
  }

  /** It is passed over from now on. */
  delete (id: string): void {
    if (this.#known.delete(id)) this.#gone.add(id)
  }

  clear (): void {
    this.#known.clear()
    this.#gone.clear()
    this.#order = []
    this.#next = 0
  }

  /** @returns the next one that is eligible; undefined when nobody is */
  next (isEligible: (id: string) => boolean): string | undefined {
    // those who are left of this turn, and all of the next one
    for (let left = 2 * this.#order.length + this.#known.size; left > 0; left--) {
      if (this.#next >= this.#order.length) this.#shuffle()
      const id = this.#order[this.#next++]
      if (id !== undefined && this.#known.has(id) && isEligible(id)) return id
    }
    return undefined
  }

  /** Up to `count` different eligible members, at random. */
  sample (count: number, isEligible: (id: string) => boolean): string[] {
    const ids = [...this.#known].filter(isEligible)
    for (let i = 0; i < Math.min(count, ids.length); i++) swap(ids, i, i + this.#below(ids.length - i))
    return ids.slice(0, count)
  }

  #shuffle (): void {
    this.#order = [...this.#known]
    this.#gone.clear()
    this.#next = 0
    for (let i = this.#order.length - 1; i > 0; i--) swap(this.#order, i, this.#below(i + 1))
  }

  #below (limit: number): number {
    return Math.floor(this.#random() * limit)
  }
}

function swap (list: string[], i: number, j: number): void {
  const item = list[i] as string
  list[i] = list[j] as string
  list[j] = item
}
