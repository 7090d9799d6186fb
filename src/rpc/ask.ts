// What one member asks another one for.

import type { Lease } from '../cache/lease.js'

/**
 * - 'get': the value, as the owner. A member that does not own it in its own view may ask the owner once.
 * - 'forwarded': the value, wherever it comes from, but without asking anybody else.
 * - 'moved': the value if it is in memory because the member owned the key before. Never loads. With a number: a member that does
 *   not have it may ask those who owned the key before it, and so on so many times.
 * - 'look': where the value is in memory; see group/locate.ts. Never loads, and is counted nowhere.
 */
export type Ask = 'get' | 'forwarded' | 'look' | MovedAsk

export type MovedAsk = 'moved' | 'moved 1' | 'moved 2' | 'moved 3'

/** How a new owner asks: the key may have gone through so many hands in a row. */
export const FIRST_MOVED: MovedAsk = 'moved 3'
/** Without an end members that remember different rings would ask each other in circles. */
const FURTHER: Readonly<Record<MovedAsk, MovedAsk | undefined>> = { 'moved 3': 'moved 2', 'moved 2': 'moved 1', 'moved 1': 'moved', moved: undefined }

export function isMoved (ask: Ask): ask is MovedAsk {
  return ask in FURTHER
}

/** How a member that was asked asks in its turn; undefined = it does not. */
export function further (ask: MovedAsk): MovedAsk | undefined {
  return FURTHER[ask]
}

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
