// How far a member is from a slot: rendezvous hashing, by permutations. Part of the protocol.
//
// Each member has its own order of all slots. Random ranks would do, but then some members have more low ones than
// others; in an order each has every rank once, which takes away half the variance of the shares.

import { hash32 } from './hash.js'

const SLOT_BITS = 21
/** What hashes to the same slot has the same owner. */
export const SLOTS = 2 ** SLOT_BITS
const MASK = SLOTS - 1
const SECOND_SEED = 0x9747b28c

/** What makes a member's order of the slots its own. */
export interface Bearing {
  /** Below `SLOTS`. */
  readonly offset: number
  /** Odd, below `SLOTS`. */
  readonly factor: number
}

export function bearingOf (name: string): Bearing {
  return { offset: hash32(name) & MASK, factor: (hash32(name, SECOND_SEED) | 1) & MASK }
}

export function slotOf (hash: number): number {
  return hash >>> (32 - SLOT_BITS)
}

/** A slot's place in the order of a member, from 0; each step can be undone, so no two slots have the same. */
export function rankOf (slot: number, offset: number, factor: number): number {
  let rank = Math.imul(slot + offset, 0x9e3779b1) & MASK
  rank = Math.imul(rank ^ (rank >>> 11), factor) & MASK
  rank = Math.imul(rank ^ (rank >>> 10), 0x85ebca6b) & MASK
  return rank ^ (rank >>> 11)
}

/**
 * How far a member of weight 1 is from a slot of this rank: −S · ln(1 − (rank + ½) ⁄ S), at least `rank`. Divided
 * by their weights, such distances give each member the part of the slots that its weight is of all weights.
 *
 * Not by Math.log, whose last digit is left to the engine: additions, multiplications and divisions are not.
 */
export function distanceOf (rank: number): number {
  const left = 2 * (SLOTS - rank) - 1
  const exponent = 31 - Math.clz32(left)
  // left = 2^exponent · (1 + z) ⁄ (1 − z), and ln((1 + z) ⁄ (1 − z)) = 2 (z + z³ ⁄ 3 + z⁵ ⁄ 5 + …)
  const power = 1 << exponent
  const z = (left - power) / (left + power)
  const square = z * z
  const series = z * (1 + square * (1 / 3 + square * (1 / 5 + square * (1 / 7 + square * (1 / 9 + square * (1 / 11 + square * (1 / 13)))))))
  return SLOTS * ((SLOT_BITS + 1 - exponent) * 0.6931471805599453 - 2 * series)
}
