// The cache as one service among others of a libp2p node that the application has anyway.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { bootstrap, clusterSecurity, gossipsubSettings, groupcache } from 'groupcache'
import { createLibp2p } from 'libp2p'
import type { StreamMessageEvent } from '@libp2p/interface'

const GREETING = '/shop/greeting/1.0.0'

/** A node with a protocol of its own, and a cache beside it. */
async function startNode (name: string, secret: string, seeds: string[] = []) {
  const cluster = 'shop'
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    streamMuxers: [yamux()],
    // connectionEncrypters and connectionGater: only nodes with the same secret can connect, whatever they want to speak
    ...await clusterSecurity({ cluster, secret }),
    services: {
      identify: identify(),
      // the cache tells its news through it; the application may use it as well
      pubsub: gossipsub(gossipsubSettings),
      // In production the list has the addresses of some or all nodes; what else there is: docs/discovery.md.
      cache: groupcache({ cluster, name, discovery: [bootstrap(seeds)] })
    }
  })
  await node.handle(GREETING, async stream => {
    stream.send(new TextEncoder().encode(`hello from ${name}`))
    await stream.close()
  })
  const squares = node.services.cache.group<string>('squares', {
    load: key => `${Number(key) ** 2}, loaded by ${name}`
  })
  return { node, squares }
}

const secret = 'openssl rand -base64 32 makes a good one'
const a = await startNode('a', secret)
const addresses = a.node.getMultiaddrs()
const b = await startNode('b', secret, addresses.map(String))
for (const { node } of [a, b]) await node.services.cache.ready({ members: 2, signal: AbortSignal.timeout(30_000) })

// the application's own protocol ...
const stream = await b.node.dialProtocol(addresses, GREETING)
const [message] = await once(stream, 'message', { signal: AbortSignal.timeout(5_000) }) as [StreamMessageEvent]
console.log(`its own protocol: ${new TextDecoder().decode(message.data.subarray())}`)
await stream.close()

// ... and the cache, over the same connection
for (const key of ['1', '2', '3', '4']) {
  const [one, other] = [await a.squares.get(key), await b.squares.get(key)]
  console.log(`the cache:        ${key} squared is ${one}; its owner is ${a.squares.owner(key).name}`)
  assert.equal(one, other)
}
assert.equal(a.squares.stats().loads + b.squares.stats().loads, 4)
assert.equal(b.node.getConnections(a.node.peerId).length, 1)

// who has another secret gets neither
const stranger = await startNode('stranger', 'another secret')
const refusal = await stranger.node.dial(addresses).catch((err: unknown) => err)
assert(refusal instanceof Error)
console.log('a stranger:       cannot connect')
assert.deepEqual(stranger.node.getPeers(), [])

for (const { node } of [a, b, stranger]) await node.stop()
