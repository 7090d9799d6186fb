// Three instances of the shop before one PostgreSQL: a stampede without and with the cache, and an update that all of them see at once.

import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import pg from 'pg'
import { startPrivatePostgres } from './private-postgres.js'
import type { ChildProcess } from 'node:child_process'
import type { AddressInfo } from 'node:net'

const INSTANCES = 3
const REQUESTS = 300

// nothing here takes longer, whatever goes wrong
setTimeout(() => { throw new Error('this took more than two minutes') }, 120_000).unref()

const { DATABASE_URL } = process.env
const server = DATABASE_URL === undefined || DATABASE_URL === '' ? await startPrivatePostgres() : undefined
const url = new URL(server?.url ?? DATABASE_URL ?? '')
// a schema of its own, which all connections use; a database of yours is left as it was
const schema = `shop_${randomUUID().replaceAll('-', '')}`
url.searchParams.set('options', `-c search_path=${schema}`)
const db = new pg.Client(url.href)
await db.connect()
await db.query(`create schema ${schema}`)
await db.query(await readFile(new URL('schema.sql', import.meta.url), 'utf8'))

const children: ChildProcess[] = []
process.on('exit', () => { for (const child of children) child.kill('SIGKILL') })
try {
  await demonstrate(await startInstances())
} finally {
  const exits = children.filter(child => child.exitCode === null).map(child => once(child, 'exit'))
  for (const child of children) if (child.connected) child.disconnect()
  await Promise.all(exits)
  await db.query(`drop schema ${schema} cascade`)
  await db.end()
  await server?.stop()
}

async function demonstrate (instances: string[]): Promise<void> {
  const { rows: [row] } = await db.query<{ server_version: string }>('show server_version')
  console.log(`PostgreSQL ${row?.server_version}, ${INSTANCES} instances, ${REQUESTS} requests of one product page at once`)
  console.log()
  const without = await stampede(instances, '/uncached/products/7')
  const cached = await stampede(instances, '/products/7')
  console.log(`${''.padEnd(20)}${'queries'.padStart(10)}${'median'.padStart(12)}${'slowest'.padStart(12)}`)
  for (const [name, { queries, median, slowest }] of Object.entries({ 'without the cache': without, 'with the cache': cached })) {
    console.log(`${name.padEnd(20)}${`${queries}`.padStart(10)}${`${median.toFixed(0)} ms`.padStart(12)}${`${slowest.toFixed(0)} ms`.padStart(12)}`)
  }
  assert.equal(without.queries, REQUESTS)
  assert.equal(cached.queries, 1)

  const before = await queries()
  await fetch(`${instances[1]}/products/7`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ cents: 1999 }) })
  const pages = await Promise.all([...instances, ...instances].map(instance => pageOf(`${instance}/products/7`)))
  console.log()
  console.log(`PUT at shop-2: 507 -> 1999 cents; then ${pages.slice(0, INSTANCES).map(({ cents }, i) => `shop-${i + 1} says ${cents}`).join(', ')}`)
  console.log(`queries for that: ${await queries() - before}`)
  assert.deepEqual(new Set(pages.map(({ cents }) => cents)), new Set([1999]))
  assert.equal(await queries() - before, 1)
}

/** All requests at once, spread over the instances. */
async function stampede (instances: string[], path: string): Promise<{ queries: number, median: number, slowest: number }> {
  const before = await queries()
  const times = await Promise.all(Array.from({ length: REQUESTS }, async (_, i) => {
    const begin = performance.now()
    const { cents } = await pageOf(`${instances[i % instances.length]}${path}`)
    assert.equal(cents, 507)
    return performance.now() - begin
  }))
  times.sort((a, b) => a - b)
  return { queries: await queries() - before, median: times[REQUESTS / 2] ?? NaN, slowest: times.at(-1) ?? NaN }
}

async function pageOf (address: string): Promise<{ cents: number }> {
  const response = await fetch(address)
  assert.equal(response.status, 200)
  return await response.json() as { cents: number }
}

/** How often the database has run the query of a product page, as it has counted itself. */
async function queries (): Promise<number> {
  const { rows } = await db.query<{ count: string }>('select case when is_called then last_value else 0 end as count from page_queries')
  return Number(rows[0]?.count)
}

/** @returns where they listen for HTTP */
async function startInstances (): Promise<string[]> {
  const ports = await freePorts(INSTANCES)
  return Promise.all(ports.map(async (port, i) => {
    const child = fork(new URL('server.ts', import.meta.url), {
      execArgv: ['--import', 'tsx'],
      env: { ...process.env, DATABASE_URL: url.href, NAME: `shop-${i + 1}`, INSTANCES: `${INSTANCES}`, CACHE_PORT: `${port}`, SEEDS: ports.join() }
    })
    children.push(child)
    const [address] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => { throw new Error('an instance ended while it was starting') })]) as [string]
    return address
  }))
}

/** For the caches to find each other by. In production it is the same fixed port on every host. */
async function freePorts (count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  const ports = servers.map(server => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
