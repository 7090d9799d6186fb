// One worker of PM2's cluster mode: an HTTP server on the port that all share, and a cache on a port of its own. Plain JavaScript,
// because PM2 runs TypeScript with Node.js 22.18 and later only.

import { createServer } from 'node:http'
import { createGroupcache, host } from 'groupcache'

const { PORT = '8080', CACHE_CLUSTER = 'shop' } = process.env

const cache = await createGroupcache({
  cluster: CACHE_CLUSTER,
  listen: ['/ip4/127.0.0.1/tcp/0'],
  discovery: [host()] // the other processes of this machine; for more machines add a source from docs/discovery.md
})
const squares = cache.group('squares', { load: key => Number(key) ** 2 })

const server = createServer((request, response) => {
  squares.get(request.url?.slice(1) ?? '').then(square => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ square, pid: process.pid, loads: squares.stats().loads }))
  }, err => {
    response.writeHead(500).end(String(err))
  })
})

// PM2 starts one when the one before is ready: the first of all finds nobody, and the others need not find all
await cache.ready({ members: 2, signal: AbortSignal.timeout(5_000) }).catch(() => {})
server.listen(Number(PORT), '127.0.0.1', () => process.send?.('ready'))

// what PM2 sends first: requests under way are answered, who is connected comes no more, then the cache hands over what it has
process.once('SIGINT', () => {
  server.prependListener('request', (_request, response) => { response.setHeader('connection', 'close') })
  const sweep = setInterval(() => { server.closeIdleConnections() }, 200)
  server.close(() => {
    clearInterval(sweep)
    cache.stop().then(() => process.exit(0), () => process.exit(1))
  })
})
