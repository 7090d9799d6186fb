// What was added to a sum since it was looked at last.

export class Increments {
  readonly #last = new Map<string, number>()

  of (name: string, sum: number): number {
    const last = this.#last.get(name) ?? 0
    this.#last.set(name, sum)
    // a sum that has become smaller has begun anew
    return sum >= last ? sum - last : sum
  }

  /** These sums begin anew. */
  forget (...names: string[]): void {
    for (const name of names) this.#last.delete(name)
  }
}
