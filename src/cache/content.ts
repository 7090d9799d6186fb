// What is stored under a key.

/** An encoded value, and what is known of it. */
export interface Content {
  bytes: Uint8Array
  /** Milliseconds for which it is fresh, Infinity = no end. */
  ttl: number
  tags: readonly string[]
}
