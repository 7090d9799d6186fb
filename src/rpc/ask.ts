// What one member asks another one for.

/**
 * - 'get': the value, as the owner. A member that does not own it in its own view may ask the owner once.
 * - 'forwarded': the value, wherever it comes from, but without asking anybody else.
 * - 'moved': the value if it is in memory because the member owned the key before. Never loads.
 */
export type Ask = 'get' | 'forwarded' | 'moved'

/** An encoded value, and the milliseconds for which it may still be served; Infinity = as long as one likes. */
export interface Value {
  bytes: Uint8Array
  ttl: number
}
