// Slots in the order in which they were last used: a list that is linked in columns of numbers.

import { wider } from './columns.js'

const FIRST_SLOTS = 64
const NONE = -1

export class UseOrder {
  #older = new Int32Array(FIRST_SLOTS)
  #newer = new Int32Array(FIRST_SLOTS)
  #oldest = NONE
  #newest = NONE
  #count = 0
  readonly #unused: number[] = []

  /** Slots in use. */
  get size (): number {
    return this.#count - this.#unused.length
  }

  /** The slot that was not used for the longest time. */
  get oldest (): number | undefined {
    return this.#oldest === NONE ? undefined : this.#oldest
  }

  /** The slots in use, the one used last first. */
  all (): Int32Array {
    const slots = new Int32Array(this.size)
    let slot = this.#newest
    for (let i = 0; i < slots.length; i++) {
      slots[i] = slot
      slot = this.#older[slot] ?? NONE
    }
    return slots
  }

  /** @returns a slot that is not in use, as the one used last: the next number if all that there were are in use */
  take (): number {
    const slot = this.#unused.pop() ?? this.#count++
    if (slot === this.#older.length) this.#grow()
    this.#link(slot)
    return slot
  }

  leave (slot: number): void {
    this.#unlink(slot)
    this.#unused.push(slot)
  }

  /** Makes a slot the one used last. */
  use (slot: number): void {
    if (slot === this.#newest) return
    this.#unlink(slot)
    this.#link(slot)
  }

  #link (slot: number): void {
    this.#older[slot] = this.#newest
    this.#newer[slot] = NONE
    if (this.#newest === NONE) this.#oldest = slot
    else this.#newer[this.#newest] = slot
    this.#newest = slot
  }

  #unlink (slot: number): void {
    const older = this.#older[slot] ?? NONE
    const newer = this.#newer[slot] ?? NONE
    if (older === NONE) this.#oldest = newer
    else this.#newer[older] = newer
    if (newer === NONE) this.#newest = older
    else this.#older[newer] = older
  }

  #grow (): void {
    const size = Math.ceil(this.#older.length * 1.5)
    this.#older = wider(this.#older, new Int32Array(size))
    this.#newer = wider(this.#newer, new Int32Array(size))
  }
}
