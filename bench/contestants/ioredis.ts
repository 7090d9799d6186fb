// ioredis and a Redis server on the same machine: what a remote cache is compared with. Values are bytes here, too.

import { Redis } from 'ioredis'
import { batchesOf, checkBatch, checkSize, valueOf } from './contestant.js'
import { askOnce, inLoops } from './loops.js'
import { withServer } from './server-process.js'
import type { Contestant, Open, Work } from './contestant.js'

export const openGet = openWith({}, getLoops)
export const openAutoPipelining = openWith({ enableAutoPipelining: true }, getLoops)
export const openMget = openWith({}, (redis, { keys, size }) => inLoops(batchesOf(keys), async batch => { checkBatch(await redis.mgetBuffer(batch), size) }))

function getLoops (redis: Redis, { keys, size }: Work): Contestant['rate'] {
  return inLoops(keys, async key => { checkSize(await redis.getBuffer(key), size) })
}

function openWith (options: { enableAutoPipelining?: boolean }, rate: (redis: Redis, work: Work) => Contestant['rate']): Open {
  return work => withServer('redis', {}, async (port, server) => {
    // a server that is lost fails the bench at once
    const redis = new Redis({ host: '127.0.0.1', port: Number(port), retryStrategy: () => null, ...options })
    redis.on('error', () => {})
    const value = Buffer.from(valueOf(work.size))
    try {
      await askOnce(work, async key => { await redis.set(key, value) })
    } catch (err) {
      redis.disconnect()
      throw err
    }
    return {
      rate: rate(redis, work),
      close: async () => {
        redis.disconnect()
        await server.end()
      }
    }
  })
}
