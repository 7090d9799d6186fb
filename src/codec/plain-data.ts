// Which values come back from MessagePack as they went in. What does not is refused by name instead of being changed quietly.

const MAX_DEPTH = 500
/** Not their subclasses, which would come back as plain ones. */
const KEPT_AS_IS: readonly unknown[] = [Date.prototype, RegExp.prototype, ArrayBuffer.prototype]

/** @returns what is wrong with `value` and where, or undefined when all of it survives */
export function unfitForMessagePack (value: unknown, path = 'the value', depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return `${path.slice(0, 60)}… is nested deeper than ${MAX_DEPTH} levels, or circular`
  if (typeof value === 'function' || typeof value === 'symbol') return `${path} is a ${typeof value}`
  if (typeof value === 'string' && !value.isWellFormed()) return `${path} is a string with a lone surrogate`
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return undefined
  const prototype: unknown = Object.getPrototypeOf(value)
  if (KEPT_AS_IS.includes(prototype)) return undefined
  if (Array.isArray(value) && prototype === Array.prototype) return firstProblem(value.entries(), index => `${path}[${index}]`, depth)
  if (value instanceof Set && prototype === Set.prototype) return firstProblem(value.entries(), () => `a member of ${path}`, depth)
  if (prototype !== Object.prototype && prototype !== null) {
    return `${path} is an instance of ${value.constructor?.name || 'a class'}, which MessagePack does not keep`
  }
  if (Object.getOwnPropertySymbols(value).length > 0) return `${path} has a property under a symbol`
  const oddName = Object.keys(value).find(name => name === '__proto__' || !name.isWellFormed())
  if (oddName !== undefined) return `${path} has the property ${JSON.stringify(oddName)}`
  return firstProblem(Object.entries(value), key => `${path}.${key}`, depth)
}

function firstProblem<K> (parts: Iterable<[K, unknown]>, pathOf: (key: K) => string, depth: number): string | undefined {
  for (const [key, part] of parts) {
    const problem = unfitForMessagePack(part, pathOf(key), depth + 1)
    if (problem !== undefined) return problem
  }
  return undefined
}

/**
 * Whether a value that came over the network holds what no member of good will sends: MessagePack as such has errors, and its decoder
 * makes objects of its own of bytes that mean nothing, down to one with constructors in it.
 */
export function isForeign (value: unknown): boolean {
  if (typeof value === 'function') return true
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype) {
    for (const name in value) if (isForeign((value as Record<string, unknown>)[name])) return true
    return false
  }
  if (prototype === Array.prototype) return (value as unknown[]).some(isForeign)
  if (prototype === Set.prototype) return [...value as Set<unknown>].some(isForeign)
  return !KEPT_AS_IS.includes(prototype)
}
