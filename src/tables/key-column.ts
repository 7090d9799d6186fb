// Keys that are there for a moment only, as they are.

import type { Keys } from './key-index.js'

export class KeyColumn implements Keys {
  readonly #keys: string[] = []

  set (slot: number, key: string): void {
    this.#keys[slot] = key
  }

  get (slot: number): string {
    return this.#keys[slot] as string
  }

  is (slot: number, key: string): boolean {
    return this.#keys[slot] === key
  }

  delete (slot: number): void {
    this.#keys[slot] = ''
  }
}
