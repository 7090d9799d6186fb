// Options are checked once, where they come in; a message names the option, what was expected and what came.

import { InvalidParametersError } from '@libp2p/interface'
import { isIP } from 'node:net'
import { MAX_HOSTNAME, MAX_KEY_BYTES, MAX_NAME_BYTES, MAX_PORT, MAX_TAGS, MAX_TAG_BYTES } from './constants.js'
import { show } from './errors.js'

function refuse (what: string, expected: string, value: unknown): never {
  throw new InvalidParametersError(`${what}: expected ${expected}, got ${show(value)}`)
}

/** An options object that may be missing; unknown names are refused, because they are most often typing errors. */
export function optionsObject<T extends object> (what: string, value: unknown, known: ReadonlyArray<keyof T & string>): T {
  if (value === undefined) return {} as T
  if (isSignal(value)) refuse(what, 'an object of options, such as { signal }', value)
  for (const name of Object.keys(objectOption(what, value))) {
    if (!(known as readonly string[]).includes(name)) refuse(what, `options among ${known.join(', ')}`, name)
  }
  return value as T
}

export function objectOption (what: string, value: unknown): object {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) refuse(what, 'an object', value)
  return value
}

/** A signal, whoever made it: there are other implementations than Node's. */
export function signalOption (what: string, value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined
  if (!isSignal(value)) refuse(what, 'an AbortSignal', value)
  return value
}

function isSignal (value: unknown): value is AbortSignal {
  if (value === null || typeof value !== 'object' || !('aborted' in value && 'addEventListener' in value)) return false
  return typeof value.aborted === 'boolean' && typeof value.addEventListener === 'function'
}

/** A number from `min` to `max`, `fallback` where it is undefined. */
export function numberOption (what: string, value: unknown, { fallback, min, max = Number.MAX_SAFE_INTEGER, integer = false }: { fallback: number, min: number, max?: number, integer?: boolean }): number {
  if (value === undefined) return fallback
  const fits = typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value))
  if (!fits) refuse(what, `${integer ? 'a whole number' : 'a number'} from ${min} ${max === Infinity ? 'on' : `to ${max}`}`, value)
  return value
}

/** A duration for a timer. Node's timers fire at once past 2³¹−1 ms. */
export function durationOption (what: string, value: unknown, fallback: number, min = 1): number {
  return numberOption(what, value, { fallback, min, max: 2 ** 31 - 1 })
}

export function portOption (what: string, value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > MAX_PORT) refuse(what, `a whole number from 1 to ${MAX_PORT}`, value)
  return value as number
}

/** A DNS name, with or without a dot at its end, `_service._proto.` at its beginning; or an IP address. */
export function hostnameOption (what: string, value: unknown): string {
  const expected = 'a DNS name such as cache.default.svc.cluster.local or _groupcache._tcp.cache.default.svc.cluster.local'
  if (typeof value !== 'string') refuse(what, expected, value)
  if (isIP(value) !== 0) return value
  const labels = value.replace(/\.$/, '').split('.')
  const isName = value.length <= MAX_HOSTNAME && labels.every(label => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label))
  const isService = labels.length > 2 && labels[1]?.startsWith('_') === true
  if (!isName || (value.startsWith('_') && !isService)) refuse(what, expected, value)
  return value
}

/** How long a value lives: any number of milliseconds from 0 on, Infinity included. No timer is set for it. */
export function lifetime (what: string, value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0)) refuse(what, 'a number from 0 on', value)
  return value
}

export function lifetimeOption (what: string, value: unknown, fallback: number): number {
  return value === undefined ? fallback : lifetime(what, value)
}

/** Tags as they travel: well-formed, not empty, of limited length and number. Each once. */
export function tagsOption (what: string, value: unknown): string[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) refuse(what, 'an array of strings', value)
  const tags = [...new Set(value.map(tag => tagOption(`a tag in ${what}`, tag)))]
  if (tags.length > MAX_TAGS) refuse(what, `at most ${MAX_TAGS} tags`, value)
  return tags
}

export function tagOption (what: string, value: unknown): string {
  if (typeof value !== 'string' || value === '' || !value.isWellFormed() || Buffer.byteLength(value) > MAX_TAG_BYTES) {
    refuse(what, `a well-formed string of 1 to ${MAX_TAG_BYTES} bytes`, value)
  }
  return value
}

export function booleanOption (what: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback
  if (typeof value !== 'boolean') refuse(what, 'true or false', value)
  return value
}

/** Options with a value for each. */
export type Decided<T> = { [K in keyof T]-?: Exclude<T[K], undefined> }

/** Options without those that are undefined: only what is said is put in the place of what others say. */
export function defined<T extends object> (options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> }
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
