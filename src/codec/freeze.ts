// Decoded values are shared by all readers of a process, so none of them may change one. The walk that
// freezes a value measures it too: beside its encoded form, it is kept.

const TWO_BYTE_LETTER = /[\u0100-\uffff]/
const STRING_BYTES = 24
/** An object with its first four properties, an array's two headers. */
const OBJECT_BYTES = 56
const SLOT_BYTES = 8
/** A number that is no small integer has a place of its own. */
const NUMBER_BYTES = 16
/** Of a typed array and its buffer. */
const VIEW_BYTES = 200

/**
 * Freezes a value and all it holds.
 *
 * A string takes STRING_BYTES and one or two bytes a unit; an object OBJECT_BYTES, SLOT_BYTES and the
 * length of the name for each property, since names are mostly shared but need not be; an array the same
 * without names; a number nothing beyond its slot, or NUMBER_BYTES; a typed array VIEW_BYTES and its length.
 *
 * @returns about how many bytes it takes, or undefined if somebody could still change it. Dates, Sets, Maps
 * and ArrayBuffers cannot be frozen, and a frozen RegExp with the flag g or y cannot be used. Typed arrays cannot either, but are passed for frozen: to copy
 * them for each reader would cost too much.
 */
export function freeze (value: unknown): number | undefined {
  return walk(value, undefined)
}

/** @param seen - what is around the value and beside it: a codec may bring cycles, and one part in many places */
function walk (value: unknown, seen: Set<object> | undefined): number | undefined {
  if (typeof value === 'string') return STRING_BYTES + value.length * (TWO_BYTE_LETTER.test(value) ? 2 : 1)
  if (typeof value === 'number') return (value | 0) === value ? 0 : NUMBER_BYTES
  if (typeof value === 'bigint') return NUMBER_BYTES + value.toString(16).length
  if (value === null || typeof value !== 'object') return 0
  if (ArrayBuffer.isView(value)) return VIEW_BYTES + value.byteLength
  if (value instanceof Date || value instanceof Set || value instanceof Map || value instanceof RegExp || value instanceof ArrayBuffer) return undefined
  if (seen?.has(value) === true) return 0
  seen?.add(value)
  Object.freeze(value)
  let size: number | undefined = OBJECT_BYTES
  const count = (name: string | undefined, part: unknown): void => {
    // made for the first object in another one: flat values need none
    if (seen === undefined && typeof part === 'object' && part !== null) seen = new Set([value])
    const partSize = walk(part, seen)
    size = size === undefined || partSize === undefined ? undefined : size + SLOT_BYTES + (name?.length ?? 0) + partSize
  }
  if (Array.isArray(value)) {
    for (const part of value) count(undefined, part)
  } else {
    for (const [name, part] of Object.entries(value)) count(name, part)
  }
  return size
}
