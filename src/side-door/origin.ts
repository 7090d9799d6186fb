// Fetches what a key stands for from an HTTP origin: the loader of a group of the side door.

import { ageOf, timesOf } from './cache-control.js'
import { encodeEnvelope, KEPT_HEADERS } from './envelope.js'
import { InvalidParametersError } from '@libp2p/interface'
import { MAX_TAGS, MAX_TAG_BYTES } from '../constants.js'
import { show } from '../errors.js'
import type { Lifetimes } from './cache-control.js'
import type { Envelope } from './envelope.js'
import type { LoadContext } from '../interface/group.js'

export interface OriginInit extends Lifetimes {
  group: string
  /**
   * As `http://127.0.0.1:8000/items/{key}`; `{group}` stands for the group's name. Both are percent-encoded, slashes too. `{+key}` is the key as a
   * path, and a query, of the origin (RFC 6570 §3.2.3): its slashes, `?`, `&`, `=` and percent-encoded bytes stay. What is behind a # would not be
   * sent, so that is encoded.
   */
  template: string
  /** A larger body fails the load. */
  maxBytes: number
}

/** Told to the origin, and refused when it comes in: an origin that leads back here would ask for ever (RFC 8586). */
export const CDN_LOOP = 'groupcache'
const PLACE = /\{(\+?key|group)\}/g
/** `%2B` of a key, once that is encoded. */
const ENCODED_TRIPLET = /%25([0-9a-f]{2})/gi
/** A segment that leads elsewhere, as URLs are read. */
const DOTS = /^(\.|%2e){1,2}$/i
const SLASH = /\/|%2f|%5c/i

/**
 * A loader that asks the origin. An answer of any status below 500 is a value; others, and what goes wrong on the way, fail the load.
 *
 * @throws InvalidParametersError when the template is none
 */
export function originLoader (init: OriginInit): (key: string, context: LoadContext) => Promise<Uint8Array> {
  checkTemplate(init.template)
  return async (key, context) => {
    const response = await fetch(urlOf(init, key), {
      redirect: 'manual',
      signal: context.signal,
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'cdn-loop': CDN_LOOP }
    })
    if (response.status >= 500) {
      await response.body?.cancel()
      throw new Error(`the origin answered ${response.status}`)
    }
    const now = Date.now()
    const times = timesOf(response, init, now)
    const body = await bodyOf(response, init.maxBytes)
    // 0 would be: not to be kept, and what is old from the start may be of use
    context.setTtl(times.fresh === 0 && Math.max(times.staleWhileRevalidate, times.staleIfError) > 0 ? 1 : times.fresh)
    context.setTags(tagsOf(response.headers))
    const age = ageOf(response.headers)
    // from when it left the origin, as its age is
    return encodeEnvelope({ status: response.status, storedAt: now - age, ...times, fresh: times.fresh + age, headers: keptOf(response.headers), body })
  }
}

/** What a group without an origin answers: there is only what was put. */
export function nothingLoader (_key: string, context: LoadContext): Uint8Array {
  context.setTtl(0)
  return encodeEnvelope({ status: 404, storedAt: Date.now(), fresh: 0, staleWhileRevalidate: 0, staleIfError: 0, headers: {}, body: new Uint8Array(0) })
}

/** @throws InvalidParametersError */
export function checkTemplate (template: unknown): asserts template is string {
  const example = typeof template === 'string' && /\{\+?key\}/.test(template) ? template.replaceAll(PLACE, 'x') : ''
  const url = URL.canParse(example) ? new URL(example) : undefined
  const isFixed = typeof template === 'string' && /^https?:\/\/[^/{}]+\//.test(template)
  if (url === undefined || !isFixed || /[{}#]/.test(example) || url.username !== '') {
    throw new InvalidParametersError(`origin: expected a URL such as http://127.0.0.1:8000/items/{key}, with {key} or {+key}, and at will {group}, behind its host, got ${show(template)}`)
  }
}

function urlOf ({ template, group }: OriginInit, key: string): string {
  const url = template.replaceAll(PLACE, (_, name: string) => {
    if (name === '+key') return encodeURI(key).replaceAll(ENCODED_TRIPLET, '%$1').replaceAll('#', '%23')
    return encodeURIComponent(name === 'key' ? key : group)
  })
  // a key `..` is the one thing that percent-encoding does not keep in its place; some origins take encoded slashes for slashes
  const path = url.split('?', 1)[0] ?? ''
  if (path.split(SLASH).some(segment => DOTS.test(segment))) throw new Error('the key would lead to another path of the origin')
  return url
}

async function bodyOf (response: Response, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += part.byteLength
    // leaving the loop cancels the body
    if (length > maxBytes) throw new Error(`the origin's answer is larger than ${maxBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts, length)
}

function keptOf (headers: Headers): Envelope['headers'] {
  return Object.fromEntries(KEPT_HEADERS.flatMap(name => {
    const value = headers.get(name)
    return value === null ? [] : [[name, value]]
  }))
}

/** `Cache-Tag` is divided by commas, `Surrogate-Key` by spaces. Tags that are too long, or too many, are left out: they would fail the load. */
export function tagsOf (headers: Pick<Headers, 'get'>): string[] {
  const tags = [...(headers.get('cache-tag') ?? '').split(','), ...(headers.get('surrogate-key') ?? '').split(' ')].map(tag => tag.trim())
  return [...new Set(tags)].filter(tag => tag !== '' && Buffer.byteLength(tag) <= MAX_TAG_BYTES).slice(0, MAX_TAGS)
}
