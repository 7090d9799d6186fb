// Values in this process's own memory: this library beside lru-cache, which does nothing but keep them.

import { bytes, createGroupcache } from 'groupcache'
import { LRUCache } from 'lru-cache'
import { checkSize, keyCount, pickKeys, valueOf } from './contestant.js'
import { askOnce, inChunks } from './loops.js'
import type { Contestant, Work } from './contestant.js'
import type { Ours } from './groupcache.js'
import type { Group } from 'groupcache'

async function openOwner (size: number, rate: (group: Group<Uint8Array>, keys: readonly string[]) => Contestant['rate']): Promise<Ours> {
  const cache = await createGroupcache({ discovery: [], membership: 'manual', listen: ['/ip4/127.0.0.1/tcp/0'] })
  const group = cache.group<Uint8Array>('bench', { load: () => valueOf(size), codec: bytes() })
  const keys = pickKeys(keyCount(size), key => group.owner(key).self)
  const work = { keys, size }
  await askOnce(work, async key => { checkSize(await group.get(key), size) })
  return { work, rate: rate(group, keys), close: () => cache.stop() }
}

export function openLocalGet (size: number): Promise<Ours> {
  return openOwner(size, (group, keys) => inChunks(async (first, count) => {
    for (let i = first; i < first + count; i++) checkSize(await group.get(keys[i % keys.length] as string), size)
  }))
}

export function openPeek (size: number): Promise<Ours> {
  return openOwner(size, (group, keys) => inChunks((first, count) => {
    for (let i = first; i < first + count; i++) checkSize(group.peek(keys[i % keys.length] as string), size)
  }))
}

function filled ({ keys, size }: Work): LRUCache<string, Uint8Array> {
  const lru = new LRUCache<string, Uint8Array>({ max: keys.length })
  for (const key of keys) lru.set(key, valueOf(size))
  return lru
}

export async function openAwaitedLru (work: Work): Promise<Contestant> {
  const { keys, size } = work
  const lru = filled(work)
  return {
    rate: inChunks(async (first, count) => {
      // eslint-disable-next-line @typescript-eslint/await-thenable -- a cache that might have to ask elsewhere is awaited
      for (let i = first; i < first + count; i++) checkSize(await lru.get(keys[i % keys.length] as string), size)
    }),
    close: async () => {}
  }
}

export async function openLru (work: Work): Promise<Contestant> {
  const { keys, size } = work
  const lru = filled(work)
  return {
    rate: inChunks((first, count) => {
      for (let i = first; i < first + count; i++) checkSize(lru.get(keys[i % keys.length] as string), size)
    }),
    close: async () => {}
  }
}
