// What a removal names.

export type Removal =
  | { readonly kind: 'keys', readonly group: string, readonly keys: readonly string[] }
  | { readonly kind: 'tag', readonly group: string, readonly tag: string }
  | { readonly kind: 'all', readonly group: string }

/** Whether a removal in its group names the value of a key. */
export function concerns (removal: Removal, key: string, tags: readonly string[]): boolean {
  switch (removal.kind) {
    case 'all': return true
    case 'tag': return tags.includes(removal.tag)
    case 'keys': return removal.keys.includes(key)
  }
}

/** The keys that a removal names, or its tag; the group's name stands for all of it. */
export function namesOf (removal: Removal): readonly string[] {
  switch (removal.kind) {
    case 'all': return [removal.group]
    case 'tag': return [removal.tag]
    case 'keys': return removal.keys
  }
}

/** What a name takes in memory at the most: two bytes for each code unit. */
export function bytesOf (name: string): number {
  return 2 * name.length
}

/**
 * Tells one removal from another wherever it turns up, so that nobody works on it twice: a random
 * whole number below 2⁵³.
 */
export type Ticket = number

/** Who is to see to a removal: the owner, or whoever is asked, whoever the owner is in its view. */
export type Hop = 'owner' | 'forwarded'

/** A removal as members tell each other of it. */
export interface Announced {
  readonly ticket: Ticket
  readonly removal: Removal
}

/** A value to be stored at its owner, everything else of the key being removed. */
export interface Replacement {
  readonly group: string
  readonly key: string
  /** Where it came over the wire, a view of the frame: valid during the call, to be copied by whoever keeps it. */
  readonly bytes: Uint8Array
  readonly ttl: number
  readonly tags: readonly string[]
}

/** What a removal costs those who are told of it, in removals of one short key. @param bytes - of its frame */
export function removalCost (removal: Removal, bytes: number): number {
  const named = removal.kind === 'keys' ? removal.keys.length / KEYS_PER_COST : WIDE_COST
  return 1 + named + bytes / BYTES_PER_COST
}

const KEYS_PER_COST = 4
const BYTES_PER_COST = 1024
/** Of a tag, or a whole group: all that a member holds is looked through. */
const WIDE_COST = 1_000
