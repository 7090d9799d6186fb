// The keys of a store by slot, in the arena rather than on the garbage collector's heap: a key that lies
// there until it is evicted is old garbage then, which waits for a collection of all there is.

import { wider } from '../tables/columns.js'
import type { Arena } from './arena.js'
import type { Keys } from '../tables/key-index.js'

const FIRST_SIZE = 64
/** An address that is none. */
const NOWHERE = -1

export class PackedKeys implements Keys {
  readonly #arena: Arena
  #address = new Float64Array(FIRST_SIZE)
  #length = new Uint16Array(FIRST_SIZE)
  /** Those that the arena does not take. */
  readonly #unpacked = new Map<number, string>()

  constructor (arena: Arena) {
    this.#arena = arena
  }

  set (slot: number, key: string): void {
    if (slot >= this.#length.length) this.#grow(slot)
    const address = this.#arena.storeText(key)
    this.#address[slot] = address ?? NOWHERE
    this.#length[slot] = key.length
    if (address === undefined) this.#unpacked.set(slot, key)
  }

  get (slot: number): string {
    const address = this.#address[slot] as number
    return address === NOWHERE ? this.#unpacked.get(slot) as string : this.#arena.text(address, this.#length[slot] as number)
  }

  is (slot: number, key: string): boolean {
    const address = this.#address[slot] as number
    if (address === NOWHERE) return this.#unpacked.get(slot) === key
    return this.#length[slot] === key.length && this.#arena.isText(address, key)
  }

  delete (slot: number): void {
    const address = this.#address[slot] as number
    if (address === NOWHERE) this.#unpacked.delete(slot)
    else this.#arena.free(address)
  }

  #grow (slot: number): void {
    const size = Math.max(slot + 1, Math.ceil(this.#length.length * 1.5))
    this.#address = wider(this.#address, new Float64Array(size))
    this.#length = wider(this.#length, new Uint16Array(size))
  }
}
