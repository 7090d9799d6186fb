// What runs now, and how long it goes on, in one line of a terminal. Says nothing where stderr is none.

export class Progress {
  readonly #out: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>
  readonly #rounds: number
  readonly #roundMs: number
  readonly #noted = new Set<string>()
  #begun = 0

  /** @param rounds - of all contestants and rows together */
  constructor (rounds: number, roundMs: number, out: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr) {
    this.#out = out
    this.#rounds = rounds
    this.#roundMs = roundMs
  }

  /** Something that takes time and is no round. */
  say (what: string): void {
    this.#show(what)
  }

  /** Something to be known before the end. Stays, and is told once. */
  note (text: string): void {
    if (this.#noted.has(text)) return
    this.#noted.add(text)
    this.#show(`${text}\n`)
  }

  round (what: string): void {
    const seconds = Math.ceil((this.#rounds - this.#begun++) * this.#roundMs / 1_000)
    const left = seconds < 60 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`
    this.#show(`${what} · ${left} left`)
  }

  /** These rounds are not run. */
  skip (rounds: number): void {
    this.#begun += rounds
  }

  clear (): void {
    this.#show('')
  }

  #show (text: string): void {
    if (this.#out.isTTY) this.#out.write(`\r\x1b[K${text}`)
  }
}
