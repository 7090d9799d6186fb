// One instance of the shop: Fastify, PostgreSQL, and the cache between them. main.ts starts three.

import { bootstrap, createGroupcache } from 'groupcache'
import Fastify from 'fastify'
import pg from 'pg'

interface Page { id: number, name: string, cents: number, stars: number, betterRated: number }

const { DATABASE_URL, NAME = 'shop-1', INSTANCES = '1', CACHE_PORT = '0', SEEDS = '' } = process.env

const db = new pg.Pool({ connectionString: DATABASE_URL, max: 10 })
db.on('error', () => {}) // an idle connection broke: the next query says so

const cache = await createGroupcache({
  name: NAME,
  listen: [`/ip4/127.0.0.1/tcp/${CACHE_PORT}`],
  // Three processes of one machine, by their ports. In production the instances are on hosts of their own and are found by
  // dns() in Kubernetes or compose, or by a list of names: docs/discovery.md. Add a `secret` there.
  discovery: [bootstrap(SEEDS.split(',').map(port => `/ip4/127.0.0.1/tcp/${port}`))]
})

const pages = cache.group<Page | undefined>('product pages', { load: loadPage, ttl: 60_000 })

async function loadPage (id: string): Promise<Page | undefined> {
  const { rows } = await db.query<{ page: Page | null }>('select product_page($1) as page', [id])
  return rows[0]?.page ?? undefined
}

const app = Fastify()
const product = { schema: { params: { type: 'object', properties: { id: { type: 'integer', minimum: 1, maximum: 2 ** 31 - 1 } } } } } as const

app.get<{ Params: { id: number } }>('/products/:id', product, async ({ params }, reply) => {
  const page = await pages.get(`${params.id}`)
  return page ?? reply.code(404).send({ error: 'no such product' })
})

// the same without the cache, to compare
app.get<{ Params: { id: number } }>('/uncached/products/:id', product, async ({ params }, reply) => {
  const page = await loadPage(`${params.id}`)
  return page ?? reply.code(404).send({ error: 'no such product' })
})

app.put<{ Params: { id: number }, Body: { cents: number } }>('/products/:id', product, async ({ params, body }) => {
  await db.query('update products set cents = $2 where id = $1', [params.id, body.cents])
  // after the update: whoever asks from here on, at whichever instance, gets what is in the database now
  await pages.remove(`${params.id}`)
  return { removed: true }
})

app.addHook('onClose', async () => {
  await cache.stop()
  await db.end()
})

// take traffic when the others are found, and also when they are not: this instance can do without
await cache.ready({ members: Number(INSTANCES), signal: AbortSignal.timeout(20_000) }).catch(() => {})
process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }))
process.once('disconnect', () => { void app.close() })
