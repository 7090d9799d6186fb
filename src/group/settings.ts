// The options of a group, checked, with their defaults.

import { messagePack } from '../codec/message-pack.js'
import { DEFAULT_HOT_MAX_ITEMS, DEFAULT_HOT_TTL, DEFAULT_LOAD_TIMEOUT, DEFAULT_MAX_BYTES } from '../constants.js'
import { booleanOption, durationOption, methodOption, numberOption, optionsObject } from '../validation.js'
import type { Codec, GroupOptions, HotOptions } from '../interface/group.js'

export interface GroupSettings<V> {
  load: GroupOptions<V>['load']
  maxBytes: number
  hot: false | Required<HotOptions>
  codec: Codec<V>
  loadTimeout: number
  loadLocallyOnLoadError: boolean
}

/** @throws InvalidParametersError naming the option, what was expected and what came */
export function groupSettings<V> (options: GroupOptions<V>): GroupSettings<V> {
  const known = optionsObject<GroupOptions<V>>('group options', options, ['load', 'maxBytes', 'hot', 'codec', 'loadTimeout', 'loadLocallyOnLoadError'])
  return {
    load: methodOption(known, 'load'),
    maxBytes: numberOption('maxBytes', known.maxBytes, { fallback: DEFAULT_MAX_BYTES, min: 1024, integer: true }),
    hot: hotSettings(known.hot),
    codec: codecOption(known.codec),
    loadTimeout: durationOption('loadTimeout', known.loadTimeout, DEFAULT_LOAD_TIMEOUT),
    loadLocallyOnLoadError: booleanOption('loadLocallyOnLoadError', known.loadLocallyOnLoadError, true)
  }
}

function hotSettings (hot: GroupOptions<unknown>['hot']): false | Required<HotOptions> {
  if (hot === false) return false
  const known = optionsObject<HotOptions>('hot', hot, ['maxItems', 'ttl'])
  return {
    maxItems: numberOption('hot.maxItems', known.maxItems, { fallback: DEFAULT_HOT_MAX_ITEMS, min: 1, max: 2 ** 24, integer: true }),
    ttl: durationOption('hot.ttl', known.ttl, DEFAULT_HOT_TTL)
  }
}

function codecOption<V> (codec: Codec<V> | undefined): Codec<V> {
  if (codec === undefined) return messagePack<V>()
  // a codec may carry members of its own
  const known = optionsObject<Codec<V>>('codec', codec, Object.keys(codec ?? {}) as Array<keyof Codec<V>>)
  return { encode: methodOption(known, 'encode', 'codec.encode'), decode: methodOption(known, 'decode', 'codec.decode') }
}
