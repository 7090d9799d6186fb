// Things under numbers that count up, in an array that is used again and again. Not a Map, for the reason that is in
// key-index.ts: with some hundred requests under way, a Map of them kept 800 bytes for each get until the next full collection,
// and a quarter of the time went into copying them.

const FIRST_SIZE = 64

export class Numbered<T extends { id: number }> {
  /** By the last bits of the number; of a power of two of places, at most half are taken. */
  #places = new Array<T | undefined>(FIRST_SIZE).fill(undefined)
  #size = 0
  #last = 0

  get size (): number {
    return this.#size
  }

  /** Gives a thing the next number whose place is free, from 1 to 2³²−1 and then from 0 on. */
  number (thing: T): void {
    const mask = this.#places.length - 1
    do {
      this.#last = (this.#last + 1) >>> 0
    } while (this.#places[this.#last & mask] !== undefined)
    thing.id = this.#last
  }

  /** Takes in what was numbered last. */
  add (thing: T): void {
    this.#places[thing.id & (this.#places.length - 1)] = thing
    if (++this.#size * 2 > this.#places.length) this.#grow()
  }

  get (id: number): T | undefined {
    const thing = this.#places[id & (this.#places.length - 1)]
    return thing?.id === id ? thing : undefined
  }

  delete (thing: T): void {
    if (this.get(thing.id) !== thing) return
    this.#places[thing.id & (this.#places.length - 1)] = undefined
    this.#size--
  }

  /** All, as they are now. */
  all (): T[] {
    return this.#places.filter(thing => thing !== undefined)
  }

  clear (): void {
    this.#places.fill(undefined)
    this.#size = 0
  }

  #grow (): void {
    const before = this.#places
    this.#places = new Array<T | undefined>(before.length * 2).fill(undefined)
    for (const thing of before) if (thing !== undefined) this.#places[thing.id & (this.#places.length - 1)] = thing
  }
}
