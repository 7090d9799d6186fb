// A process of the long run: a member with three groups, the load that it is under, and what it measures of itself.
// Run with tsx.

import { countTimers, VitalSigns } from './vitals.js'
import { setTimeout as delay } from 'node:timers/promises'
import { MAX_LOGGED_REMOVALS } from '../../src/constants.js'
import { bootstrap, bytes, createGroupcache } from '../../src/index.js'
import { serve, tell } from '../support/child.js'
import { OriginClient } from '../support/origin.js'
import { SoakLoad } from './load.js'
import { blobOf, tagOf, valueOf } from './values.js'
import type { StandaloneGroupcache } from '../../src/index.js'
import type { SoakCalls, Told } from './calls.js'
import type { Groups } from './load.js'
import type { Value } from './values.js'

// the map of each file that an error's stack leads through is parsed, and kept for ever: that grows for an hour, and no user has it
process.setSourceMapsEnabled(false)

const MIB = 1024 * 1024
const timers = countTimers()
const everybody = new AbortController()
const leaked: unknown[][] = []
let running: { node: StandaloneGroupcache, groups: Groups, origin: OriginClient, signs: VitalSigns } | undefined
let load: SoakLoad | undefined
let reporting: NodeJS.Timeout | undefined

function started (): NonNullable<typeof running> {
  if (running === undefined) throw new Error('the worker was not started')
  return running
}

function busy (): SoakLoad {
  if (load === undefined) throw new Error('the worker is under no load')
  return load
}

/** Small enough that the caches are full after a minute, so that they do not count as growth. */
function groupsOf (node: StandaloneGroupcache, origin: OriginClient): Groups {
  return {
    values: node.group<Value>('values', {
      maxBytes: 12 * MIB,
      ttl: 30_000,
      staleWhileRevalidate: 2_000,
      hot: { maxItems: 500, ttl: 5_000 },
      load: async (key, { setTags }) => {
        setTags([tagOf(key)])
        const version = await origin.read(key)
        return valueOf(key, version, 'load')
      }
    }),
    blobs: node.group<Uint8Array>('blobs', {
      maxBytes: 24 * MIB,
      codec: bytes(),
      ttl: 60_000,
      hot: { promote: 'popular', ttl: 5_000 },
      load: async key => blobOf(key, await origin.read(key))
    }),
    faulty: node.group<string>('faulty', {
      maxBytes: MIB,
      ttl: 1_000,
      errorTtl: 200,
      loadTimeout: 5_000,
      load: async (key, { signal }) => {
        if (key.startsWith('throws')) throw new Error('the origin says no')
        if (key.startsWith('hangs')) await new Promise(() => {})
        await delay(300, undefined, { signal })
        return key
      }
    })
  }
}

serve<SoakCalls>({
  async start ({ name, cluster, seeds, origin: path, leak }) {
    const origin = await OriginClient.connect(path)
    const node = await createGroupcache({ name, cluster, listen: ['/ip4/127.0.0.1/tcp/0'], discovery: [bootstrap(seeds)] })
    running = { node, origin, groups: groupsOf(node, origin), signs: new VitalSigns(node, everybody.signal, timers) }
    // small objects in the heap, as a forgotten table has them
    if (leak > 0) setInterval(() => { leaked.push(Array.from({ length: leak / 10 / 8 }, (_, i) => i + 0.5)) }, 100)
    return node.multiaddrs.map(String)
  },
  async ready (members) {
    await started().node.ready({ members, signal: AbortSignal.timeout(20_000) })
  },
  async fillLogs () {
    await started().groups.values.removeMany(Array.from({ length: MAX_LOGGED_REMOVALS }, (_, i) => `nobody has this one ${i}`))
  },
  startLoad (options) {
    const { groups, origin } = started()
    load = new SoakLoad({
      ...options,
      groups,
      origin,
      signal: everybody.signal,
      onFloor: (keys, version) => { tell({ floor: { keys, version } } satisfies Told) },
      onFault: fault => { tell({ fault } satisfies Told) }
    })
    load.start()
  },
  endLoad: () => busy().end(),
  tally: () => busy().tally,
  vitals: () => started().signs.now(),
  kinds: () => started().signs.kinds(),
  report (interval) {
    clearInterval(reporting)
    reporting = setInterval(() => { tell({ vitals: started().signs.now() } satisfies Told) }, interval)
  },
  raise (keys, version) {
    load?.raise(keys, version)
  },
  async stop () {
    await started().node.stop()
  }
})
