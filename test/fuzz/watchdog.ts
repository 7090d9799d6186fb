// Ends the process when a case never does, and says which one it was: the thread of the cases cannot.

import { Worker } from 'node:worker_threads'

/** Milliseconds. Longer than any pause of a busy machine. */
const PATIENCE = 60_000
/** The shared memory: a count that goes on with each case, its seed, its number, whether it is under way; then its target. */
const NAME_BYTES = 64

export class Watchdog {
  readonly #numbers: Int32Array
  readonly #name: Uint8Array
  readonly #worker: Worker
  #target = ''

  constructor (patience = PATIENCE) {
    const memory = new SharedArrayBuffer(16 + NAME_BYTES)
    this.#numbers = new Int32Array(memory, 0, 4)
    this.#name = new Uint8Array(memory, 16)
    this.#worker = new Worker(new URL('./watchdog-thread.mjs', import.meta.url), { workerData: { memory, patience } })
    this.#worker.unref()
  }

  /** A case begins. */
  beat (target: string, seed: number, index: number): void {
    if (target !== this.#target) {
      this.#target = target
      this.#name.fill(0)
      new TextEncoder().encodeInto(target, this.#name)
    }
    this.#numbers[1] = seed
    this.#numbers[2] = index
    this.#numbers[3] = 1
    this.#numbers[0] = (this.#numbers[0] as number) + 1
  }

  /** No case is under way. */
  rest (): void {
    this.#numbers[3] = 0
  }

  async stop (): Promise<void> {
    await this.#worker.terminate()
  }
}
