// Options are checked once, where they come in; a message names the option, what was expected and what came.

import { InvalidParametersError } from '@libp2p/interface'
import { MAX_KEY_BYTES, MAX_NAME_BYTES } from './constants.js'
import { show } from './errors.js'

function refuse (what: string, expected: string, value: unknown): never {
  throw new InvalidParametersError(`${what}: expected ${expected}, got ${show(value)}`)
}

/** An options object that may be missing; unknown names are refused, because they are most often typing errors. */
export function optionsObject<T extends object> (what: string, value: unknown, known: ReadonlyArray<keyof T & string>): T {
  if (value === undefined) return {} as T
  if (value === null || typeof value !== 'object' || Array.isArray(value)) refuse(what, 'an object', value)
  for (const name of Object.keys(value)) {
    if (!(known as readonly string[]).includes(name)) refuse(what, `options among ${known.join(', ')}`, name)
  }
  return value as T
}

/** A number from `min` to `max`, `fallback` where it is undefined. */
export function numberOption (what: string, value: unknown, { fallback, min, max = Number.MAX_SAFE_INTEGER, integer = false }: { fallback: number, min: number, max?: number, integer?: boolean }): number {
  if (value === undefined) return fallback
  const fits = typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value))
  if (!fits) refuse(what, `${integer ? 'a whole number' : 'a number'} from ${min} to ${max}`, value)
  return value
}

/** A duration for a timer. Node's timers fire at once past 2³¹−1 ms. */
export function durationOption (what: string, value: unknown, fallback: number, min = 1): number {
  return numberOption(what, value, { fallback, min, max: 2 ** 31 - 1 })
}

export function booleanOption (what: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback
  if (typeof value !== 'boolean') refuse(what, 'true or false', value)
  return value
}

export function functionOption<F> (what: string, value: F): F {
  if (typeof value !== 'function') refuse(what, 'a function', value)
  return value
}

/** A function that is a member of an options object, bound to it, because it may be a method. */
export function methodOption<T extends object, N extends keyof T & string> (holder: T, name: N, what: string = name): T[N] {
  const method = functionOption(what, holder[name]) as (this: T, ...args: never[]) => unknown
  return method.bind(holder) as T[N]
}

export function oneOf<T extends string> (what: string, value: unknown, choices: readonly T[], fallback: T): T {
  if (value === undefined) return fallback
  if (!choices.includes(value as T)) refuse(what, choices.map(choice => JSON.stringify(choice)).join(' or '), value)
  return value as T
}

/** A name that travels: not empty, well-formed, at most 255 bytes of UTF-8. */
export function nameOption (what: string, value: unknown): string {
  if (typeof value !== 'string' || value === '' || !value.isWellFormed() || Buffer.byteLength(value) > MAX_NAME_BYTES) {
    refuse(what, `a well-formed string of 1 to ${MAX_NAME_BYTES} bytes`, value)
  }
  return value
}

/**
 * A key is any well-formed string of up to 65,535 bytes of UTF-8, the empty one included.
 * Lone surrogates are refused: UTF-8 would fold them all into one character, and two keys into one.
 */
export function checkKey (key: unknown): asserts key is string {
  if (typeof key !== 'string') refuse('key', 'a string', key)
  // UTF-8 needs at most three bytes for a UTF-16 unit, so short keys need not be measured
  if (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES) {
    refuse('key', `at most ${MAX_KEY_BYTES} bytes of UTF-8`, key)
  }
  if (!key.isWellFormed()) refuse('key', 'a well-formed string (no lone surrogates)', key)
}
