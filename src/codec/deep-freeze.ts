// Decoded values are shared by all readers of a process, so none of them may change one.

/** Freezes a value and all it holds. Typed arrays cannot be frozen and are left alone. */
export function deepFreeze<T> (value: T): T {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value
  Object.freeze(value)
  for (const part of Object.values(value)) deepFreeze(part)
  if (value instanceof Map) {
    for (const [key, part] of value) {
      deepFreeze(key)
      deepFreeze(part)
    }
  } else if (value instanceof Set) {
    for (const part of value) deepFreeze(part)
  }
  return value
}
