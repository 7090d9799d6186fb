// The workers of node:cluster as members of one cache: a primary that forks four, and tells who loaded what.

import assert from 'node:assert/strict'
import cluster from 'node:cluster'
import { once } from 'node:events'
import { createGroupcache, host } from 'groupcache'

const WORKERS = 4
const KEYS = Array.from({ length: 200 }, (_, i) => `article:${i}`)

if (cluster.isPrimary) await primary()
else await worker(process.argv[2] ?? 'shop')

/** What workers tell their primary. */
type Message = { loaded: string } | { is: 'ready' | 'done' }

async function primary (): Promise<void> {
  // another name for each run, lest a run meets another one on this machine; in production it stays: 'shop'
  cluster.setupPrimary({ args: [`shop-${process.pid}`] })
  const workers = Array.from({ length: WORKERS }, () => cluster.fork())
  process.on('exit', () => { for (const worker of workers) worker.process.kill('SIGKILL') })

  const loads = workers.map(() => 0)
  const ready = new Set<number>()
  const done = new Set<number>()
  for (const [i, worker] of workers.entries()) {
    worker.on('message', (message: Message) => {
      if ('loaded' in message) loads[i] = (loads[i] ?? 0) + 1
      else if (message.is === 'ready') {
        // one load for all is what is promised when all see each other: one that asks before may have to load itself
        ready.add(i)
        if (ready.size === WORKERS) for (const worker of workers) worker.send('read')
      } else {
        // a worker loads for the others, too: all stay until all are done
        done.add(i)
        if (done.size === WORKERS) for (const worker of workers) worker.disconnect()
      }
    })
  }
  // nothing here takes longer, whatever goes wrong
  await Promise.all(workers.map(worker => once(worker, 'exit', { signal: AbortSignal.timeout(120_000) })))

  for (const [i, count] of loads.entries()) console.log(`worker ${i + 1} read ${KEYS.length} keys and loaded ${count} of them`)
  const sum = loads.reduce((sum, count) => sum + count, 0)
  console.log(`${WORKERS * KEYS.length} gets, ${sum} loads`)
  assert.equal(done.size, WORKERS)
  assert.equal(sum, KEYS.length)
}

async function worker (name: string): Promise<void> {
  const cache = await createGroupcache({
    cluster: name,
    listen: ['/ip4/127.0.0.1/tcp/0'], // a port of its own, which workers do not share, unlike an HTTP server's
    discovery: [host()] // the other processes of this machine; for more machines add a source from docs/discovery.md
  })
  process.once('disconnect', () => { void cache.stop() })

  const articles = cache.group<string>('articles', {
    load: key => {
      tell({ loaded: key })
      return `the text of ${key}`
    }
  })
  await cache.ready({ members: WORKERS, signal: AbortSignal.timeout(60_000) })
  process.once('message', () => {
    void articles.getMany(KEYS).then(() => { tell({ is: 'done' }) })
  })
  tell({ is: 'ready' })
}

function tell (message: Message): void {
  process.send?.(message)
}
