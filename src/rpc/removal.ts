// What a removal names.

export type Removal =
  | { readonly kind: 'keys', readonly group: string, readonly keys: readonly string[] }
  | { readonly kind: 'tag', readonly group: string, readonly tag: string }
  | { readonly kind: 'all', readonly group: string }

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
