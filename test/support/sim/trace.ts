// What happened in a run, in words: switched on to replay one that failed.

/** Lines that are kept. */
const KEPT = 5_000

export class Trace {
  isOn: boolean
  readonly #now: () => number
  readonly #names = new Map<string, string>()
  #lines: string[] = []

  constructor (isOn: boolean, now: () => number) {
    this.isOn = isOn
    this.#now = now
  }

  /** The last ones. */
  get lines (): readonly string[] {
    return this.#lines.slice(-KEPT)
  }

  name (id: string, name: string): void {
    this.#names.set(id, name)
  }

  nameOf (id: string): string {
    return this.#names.get(id) ?? id
  }

  add (...words: unknown[]): void {
    if (!this.isOn) return
    this.#lines.push(`${this.#now().toFixed(2).padStart(9)}  ${words.join(' ')}`)
    if (this.#lines.length > 4 * KEPT) this.#lines = this.#lines.slice(-KEPT)
  }

  format (format: unknown, args: readonly unknown[]): string {
    let text = String(format)
    for (const arg of args) text = text.replace(/%[a-z]/, arg instanceof Error ? arg.message : String(arg))
    for (const [id, name] of this.#names) text = text.replaceAll(id, name)
    return text
  }
}
