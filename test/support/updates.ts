// Updates of all kinds, made at workers by the test process, and what became of them.

import { KEYS, TAGS, tagOf } from './origin.js'
import type { Update, UpdateKind } from './history.js'
import type { WorkerProcess } from './worker-process.js'

/** Which part of the updates is of which kind. */
const SHARES: ReadonlyArray<[UpdateKind, number]> = [['remove', 0.45], ['set', 0.25], ['removeMany', 0.15], ['removeByTag', 0.1], ['clear', 0.05]]
const KEYS_OF_MANY = 5
/** These leave other keys alone. */
const OF_KEYS: readonly UpdateKind[] = ['remove', 'set', 'removeMany']

export class Updates {
  /** Those that have come to an end. */
  readonly done: Update[] = []
  /** Under way at a process that died. */
  lost = 0
  readonly #random: () => number
  readonly #keys: readonly string[]
  readonly #shares: typeof SHARES
  readonly #open = new Set<Promise<void>>()

  /** @param keys - those that are updated; absent = all */
  constructor (random: () => number, keys?: readonly string[]) {
    this.#random = random
    this.#keys = keys ?? KEYS
    this.#shares = keys === undefined ? SHARES : SHARES.filter(([kind]) => OF_KEYS.includes(kind))
  }

  /** Begins one, of a random kind and random keys, at one of these workers. */
  begin (workers: readonly WorkerProcess[]): void {
    const kind = this.#kind()
    const work = this.#at(this.#pick(workers), kind, this.#keysFor(kind))
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

  #kind (): UpdateKind {
    let left = this.#random()
    for (const [kind, share] of this.#shares) {
      left -= share
      if (left < 0) return kind
    }
    return 'remove'
  }

  #keysFor (kind: UpdateKind): string[] {
    if (kind === 'clear') return [...KEYS]
    if (kind === 'removeMany') return [...new Set(Array.from({ length: KEYS_OF_MANY }, () => this.#pick(this.#keys)))]
    if (kind !== 'removeByTag') return [this.#pick(this.#keys)]
    const tag = this.#pick(TAGS)
    return KEYS.filter(key => tagOf(key) === tag)
  }

  #pick<T> (items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T
  }
}
