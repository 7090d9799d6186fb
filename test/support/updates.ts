// Updates of all kinds, made at workers by the test process, and what became of them.

import { KEYS } from './origin.js'
import { UpdateMix } from './update-mix.js'
import type { Update, UpdateKind } from './history.js'
import type { WorkerProcess } from './worker-process.js'

export class Updates {
  /** Those that have come to an end. */
  readonly done: Update[] = []
  /** Under way at a process that died. */
  lost = 0
  readonly #random: () => number
  readonly #mix: UpdateMix
  readonly #open = new Set<Promise<void>>()

  /** @param keys - those that are updated; absent = all */
  constructor (random: () => number, keys?: readonly string[]) {
    this.#random = random
    this.#mix = new UpdateMix(random, KEYS, keys)
  }

  /** Begins one, of a random kind and random keys, at one of these workers. */
  begin (workers: readonly WorkerProcess[]): void {
    const { kind, keys } = this.#mix.next()
    const work = this.#at(this.#pick(workers), kind, keys)
    this.#open.add(work)
    void work.then(() => this.#open.delete(work))
  }

  /** Begins one every `interval` milliseconds, for so many of them. */
  async keepUp (workers: readonly WorkerProcess[], ms: number, interval = 60): Promise<void> {
    for (const end = performance.now() + ms; performance.now() < end;) {
      this.begin(workers)
      await new Promise(resolve => { setTimeout(resolve, interval) })
    }
  }

  /** Has each of these workers remove all keys, one by one. */
  async removeAll (workers: readonly WorkerProcess[]): Promise<void> {
    await Promise.all(KEYS.map((key, i) => this.#at(workers[i % workers.length] as WorkerProcess, 'remove', [key])))
  }

  /** Resolves when none is under way. */
  async settled (): Promise<void> {
    await Promise.all(this.#open)
  }

  of (...kinds: UpdateKind[]): Update[] {
    return this.done.filter(({ kind }) => kinds.includes(kind))
  }

  async #at (worker: WorkerProcess, kind: UpdateKind, keys: string[]): Promise<void> {
    try {
      this.done.push(await worker.call('update', kind, keys))
    } catch (err) {
      if (!worker.isDead) throw err
      this.lost++
    }
  }

  #pick<T> (items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T
  }
}
