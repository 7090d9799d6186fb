// What members tell each other about a member, and which of two things told is the newer one.

import { MAX_ADDRESSES, MAX_NAME_BYTES } from '../constants.js'
import type { MemberState } from '../interface/member.js'

export interface MemberRecord {
  /** The peer id. */
  readonly id: string
  readonly name: string
  /** 0 = it owns nothing: it is about to leave. */
  readonly weight: number
  readonly state: MemberState
  /** Raised by the member itself alone, to contradict what is said of it. */
  readonly incarnation: number
  /**
   * When its process took the name, in milliseconds of the wall clock since 1970: of two live ones the older one has it. It is compared with
   * that of the other one alone.
   */
  readonly since: number
  /** Multiaddrs, peer id included. */
  readonly addresses: readonly string[]
}

/** At the same incarnation the worse news wins: only the member itself can take it back, with a higher one (SWIM §4.2). */
const SEVERITY: Readonly<Record<MemberState, number>> = { alive: 0, suspect: 1, dead: 2, left: 3 }

export const MAX_INCARNATION = Number.MAX_SAFE_INTEGER - 1
const MAX_ADDRESS_LENGTH = 512

/** Whether `news` replaces what is `known` about the same member. */
export function supersedes (news: MemberRecord, known: MemberRecord): boolean {
  if (news.incarnation !== known.incarnation) return news.incarnation > known.incarnation
  return SEVERITY[news.state] > SEVERITY[known.state]
}

/** Whether a member takes part: gets are routed to it. */
export function isPresent (record: MemberRecord): boolean {
  return record.state === 'alive' || record.state === 'suspect'
}

/** @returns the record in a value that came over the network, or undefined when it is none */
export function parseRecord (value: unknown): MemberRecord | undefined {
  if (value === null || typeof value !== 'object') return undefined
  const { id, name, weight, state, incarnation, since, addresses } = value as Record<string, unknown>
  if (typeof id !== 'string' || id.length === 0 || id.length > 128) return undefined
  if (typeof name !== 'string' || name.length === 0 || Buffer.byteLength(name) > MAX_NAME_BYTES) return undefined
  if (typeof weight !== 'number' || !(weight === 0 || (weight >= MIN_WEIGHT && weight <= MAX_WEIGHT))) return undefined
  if (typeof state !== 'string' || !Object.hasOwn(SEVERITY, state)) return undefined
  if (!Number.isSafeInteger(incarnation) || (incarnation as number) < 0 || (incarnation as number) > MAX_INCARNATION) return undefined
  if (!Number.isSafeInteger(since) || (since as number) < 0) return undefined
  if (!Array.isArray(addresses) || addresses.length > MAX_ADDRESSES || !addresses.every(isAddress)) return undefined
  return { id, name, weight, state: state as MemberState, incarnation: incarnation as number, since: since as number, addresses: addresses as string[] }
}

/** Weights outside would leave a member with next to nothing, or crowd out the others. */
export const MIN_WEIGHT = 0.1
export const MAX_WEIGHT = 10

function isAddress (value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('/') && value.length <= MAX_ADDRESS_LENGTH
}

/** Whether two records of a member differ in nothing but, perhaps, their incarnation. */
export function saysTheSame (a: MemberRecord, b: MemberRecord): boolean {
  return a.state === b.state && a.name === b.name && a.weight === b.weight && a.since === b.since && sameList(a.addresses, b.addresses)
}

export function sameList (a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}
