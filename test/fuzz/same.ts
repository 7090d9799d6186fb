// Whether a value came back from MessagePack as it went in, but for what is said of it: a Buffer is a Uint8Array then, -0 is 0, a hole
// undefined, and no prototype that of an object.

export function isSame (a: unknown, b: unknown): boolean {
  if (a === b || Object.is(a, b)) return true
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false
  if (ArrayBuffer.isView(a) || ArrayBuffer.isView(b)) return ArrayBuffer.isView(a) && ArrayBuffer.isView(b) && tagOf(a) === tagOf(b) && bytesOf(a).equals(bytesOf(b))
  if (a instanceof ArrayBuffer || b instanceof ArrayBuffer) return a instanceof ArrayBuffer && b instanceof ArrayBuffer && Buffer.from(a).equals(Buffer.from(b))
  if (a instanceof Date || b instanceof Date) return a instanceof Date && b instanceof Date && Object.is(a.getTime(), b.getTime())
  if (a instanceof RegExp || b instanceof RegExp) return a instanceof RegExp && b instanceof RegExp && String(a) === String(b)
  if (a instanceof Set || b instanceof Set) return a instanceof Set && b instanceof Set && isSame([...a as Set<unknown>], [...b as Set<unknown>])
  if (Array.isArray(a) !== Array.isArray(b) || (Array.isArray(a) && a.length !== (b as unknown[]).length)) return false
  if (Array.isArray(a)) return Array.from(a as unknown[]).every((item, index) => isSame(item, (b as unknown[])[index]))
  const [keys, others] = [Object.keys(a), Object.keys(b)]
  return keys.length === others.length && keys.every(key => Object.hasOwn(b, key) && isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
}

/** That of a Buffer is Uint8Array's. */
function tagOf (view: ArrayBufferView): string {
  return Object.prototype.toString.call(view)
}

function bytesOf ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
