// The options of a group, checked, with their defaults.

import { freshAs } from '../codec/fresh.js'
import { messagePack } from '../codec/message-pack.js'
import {
  DEFAULT_HOT_MAX_ITEMS, DEFAULT_HOT_TTL, DEFAULT_LOAD_TIMEOUT, DEFAULT_MAX_BYTES, DEFAULT_MAX_CONCURRENT_LOADS, MAX_VALUE_BYTES
} from '../constants.js'
import { booleanOption, durationOption, lifetimeOption, methodOption, numberOption, oneOf, optionsObject } from '../validation.js'
import type { Decided } from '../validation.js'
import type { Codec, GroupOptions, HotOptions, StaleFor } from '../interface/group.js'

export interface GroupSettings<V> {
  load: GroupOptions<V>['load']
  maxBytes: number
  maxValueBytes: number
  ttl: number
  staleWhileRevalidate: number | StaleFor<V>
  staleIfError: number | StaleFor<V>
  errorTtl: number
  hot: false | Decided<HotOptions>
  codec: Codec<V>
  maxConcurrentLoads: number
  loadTimeout: number
  loadLocallyOnLoadError: boolean
}

const KNOWN: ReadonlyArray<keyof GroupOptions<unknown>> = [
  'load', 'maxBytes', 'maxValueBytes', 'ttl', 'staleWhileRevalidate', 'staleIfError', 'errorTtl', 'hot', 'codec',
  'maxConcurrentLoads', 'loadTimeout', 'loadLocallyOnLoadError'
]

/** @throws InvalidParametersError naming the option, what was expected and what came */
export function groupSettings<V> (options: GroupOptions<V>): GroupSettings<V> {
  const known = optionsObject<GroupOptions<V>>('group options', options, KNOWN)
  return {
    load: methodOption(known, 'load'),
    maxBytes: numberOption('maxBytes', known.maxBytes, { fallback: DEFAULT_MAX_BYTES, min: 1024, integer: true }),
    maxValueBytes: numberOption('maxValueBytes', known.maxValueBytes, { fallback: MAX_VALUE_BYTES, min: 1, max: MAX_VALUE_BYTES, integer: true }),
    ttl: lifetimeOption('ttl', known.ttl, Infinity),
    staleWhileRevalidate: staleOption('staleWhileRevalidate', known.staleWhileRevalidate),
    staleIfError: staleOption('staleIfError', known.staleIfError),
    errorTtl: lifetimeOption('errorTtl', known.errorTtl, 0),
    hot: hotSettings(known.hot),
    codec: codecOption(known.codec),
    maxConcurrentLoads: numberOption('maxConcurrentLoads', known.maxConcurrentLoads, { fallback: DEFAULT_MAX_CONCURRENT_LOADS, min: 1, integer: true }),
    loadTimeout: durationOption('loadTimeout', known.loadTimeout, DEFAULT_LOAD_TIMEOUT),
    loadLocallyOnLoadError: booleanOption('loadLocallyOnLoadError', known.loadLocallyOnLoadError, true)
  }
}

function staleOption<V> (what: string, value: number | StaleFor<V> | undefined): number | StaleFor<V> {
  return typeof value === 'function' ? value : lifetimeOption(what, value, 0)
}

function hotSettings (hot: GroupOptions<unknown>['hot']): GroupSettings<unknown>['hot'] {
  if (hot === false) return false
  const known = optionsObject<HotOptions>('hot', hot, ['maxItems', 'ttl', 'promote'])
  return {
    maxItems: numberOption('hot.maxItems', known.maxItems, { fallback: DEFAULT_HOT_MAX_ITEMS, min: 1, max: 2 ** 24, integer: true }),
    ttl: durationOption('hot.ttl', known.ttl, DEFAULT_HOT_TTL),
    promote: oneOf('hot.promote', known.promote, ['always', 'popular'], 'always')
  }
}

function codecOption<V> (codec: Codec<V> | undefined): Codec<V> {
  if (codec === undefined) return messagePack<V>()
  // a codec may carry members of its own
  const known = optionsObject<Codec<V>>('codec', codec, Object.keys(codec ?? {}) as Array<keyof Codec<V>>)
  return freshAs(known, { encode: methodOption(known, 'encode', 'codec.encode'), decode: methodOption(known, 'decode', 'codec.decode') })
}
