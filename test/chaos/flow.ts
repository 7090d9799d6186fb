// What happens to the bytes that go from one member to another, now. Pipes look at it, and are told when it changes.

export type Passage = 'pass' | 'hold' | 'drop'

export class Flow {
  readonly from: string
  readonly to: string
  readonly #passages: Passage[] = []
  readonly #delays: number[] = []
  readonly #listeners = new Set<() => void>()
  /** Bits that are yet to be flipped. */
  #flips = 0

  constructor (from: string, to: string) {
    this.from = from
    this.to = to
  }

  /** The worst of what is in force. */
  get passage (): Passage {
    return this.#passages.includes('drop') ? 'drop' : this.#passages.includes('hold') ? 'hold' : 'pass'
  }

  /** Milliseconds. */
  get delay (): number {
    return Math.max(0, ...this.#delays)
  }

  /** @returns what takes it away again */
  impede (passage: Passage): () => void {
    return this.#inForce(this.#passages, passage)
  }

  slow (delay: number): () => void {
    return this.#inForce(this.#delays, delay)
  }

  flipNext (): void {
    this.#flips++
  }

  takeFlip (): boolean {
    if (this.#flips === 0) return false
    this.#flips--
    return true
  }

  onChange (listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  #inForce<T> (list: T[], what: T): () => void {
    list.push(what)
    this.#tell()
    return () => {
      list.splice(list.indexOf(what), 1)
      this.#tell()
    }
  }

  #tell (): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

/** The flows between all members. */
export class Flows {
  readonly #flows = new Map<string, Flow>()

  between (from: string, to: string): Flow {
    const name = `${from}>${to}`
    const flow = this.#flows.get(name) ?? new Flow(from, to)
    this.#flows.set(name, flow)
    return flow
  }
}
