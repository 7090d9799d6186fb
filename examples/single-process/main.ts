// The smallest use: one process, one group, two gets of a key, and a removal.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGroupcache } from 'groupcache'

interface User { id: string, name: string }

// Alone, on the loopback interface. In production leave both options out, or name a source that fits:
// createGroupcache() finds other processes on the LAN; for clouds and containers see docs/discovery.md.
const cache = await createGroupcache({ listen: ['/ip4/127.0.0.1/tcp/0'], discovery: [] })

let queries = 0
const users = cache.group<User>('users', {
  // in production a query: db.findUser(id, { signal })
  load: async (id, { signal }) => {
    queries++
    await sleep(50, undefined, { signal })
    return { id, name: `user number ${id}` }
  }
})

const user = await users.get('42')
console.log(`get     ${user.name}, after ${queries} query`)

await users.get('42')
console.log(`get     again, after ${queries} query: it came from memory`)

await Promise.all(Array.from({ length: 100 }, () => users.get('43')))
console.log(`get     another one, 100 times at once, after ${queries} queries`)

await users.remove('42')
await users.get('42')
console.log(`remove  and get once more, after ${queries} queries`)

await cache.stop()
assert.equal(queries, 3)
