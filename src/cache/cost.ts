// What an entry takes of the process. bench/memory.ts measures it; these are the formulas.

import { isPackable, slotBytes } from './arena.js'

/**
 * The garbage collector lets its heap grow to several times what is alive in it before it collects. So
 * what lies on the heap is counted with this multiple; what lies outside of it, as it is.
 */
const HEAP_FACTOR = 3
/** On the heap: the columns that are there, and what a load leaves behind. */
const HEAP_BYTES = 130
/** Outside of it: the columns of numbers, with what they are wider than needed. */
const COLUMN_BYTES = 100
/** On the heap: a key that the arena does not take. */
const UNPACKED_KEY_BYTES = 60
/** A tag's string, its place in the list and in the index, and at worst a set of its own there. */
const TAG_BYTES = 300

/**
 * Bytes of an entry without its decoded value:
 *
 *     slot of the value + slot of the key + COLUMN_BYTES + HEAP_FACTOR · (HEAP_BYTES + Σ (TAG_BYTES + 2 · tag length))
 *
 * and where the key is not in the arena, HEAP_FACTOR · (UNPACKED_KEY_BYTES + 2 · key length) instead of its slot.
 */
export function entryCost (key: string, length: number, tags: readonly string[]): number {
  let heap = HEAP_BYTES
  for (const tag of tags) heap += TAG_BYTES + tag.length * 2
  const keyBytes = isPackable(key) ? slotBytes(key.length) : HEAP_FACTOR * (UNPACKED_KEY_BYTES + key.length * 2)
  return slotBytes(length) + keyBytes + COLUMN_BYTES + HEAP_FACTOR * heap
}

/** Bytes that a decoded value adds. @param size - as `freeze` measured it */
export function decodedCost (size: number): number {
  return HEAP_FACTOR * size
}
