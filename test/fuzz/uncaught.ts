// Errors that nobody catches: thrown in a listener or a timer, or a rejection that nobody handles.

type Listener = (...args: unknown[]) => void
const EVENTS = ['uncaughtException', 'unhandledRejection'] as const

export class Uncaught {
  #seen: unknown[] = []
  readonly #theirs = new Map<string, Listener[]>()
  readonly #onError = (err: unknown): void => { this.#seen.push(err) }

  /** In the place of those who listen already: a test runner would end the process. */
  listen (): void {
    for (const event of EVENTS) {
      this.#theirs.set(event, process.listeners(event as 'exit') as Listener[])
      process.removeAllListeners(event)
      process.on(event, this.#onError)
    }
  }

  stop (): void {
    for (const event of EVENTS) {
      process.removeListener(event, this.#onError)
      for (const listener of this.#theirs.get(event) ?? []) process.on(event, listener)
    }
  }

  /** What was seen since the last time. */
  take (): unknown[] {
    const seen = this.#seen
    this.#seen = []
    return seen
  }
}
