// Things that come and go, under small numbers that are used again. Not a Map or a Set, for the reason that is in
// key-index.ts: some 7 kB for each load were kept until the next full collection.

export class Places<T extends object> {
  readonly #things: Array<T | undefined> = []
  readonly #unused: number[] = []

  get size (): number {
    return this.#things.length - this.#unused.length
  }

  /** @returns the place it has until it leaves */
  take (thing: T): number {
    const place = this.#unused.pop() ?? this.#things.length
    this.#things[place] = thing
    return place
  }

  at (place: number): T | undefined {
    return this.#things[place]
  }

  /** Empties a place. */
  leave (place: number): void {
    this.#things[place] = undefined
    this.#unused.push(place)
  }

  /** All of them, as they are now. */
  all (): T[] {
    return this.#things.filter(thing => thing !== undefined)
  }
}
