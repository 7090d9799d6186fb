// The app that the manifests run: an HTTP server with a cache, probes, and a shutdown that hands over.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { hostname } from 'node:os'
import { bootstrap, createGroupcache, dns } from 'groupcache'

const {
  PORT = '8080', CACHE_PORT = '4001', CACHE_ADDRESS = '0.0.0.0', CACHE_HOSTNAME, CACHE_PEERS = '', CACHE_SECRET, CACHE_SECRET_FILE,
  MEMBERS = '1', POD_NAME = hostname()
} = process.env

// the newline at the end of a file is not part of the secret
const secret = CACHE_SECRET_FILE === undefined ? CACHE_SECRET : readFileSync(CACHE_SECRET_FILE, 'utf8').trim()
if (secret === undefined || secret.startsWith('replace me')) throw new Error('a secret is needed: openssl rand -base64 32')

const cache = await createGroupcache({
  cluster: 'shop',
  name: POD_NAME,
  listen: [`/ip4/${CACHE_ADDRESS}/tcp/${CACHE_PORT}`],
  secret,
  // every pod is a record of the headless service; a list of ports where there is none, as on a developer's machine
  discovery: [CACHE_HOSTNAME === undefined
    ? bootstrap(CACHE_PEERS.split(',').map(port => `/ip4/127.0.0.1/tcp/${port}`))
    : dns({ hostname: CACHE_HOSTNAME, port: Number(CACHE_PORT) })]
})
const squares = cache.group<number>('squares', { load: key => Number(key) ** 2 })

let state: 'starting' | 'ready' | 'ending' = 'starting'

const server = createServer((request, response) => {
  answer(request.url ?? '/').then(([status, body]) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }, (err: unknown) => {
    response.writeHead(500).end(String(err))
  })
})

async function answer (path: string): Promise<[number, unknown]> {
  switch (path) {
    // Alive: the event loop turns and the node runs. Nothing here depends on others: a probe that did would restart all pods for the fault of one.
    case '/healthz/live': return cache.libp2p.status === 'started' ? [200, { alive: true }] : [503, { alive: false }]
    // Ready: the others were found, so that what this pod is asked for is not loaded once more; and it has not been told to end.
    case '/healthz/ready': return [state === 'ready' ? 200 : 503, { state, members: cache.members.length }]
    case '/stats': return [200, cache.stats()]
    default: {
      const key = /^\/squares\/(\d{1,9})$/.exec(path)?.[1]
      return key === undefined ? [404, { error: 'not found' }] : [200, { square: await squares.get(key), from: POD_NAME }]
    }
  }
}

server.listen(Number(PORT))

// The rolling update waits for this. A pod that finds nobody, the first of all or one behind a firewall, serves alone after 20 s.
cache.ready({ members: Number(MEMBERS), signal: AbortSignal.timeout(20_000) }).catch((err: unknown) => {
  console.error(`only ${cache.members.length} of ${MEMBERS} members were found: ${String(err)}`)
}).finally(() => { if (state === 'starting') state = 'ready' })

// Told to end, with 45 s to do it: requests under way are answered, then the cache hands over what it has, and says goodbye. Who is
// connected comes no more: a client that keeps its connection would hold up the end for as long as it likes.
process.once('SIGTERM', () => {
  state = 'ending'
  server.prependListener('request', (_request, response) => { response.setHeader('connection', 'close') })
  const sweep = setInterval(() => { server.closeIdleConnections() }, 200)
  server.close(() => {
    clearInterval(sweep)
    cache.stop().catch((err: unknown) => {
      console.error(err)
      process.exitCode = 1
    })
  })
})
