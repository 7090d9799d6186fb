// Decoded values are shared by all readers of a process, so none of them may change one.

/**
 * Freezes a value and all it holds.
 *
 * @returns whether nobody can change it now. Dates, Sets, Maps and ArrayBuffers cannot be frozen. Typed
 * arrays cannot either, but are passed for frozen: to copy them for each reader would cost too much.
 */
export function deepFreeze (value: unknown): boolean {
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return true
  if (value instanceof Date || value instanceof Set || value instanceof Map || value instanceof ArrayBuffer) return false
  Object.freeze(value)
  let isFrozen = true
  for (const part of Object.values(value)) isFrozen = deepFreeze(part) && isFrozen
  return isFrozen
}
