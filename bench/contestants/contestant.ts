// What takes part in the bench, and what all who take part are given.

export interface Work {
  /** What is asked for, in turn. This node's own contestant picks them, such that other members own them. */
  readonly keys: readonly string[]
  /** Bytes of each value. */
  readonly size: number
}

export interface Contestant {
  /**
   * Answers a second, with `inFlight` loops that each wait for their answer, for `ms` milliseconds.
   *
   * @throws when an answer is not the one that was to come
   */
  rate (inFlight: number, ms: number): Promise<number>
  /** Ends its processes, too. */
  close (): Promise<void>
}

export type Open = (work: Work) => Promise<Contestant>

/** What a contestant needs is not on this machine; the message says what, and how to get it. The others go on. */
export class MissingError extends Error {
  override readonly name = 'MissingError'
}

/** Keys of one `getMany` or `mget`. */
const BATCH = 100
/** A store of this size is small beside any limit of theirs, so that every get is a hit. */
const STORE_BYTES = 32 * 1024 * 1024
const MAX_KEYS = 10_000

/** How many keys are asked for when values have this size. */
export function keyCount (size: number): number {
  return Math.min(MAX_KEYS, Math.floor(STORE_BYTES / size))
}

/** `count` keys that `isFit` holds for. */
export function pickKeys (count: number, isFit: (key: string) => boolean): string[] {
  const keys: string[] = []
  for (let i = 0; keys.length < count; i++) {
    const key = `key:${String(i).padStart(15, '0')}`
    if (isFit(key)) keys.push(key)
  }
  return keys
}

export function batchesOf (keys: readonly string[]): string[][] {
  return Array.from({ length: Math.floor(keys.length / BATCH) }, (_, i) => keys.slice(i * BATCH, (i + 1) * BATCH))
}

export function valueOf (bytes: number): Uint8Array {
  return new Uint8Array(bytes).fill(120)
}

export function checkSize (value: Uint8Array | null | undefined, size: number): void {
  if (value?.byteLength !== size) throw new Error(`expected a value of ${size} bytes, got ${value?.byteLength ?? 'none'}`)
}

export function checkBatch (values: ReadonlyArray<Uint8Array | null>, size: number): void {
  if (values.length !== BATCH) throw new Error(`expected ${BATCH} values, got ${values.length}`)
  for (const value of values) checkSize(value, size)
}
