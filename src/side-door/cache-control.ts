// RFC 9111 §5.2 and RFC 5861: what a Cache-Control header says to a shared cache, and how long an answer may be used for that.

import type { Times } from './envelope.js'

export type Directives = ReadonlyMap<string, string | true>

/** How long answers live that do not say so themselves, in milliseconds. */
export interface Lifetimes extends Omit<Times, 'fresh'> {
  ttl: number
  /** Of 404 and 410. */
  negativeTtl: number
}

interface ResponseHead {
  status: number
  headers: Pick<Headers, 'get'>
}

/** RFC 9111 §1.2.2: larger numbers count as this one. */
const MAX_SECONDS = 2 ** 31
/** name, name=token or name="text"; commas inside the quotes do not divide. */
const DIRECTIVE = /([!#$%&'*+.^_`|~\w-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?/g
/** RFC 9110 §15.1: cacheable without a word about it. */
const CACHEABLE = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414]
const ABSENT = [404, 410]

/** Names are folded to lower case; of several with one name the first counts, except that of ages it is the least. */
export function parseCacheControl (header: string | null | undefined): Directives {
  const directives = new Map<string, string | true>()
  for (const [, name = '', quoted, token] of (header ?? '').matchAll(DIRECTIVE)) {
    const key = name.toLowerCase()
    const value = quoted ?? token ?? true
    const known = directives.get(key)
    if (known === undefined || seconds(value) < seconds(known)) directives.set(key, value)
  }
  return directives
}

/**
 * How long an answer is fresh, and may be used after that. All 0: it is handed out to those who wait, and not kept.
 *
 * @param now - the wall clock; for `Expires` without `Date`
 */
export function timesOf ({ status, headers }: ResponseHead, defaults: Lifetimes, now: number): Times {
  const directives = parseCacheControl(headers.get('cache-control'))
  if (!mayKeep(directives, headers)) return NOT_KEPT
  const isExplicit = directives.has('s-maxage') || directives.has('max-age') || headers.get('expires') !== null
  if (!isExplicit && !CACHEABLE.includes(status)) return NOT_KEPT
  const lifetime = isExplicit ? explicitLifetime(directives, headers, now) : ABSENT.includes(status) ? defaults.negativeTtl : defaults.ttl
  const fresh = Math.max(0, lifetime - ageOf(headers))
  // §4.2.4: these forbid what is stale, whatever else is said; s-maxage forbids it unless it is allowed in so many words
  const isStrict = directives.has('must-revalidate') || directives.has('proxy-revalidate')
  const isSilent = isStrict || directives.has('s-maxage') || ABSENT.includes(status)
  return {
    fresh,
    staleWhileRevalidate: isStrict ? 0 : windowOf(directives.get('stale-while-revalidate'), isSilent ? 0 : defaults.staleWhileRevalidate),
    staleIfError: isStrict ? 0 : windowOf(directives.get('stale-if-error'), isSilent ? 0 : defaults.staleIfError)
  }
}

/** Milliseconds that the answer has spent in caches before it came here. */
export function ageOf (headers: Pick<Headers, 'get'>): number {
  const age = headers.get('age')
  return age === null ? 0 : seconds(age) * 1000
}

/** Milliseconds of a directive such as max-age; what is no number is 0 (§4.2.1: take it as stale). */
export function duration (value: string | true | undefined): number | undefined {
  return value === undefined ? undefined : seconds(value) * 1000
}

const NOT_KEPT: Times = { fresh: 0, staleWhileRevalidate: 0, staleIfError: 0 }

function mayKeep (directives: Directives, headers: Pick<Headers, 'get'>): boolean {
  // `Vary` on something: every request to the origin has the same headers, whoever asked
  const varies = headers.get('vary')?.split(',').some(name => name.trim() === '*') === true
  // no-cache asks for a question to the origin at each use, which is what not keeping it comes to
  return !varies && !['no-store', 'no-cache', 'private'].some(name => directives.has(name))
}

function explicitLifetime (directives: Directives, headers: Pick<Headers, 'get'>, now: number): number {
  const said = duration(directives.get('s-maxage')) ?? duration(directives.get('max-age'))
  if (said !== undefined) return said
  const expires = Date.parse(headers.get('expires') ?? '')
  const date = Date.parse(headers.get('date') ?? '')
  // §5.3: what is no date, such as 0, has expired
  return Number.isNaN(expires) ? 0 : Math.min(Math.max(0, expires - (Number.isNaN(date) ? now : date)), MAX_SECONDS * 1000)
}

function windowOf (directive: string | true | undefined, fallback: number): number {
  return duration(directive) ?? fallback
}

function seconds (value: string | true): number {
  return value !== true && /^\d+$/.test(value) ? Math.min(Number(value), MAX_SECONDS) : 0
}
