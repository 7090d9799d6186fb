// This library, the whole public path: from group.get, or getMany, to its answer, hot cache off.

import { bytes, createGroupcache } from 'groupcache'
import { batchesOf, checkBatch, checkSize, keyCount, pickKeys } from './contestant.js'
import { askOnce, inLoops } from './loops.js'
import { ServerProcess } from './server-process.js'
import type { Contestant, Work } from './contestant.js'
import type { Group } from 'groupcache'

/** This library's own contestant, and what the others are to be given. */
export interface Ours extends Contestant {
  readonly work: Work
}

export function openGroupcache (size: number): Promise<Ours> {
  return open(size, 1, (group, { keys }) => inLoops(keys, async key => { checkSize(await group.get(key), size) }))
}

/** Batches over four owners. */
export function openGetMany (size: number): Promise<Ours> {
  return open(size, 4, (group, { keys }) => inLoops(batchesOf(keys), async batch => { checkBatch(await group.getMany(batch), size) }))
}

async function open (size: number, owners: number, rate: (group: Group<Uint8Array>, work: Work) => Contestant['rate']): Promise<Ours> {
  const servers = Array.from({ length: owners }, () => new ServerProcess('groupcache'))
  const cache = await createGroupcache({ name: 'client', discovery: [], membership: 'manual', listen: ['/ip4/127.0.0.1/tcp/0'] })
  const close = async (): Promise<void> => { await Promise.all([cache.stop(), ...servers.map(server => server.end())]) }
  try {
    const addresses = await Promise.all(servers.map((server, i) => server.ask({ name: `owner ${i + 1}`, size })))
    await cache.setPeers(addresses)
    // all have the same ring, as in a cluster that finds itself
    const all = [String(cache.multiaddrs[0]), ...addresses]
    for (const [i, server] of servers.entries()) await server.ask({ peers: all.filter(address => address !== addresses[i]) })
    const group = cache.group<Uint8Array>('bench', { load: () => { throw new Error('the owner answers every get') }, hot: false, codec: bytes() })
    const work = { keys: pickKeys(keyCount(size), key => !group.owner(key).self), size }
    await askOnce(work, async key => { checkSize(await group.get(key), size) })
    return { work, rate: rate(group, work), close }
  } catch (err) {
    await close()
    throw err
  }
}
