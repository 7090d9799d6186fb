// This library, the whole public path: from group.get to its answer, hot cache off.

import { bytes, createGroupcache } from 'groupcache'
import { KEYS } from './contestant.js'
import type { Contestant } from './contestant.js'

export async function groupcacheClient (address: string, size: number): Promise<Contestant> {
  const cache = await createGroupcache({ name: 'client', discovery: [], membership: 'manual', listen: ['/ip4/127.0.0.1/tcp/0'] })
  const group = cache.group<Uint8Array>('bench', { load: () => { throw new Error('the owner answers every get') }, hot: false, codec: bytes() })
  await cache.addPeer(address)
  const keys = KEYS.filter(key => !group.owner(key).self)
  return {
    get: async i => {
      const value = await group.get(keys[i % keys.length] as string)
      if (value.byteLength !== size) throw new Error(`expected ${size} bytes, got ${value.byteLength}`)
    },
    close: () => cache.stop()
  }
}
