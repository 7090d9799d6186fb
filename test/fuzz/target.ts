// What is fuzzed: where inputs come from, what they are put into, and what has to hold of it.

import type { Random } from './random.js'

/** Whether an input was taken for a good one. Both are well; what is not is thrown. */
export type Verdict = 'accepted' | 'refused'

export interface Target<I = unknown> {
  readonly name: string
  /** What it feeds, in a few words. */
  readonly what: string
  /** Its part of all cases, against those of the other targets. */
  readonly weight: number
  /** Not more than so many cases in a run: what takes sockets. */
  readonly most?: number
  /** Cases until what it may hold at the most is there, where they are more than for the others: a log that is bounded. */
  readonly warmUp?: number
  /** Milliseconds that a case may take, where it is more than of the others: sockets wait for the machine. */
  readonly slow?: number
  /** Follows from the random source alone. */
  generate (random: Random): I
  /** Throws what is wrong: anything at all, because whatever is expected is caught in here. What it was given stays as it is. */
  run (input: I): Verdict | Promise<Verdict>
  /** Before the first case, and after the last one. */
  start? (): Promise<void>
  stop? (): Promise<void>
}

/** Something that has to hold does not. */
export class InvariantError extends Error {
  override name = 'InvariantError'
}

export function must (holds: boolean, what: string): asserts holds {
  if (!holds) throw new InvariantError(what)
}

/**
 * Runs what may refuse its input, and in which way.
 *
 * @param refusals - names of the errors that are a refusal
 * @returns what it returned, or undefined when it refused
 * @throws InvariantError when anything else is thrown
 */
export function tried<T> (refusals: readonly string[], work: () => T): { value: T } | undefined {
  try {
    return { value: work() }
  } catch (err) {
    checkRefusal(refusals, err)
    return undefined
  }
}

/** As {@link tried}. */
export async function triedLater<T> (refusals: readonly string[], work: () => Promise<T>): Promise<{ value: T } | undefined> {
  try {
    return { value: await work() }
  } catch (err) {
    checkRefusal(refusals, err)
    return undefined
  }
}

/** @throws InvariantError unless an error is of one of these names, and not itself an invariant that is broken */
export function checkRefusal (refusals: readonly string[], err: unknown): void {
  if (err instanceof InvariantError) throw err
  if (err instanceof Error && refusals.includes(err.name)) return
  const got = err instanceof Error ? `${err.name}: ${err.message}` : String(err)
  throw new InvariantError(`expected ${refusals.join(' or ') || 'no error'}, got ${got}`, { cause: err })
}

export const VIOLATION = ['ProtocolViolationError'] as const
