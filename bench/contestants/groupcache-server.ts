// The other process of the groupcache contestant: owns keys, all of them or its share.

import { bytes, createGroupcache } from 'groupcache'
import { valueOf } from './contestant.js'
import type { Groupcache } from 'groupcache'

type Request = { name: string, size: number } | { peers: string[] }

let cache: Groupcache | undefined

async function start (name: string, size: number): Promise<Groupcache> {
  const cache = await createGroupcache({ name, discovery: [], membership: 'manual', listen: ['/ip4/127.0.0.1/tcp/0'] })
  const value = valueOf(size)
  const loaded = new Set<string>()
  cache.group<Uint8Array>('bench', {
    maxBytes: 1024 * 1024 * 1024,
    codec: bytes(),
    load: key => {
      if (loaded.has(key)) throw new Error(`${key} was to be in memory since it was loaded`)
      loaded.add(key)
      return value
    }
  })
  return cache
}

async function answer (request: Request): Promise<void> {
  if ('peers' in request) await cache?.setPeers(request.peers)
  else cache = await start(request.name, request.size)
  process.send?.({ address: String(cache?.multiaddrs[0]) })
}

process.on('message', request => { void answer(request as Request) })
process.on('disconnect', () => { process.exit() })
