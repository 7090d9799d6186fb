// How many bytes of large values a node has under way at a time, on all its streams together.

export class Room {
  readonly #most: number
  #taken = 0

  constructor (most: number) {
    this.#most = most
  }

  get taken (): number {
    return this.#taken
  }

  /** Whether so many more fit: one value always does. */
  has (bytes: number): boolean {
    return this.#taken === 0 || this.#taken + bytes <= this.#most
  }

  take (bytes: number): void {
    this.#taken += bytes
  }

  give (bytes: number): void {
    this.#taken -= bytes
  }
}
