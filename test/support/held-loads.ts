// Loads that go on until the test lets them, or until nobody waits for them. Runs in the worker.

interface Held { key: string, isAborted: boolean, release: () => void }

/** Keys that begin with this are held. */
const PREFIX = 'held'

export class HeldLoads {
  readonly #loads: Held[] = []

  get all (): Array<Pick<Held, 'key' | 'isAborted'>> {
    return this.#loads.map(({ key, isAborted }) => ({ key, isAborted }))
  }

  /** Resolves when the load may go on; rejects as soon as its signal aborts. */
  async hold (key: string, signal: AbortSignal): Promise<void> {
    if (!key.startsWith(PREFIX)) return
    await new Promise<void>((resolve, reject) => {
      const held: Held = { key, isAborted: false, release: resolve }
      this.#loads.push(held)
      signal.addEventListener('abort', () => {
        held.isAborted = true
        reject(signal.reason as Error)
      })
    })
  }

  release (key: string): void {
    for (const load of this.#loads) if (load.key === key) load.release()
  }
}

/** Gets that their callers may abort. */
export class AbortableGets {
  readonly #gets = new Map<string, { controller: AbortController, outcome: Promise<string> }>()

  begin (key: string, get: (signal: AbortSignal) => Promise<string>): void {
    const controller = new AbortController()
    this.#gets.set(key, { controller, outcome: get(controller.signal).catch((err: unknown) => (err as Error).name) })
  }

  /** @returns the value, or the name of the error, that the get ends with */
  async abort (key: string): Promise<string> {
    this.#gets.get(key)?.controller.abort()
    return this.outcome(key)
  }

  async outcome (key: string): Promise<string> {
    return this.#gets.get(key)?.outcome ?? 'none'
  }
}
