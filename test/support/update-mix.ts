// Which update comes next: of a random kind, of random keys.

import { TAGS, tagOf } from './origin.js'
import type { UpdateKind } from './history.js'

/** Which part of the updates is of which kind. */
const SHARES: ReadonlyArray<[UpdateKind, number]> = [['remove', 0.45], ['set', 0.25], ['removeMany', 0.15], ['removeByTag', 0.1], ['clear', 0.05]]
const KEYS_OF_MANY = 5
/** These leave other keys alone. */
const OF_KEYS: readonly UpdateKind[] = ['remove', 'set', 'removeMany']

export class UpdateMix {
  readonly #random: () => number
  readonly #all: readonly string[]
  readonly #keys: readonly string[]
  readonly #shares: typeof SHARES

  /**
   * @param all - the keys of the group
   * @param keys - those that are updated, each by itself; absent = all, also by tag and at once
   */
  constructor (random: () => number, all: readonly string[], keys?: readonly string[]) {
    this.#random = random
    this.#all = all
    this.#keys = keys ?? all
    this.#shares = keys === undefined ? SHARES : SHARES.filter(([kind]) => OF_KEYS.includes(kind))
  }

  next (): { kind: UpdateKind, keys: string[] } {
    const kind = this.#kind()
    return { kind, keys: this.#keysFor(kind) }
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
    if (kind === 'clear') return [...this.#all]
    if (kind === 'removeMany') return [...new Set(Array.from({ length: KEYS_OF_MANY }, () => this.#pick(this.#keys)))]
    if (kind !== 'removeByTag') return [this.#pick(this.#keys)]
    const tag = this.#pick(TAGS)
    return this.#all.filter(key => tagOf(key) === tag)
  }

  #pick<T> (items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T
  }
}
