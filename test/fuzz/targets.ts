// All that is fuzzed.

import { cacheControl } from './targets/cache-control.js'
import { decoding, encoding, jsonDecoding } from './targets/codecs.js'
import { lists, names, packets } from './targets/discovery.js'
import { offers, tables } from './targets/exchanges.js'
import { fields } from './targets/fields.js'
import { frames, parts } from './targets/frames.js'
import { news } from './targets/news.js'
import { noise } from './targets/noise.js'
import { options } from './targets/options.js'
import { records } from './targets/records.js'
import { requester } from './targets/requester.js'
import { responder } from './targets/responder.js'
import { http } from './targets/side-door.js'
import { socket } from './targets/socket.js'
import type { Target } from './target.js'

export const TARGETS: readonly Target[] = [frames, parts, fields, responder, requester, records, news, tables, offers, decoding, jsonDecoding, encoding, cacheControl, http, noise, names, lists, packets, options, socket]
