// What takes part in a bench.

export interface Contestant {
  /** Gets the value of the `i`-th key; checks its length. */
  get (i: number): Promise<unknown>
  close (): Promise<void>
}

/** Keys that all contestants get. */
export const KEYS = Array.from({ length: 10_000 }, (_, i) => `key:${String(i).padStart(15, '0')}`)

export function valueOf (bytes: number): Uint8Array {
  return new Uint8Array(bytes).fill(120)
}
