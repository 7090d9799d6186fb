// One of three processes: node.ts NAME PORT SEED... joins the others and reads the same twelve keys as they do.

import { once } from 'node:events'
import { bootstrap, createGroupcache, stopOnSignals } from 'groupcache'

const [, , name = 'node-1', port = '4001', ...seeds] = process.argv

const cache = await createGroupcache({
  name,
  listen: [`/ip4/127.0.0.1/tcp/${port}`],
  // Every process has the same list, its own address included. In production these are names or addresses of other hosts,
  // '/dns4/cache-0.internal/tcp/4001' for example, and there is a `secret`; other ways to find each other: docs/discovery.md.
  discovery: [bootstrap(seeds.map(seed => `/ip4/127.0.0.1/tcp/${seed}`))]
})
stopOnSignals(cache)

const loaded: string[] = []
const squares = cache.group<number>('squares', {
  load: key => {
    loaded.push(key)
    return Number(key) ** 2
  }
})

try {
  await cache.ready({ members: 3, signal: AbortSignal.timeout(60_000) })
  console.log(`${name} sees ${cache.members.map(member => member.name).sort().join(', ')}`)

  // One load for all is what is promised when all see each other: the starter tells when. Without it, one that begins early may load some keys itself.
  if (process.send !== undefined) await once(process, 'message')

  for (let key = 1; key <= 12; key++) {
    const value = await squares.get(`${key}`)
    if (value !== key ** 2) throw new Error(`the square of ${key} is not ${value}`)
  }
  console.log(`${name} has read 12 keys`)
} catch (err) {
  // Ctrl-C ended it before it was done
  if ((err as Error).name !== 'NotStartedError') throw err
}

// The others ask for keys of this one until all have read; then the starter, or Ctrl-C, ends it.
process.once('SIGTERM', () => { console.log(`${name} loaded ${loaded.length} keys: ${loaded.map(Number).sort((a, b) => a - b).join(', ')}`) })
