// A process of members for bench/scale.ts: starts as many as it is asked for, and gets on behalf of the bench.

import { bytes, createGroupcache } from 'groupcache'
import { valueOf } from './contestants/contestant.js'
import type { Group, Groupcache } from 'groupcache'

export type Request =
  | { start: string[], loadMs: number }
  | { peers: string[] }
  /** As many gets of one key at once, as there are members here in turn. */
  | { key: string, count: number }

const VALUE = valueOf(100)
const LARGE = valueOf(1_000_000)
const members: Array<{ cache: Groupcache, group: Group<Uint8Array> }> = []

async function start (name: string, loadMs: number): Promise<string> {
  const cache = await createGroupcache({ name, discovery: [], membership: 'manual', listen: ['/ip4/127.0.0.1/tcp/0'] })
  const group = cache.group<Uint8Array>('bench', {
    maxBytes: 2 ** 31,
    codec: bytes(),
    load: async key => {
      if (key.startsWith('cold')) await new Promise(resolve => { setTimeout(resolve, loadMs) })
      return key.startsWith('large') ? LARGE : VALUE
    }
  })
  members.push({ cache, group })
  return String(cache.multiaddrs[0])
}

async function answer (request: Request): Promise<unknown> {
  if ('start' in request) return Promise.all(request.start.map(name => start(name, request.loadMs)))
  if ('peers' in request) {
    for (const { cache } of members) await cache.setPeers(request.peers.filter(address => address !== String(cache.multiaddrs[0])))
    return 'done'
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: request.count }, async (_, i) => members[i % members.length]?.group.get(request.key)))
  return performance.now() - started
}

process.on('message', request => { void answer(request as Request).then(result => process.send?.({ result })) })
process.on('disconnect', () => { process.exit() })
