// What the cache of a test stands in front of: it counts the loads of each key, and its loads fail or wait when a test says so.

import { InvalidParametersError } from '@libp2p/interface'
import { show } from '../errors.js'
import { functionOption, numberOption, objectOption, optionsObject } from '../validation.js'
import type { LoadContext } from '../interface/group.js'

export interface FakeOriginOptions<V> {
  /** The value of a key that `set` has not given one. Throw in it for keys that there are not. @default `value of ${key}` */
  value?: ((key: string) => V) | undefined
  /** Values to begin with, by key. */
  values?: Readonly<Record<string, V>> | undefined
}

/** Loads of one key that wait; see {@link FakeOrigin.hold}. */
export interface HeldLoads {
  /** Resolves when a load waits. */
  readonly reached: Promise<void>
  /** Lets those that wait, and later ones, go on. */
  release (this: void): void
}

interface Failure { readonly error: unknown, left: number }
interface Gate { readonly open: Promise<void>, readonly reached: () => void }

/** A stand-in for a database. What a load answers is decided when it begins, as with a query whose answer is late on its way. */
export class FakeOrigin<V> {
  readonly #value: (key: string) => V
  readonly #values: Map<string, V>
  readonly #calls = new Map<string, number>()
  readonly #failures = new Map<string, Failure>()
  readonly #gates = new Map<string, Gate>()
  #loading = 0

  /** See {@link createFakeOrigin}. */
  constructor (value: (key: string) => V, values: Readonly<Record<string, V>>) {
    this.#value = value
    this.#values = new Map(Object.entries(values))
  }

  /** For the `load` of a group. Bound: it may be passed on. */
  readonly load = async (key: string, context?: Pick<LoadContext, 'signal'>): Promise<V> => {
    this.#calls.set(key, this.calls(key) + 1)
    this.#loading++
    try {
      const outcome = this.#outcome(key)
      const gate = this.#gates.get(key)
      gate?.reached()
      await (gate === undefined ? undefined : released(gate.open, context?.signal))
      return outcome()
    } finally {
      this.#loading--
    }
  }

  /** How often the load of a key has begun, wherever. */
  calls (key: string): number {
    return this.#calls.get(key) ?? 0
  }

  /** How many loads have begun. */
  get totalCalls (): number {
    return [...this.#calls.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Loads that have begun and not ended. */
  get loading (): number {
    return this.#loading
  }

  /** Begins to count anew. */
  resetCalls (): void {
    this.#calls.clear()
  }

  /** What there is under a key, as for a row that is written. Caches do not know of it until they are told to `remove` the key. */
  set (key: string, value: V): void {
    this.#values.set(checkKey(key), value)
  }

  /** Loads of a key that begin from now on fail with `error`, `times` of them at the most. */
  fail (key: string, error: unknown = new Error(`the fake origin was told to fail ${key}`), options?: { times?: number }): void {
    const { times } = optionsObject<{ times?: number }>('options', options, ['times'])
    this.#failures.set(checkKey(key), { error, left: numberOption('times', times, { fallback: Number.MAX_SAFE_INTEGER, min: 1, integer: true }) })
  }

  /** Loads of a key do not fail any more. */
  recover (key: string): void {
    this.#failures.delete(key)
  }

  /** Loads of a key that begin from now on wait until they are released, or their signal aborts. */
  hold (key: string): HeldLoads {
    if (this.#gates.has(checkKey(key))) throw new InvalidParametersError(`key: expected one that is not held, got ${show(key)}: release it first`)
    const [open, reached] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const gate: Gate = { open: open.promise, reached: reached.resolve }
    this.#gates.set(key, gate)
    const release = (): void => {
      if (this.#gates.get(key) === gate) this.#gates.delete(key)
      open.resolve()
    }
    return { reached: reached.promise, release }
  }

  #outcome (key: string): () => V {
    const failure = this.#failures.get(key)
    if (failure === undefined) {
      const value = this.#values.has(key) ? this.#values.get(key) as V : this.#value(key)
      return () => value
    }
    if (--failure.left === 0) this.#failures.delete(key)

    return () => { throw failure.error }
  }
}

/**
 * @example
 * ```ts
 * const origin = createFakeOrigin()
 * const groups = cluster.group('users', { load: origin.load })
 * ```
 *
 * @throws InvalidParametersError when an option is wrong
 */
export function createFakeOrigin (): FakeOrigin<string>
export function createFakeOrigin<V> (options: FakeOriginOptions<V>): FakeOrigin<V>
export function createFakeOrigin (options?: FakeOriginOptions<unknown>): FakeOrigin<unknown> {
  const { value, values } = optionsObject<FakeOriginOptions<unknown>>('options', options, ['value', 'values'])
  if (values !== undefined) objectOption('values', values)
  return new FakeOrigin(value === undefined ? key => `value of ${key}` : functionOption('value', value), values ?? {})
}

function checkKey (key: unknown): string {
  if (typeof key !== 'string') throw new InvalidParametersError(`key: expected a string, got ${show(key)}`)
  return key
}

async function released (open: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return open
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => { reject(signal.reason as Error) }
  signal.addEventListener('abort', onAbort)
  try {
    await Promise.race([open, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
