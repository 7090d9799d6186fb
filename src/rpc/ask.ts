// What one member asks another one for.

import type { Lease } from '../cache/lease.js'

/**
 * - 'get': the value, as the owner. A member that does not own it in its own view may ask the owner once.
 * - 'forwarded': the value, wherever it comes from, but without asking anybody else.
 * - 'moved': the value if it is in memory because the member owned the key before. Never loads.
 */
export type Ask = 'get' | 'forwarded' | 'moved'

/** An encoded value, and what travels with it. */
export interface Value {
  bytes: Uint8Array
  /** Milliseconds for which it is fresh; Infinity = as long as one likes; 0 = not any more. */
  ttl: number
  tags: readonly string[]
  /** The answerer is the owner in its own view, so it tells the asker of removals: a copy may be kept. */
  mayKeep: boolean
  /** So many ask for it that a copy is worth its place. */
  isPopular: boolean
  /** Under which a copy may be served; set by the asking end. */
  lease?: Lease
}

/** What is answered: at once, with bytes that may lie in memory that is used on, or later, with bytes of its own. */
export type ServedValue = Value | undefined | Promise<Value | undefined>

/** An answer that may be used in a later tick than it was given in. */
export function toKeep (value: ServedValue): ServedValue {
  return value === undefined || value instanceof Promise ? value : { ...value, bytes: new Uint8Array(value.bytes) }
}
