// What a store knows of its entries, in columns of numbers outside the garbage collector's heap: a million
// entries are no million objects. An object on the heap takes several times its size of the process,
// because the heap is collected only once it has grown to three or four times what is alive.

import { wider } from '../tables/columns.js'
import { UseOrder } from '../tables/use-order.js'
import type { Lease } from './lease.js'

const FIRST_SLOTS = 64
const NO_TAGS: readonly string[] = []

/** What is kept of an entry in a slot; `T` is what readers are given. */
export class Slots<T> {
  // columns on the heap: no object of their own for most entries
  readonly tags: Array<readonly string[]> = []
  readonly lease: Array<Lease | undefined> = []
  /** What readers share. */
  readonly reader: Array<T | undefined> = []
  /** Of values that are not in the arena. */
  readonly buffer: Array<Uint8Array | undefined> = []
  /** Where the value lies in the arena. */
  address = new Float64Array(FIRST_SLOTS)
  freshUntil = new Float64Array(FIRST_SLOTS)
  /** See {@link Demand}. */
  demandCount = new Float64Array(FIRST_SLOTS)
  demandWhen = new Float64Array(FIRST_SLOTS)
  length = new Int32Array(FIRST_SLOTS)
  cost = new Int32Array(FIRST_SLOTS)
  /** Of an entry that readers do not share yet. */
  reads = new Uint8Array(FIRST_SLOTS)
  /** Which entry of all that this slot has held: who remembers another number means one that is gone. */
  serial = new Uint32Array(FIRST_SLOTS)
  readonly #order = new UseOrder()

  /** The slot that was not used for the longest time. */
  get oldest (): number | undefined {
    return this.#order.oldest
  }

  /** The slots in use, the one used last first. */
  byUse (): Int32Array {
    return this.#order.all()
  }

  /** A slot to be filled, as the one used last. */
  take (): number {
    const slot = this.#order.take()
    if (slot === this.cost.length) this.#grow()
    return slot
  }

  /** Empties a slot for another entry. */
  free (slot: number): void {
    this.serial[slot] = (this.serial[slot] ?? 0) + 1
    this.tags[slot] = NO_TAGS
    this.lease[slot] = this.reader[slot] = this.buffer[slot] = undefined
    this.#order.leave(slot)
  }

  /** Makes a slot the one used last. */
  use (slot: number): void {
    this.#order.use(slot)
  }

  #grow (): void {
    const size = Math.ceil(this.cost.length * 1.5)
    this.address = wider(this.address, new Float64Array(size))
    this.freshUntil = wider(this.freshUntil, new Float64Array(size))
    this.demandCount = wider(this.demandCount, new Float64Array(size))
    this.demandWhen = wider(this.demandWhen, new Float64Array(size))
    this.length = wider(this.length, new Int32Array(size))
    this.cost = wider(this.cost, new Int32Array(size))
    this.reads = wider(this.reads, new Uint8Array(size))
    this.serial = wider(this.serial, new Uint32Array(size))
  }
}
