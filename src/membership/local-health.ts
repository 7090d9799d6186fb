// How well this node itself is, as far as it can tell: Lifeguard's local health multiplier (Dadgar,
// Phillips, Currey 2017, §III.A). A node that does not keep up had better give the others more time.

const MAX_SCORE = 8

export class LocalHealth {
  #score = 0

  /** By what the probe interval and its time-out are multiplied: 1 = all is well. */
  get multiplier (): number {
    return this.#score + 1
  }

  /** A probe was answered. */
  better (): void {
    this.#score = Math.max(0, this.#score - 1)
  }

  /** This node stalled, was suspected itself, or hears nothing from those whom it asked about another one. */
  worse (): void {
    this.#score = Math.min(MAX_SCORE, this.#score + 1)
  }
}
