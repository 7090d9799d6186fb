// A count that leaks: what was added runs off with time, at a constant rate. So much at once, and so much more in each second.

export class LeakyCount {
  readonly #perSecond: number
  #amount = 0
  #at = 0

  /** @param perSecond - what runs off */
  constructor (perSecond: number) {
    this.#perSecond = perSecond
  }

  /** What has not run off yet. @param now - {@link Clock.now} */
  left (now: number): number {
    return Math.max(0, this.#amount - (now - this.#at) * this.#perSecond / 1_000)
  }

  /** @param most - it gets no higher: what is beyond is not added @returns whether all of it was */
  add (amount: number, now: number, most = Infinity): boolean {
    const sum = this.left(now) + amount
    this.#amount = Math.min(most, sum)
    this.#at = now
    return sum <= most
  }
}
