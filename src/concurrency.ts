// Few at a time, for those who have a long list of peers to dial, or of names to look up: libp2p refuses what its queue cannot take.

export class Concurrency {
  readonly #limit: number
  #running = 0
  readonly #waiting: Array<() => void> = []

  constructor (limit: number) {
    this.#limit = limit
  }

  /** Runs `work` when there is a place for it: first come, first served. */
  async run<T> (work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit) await new Promise<void>(resolve => { this.#waiting.push(resolve) })
    else this.#running++
    try {
      return await work()
    } finally {
      // the place passes to the next one, which makes for as many running as before
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
