// Runs PM2 with ecosystem.config.cjs, in a folder of its own so that yours is not touched: starts, reads, reloads, reads again, and ends it.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { AddressInfo } from 'node:net'

interface Answer { square: number, pid: number, loads: number }

const WORKERS = 3
const KEYS = 60
const home = await mkdtemp(join(tmpdir(), 'pm2-'))
const port = await freePort()

try {
  await pm2('start', fileURLToPath(new URL('ecosystem.config.cjs', import.meta.url)))
  const before = await read()
  console.log(`start:   ${before.size} workers, ${KEYS} keys read at each, ${sum(before)} loads`)
  assert.equal(sum(before), KEYS)

  await pm2('reload', 'shop', '--parallel', '1')
  const after = await read()
  console.log(`reload:  ${after.size} other workers, ${KEYS} keys read at each, ${sum(after)} loads`)
  assert([...after.keys()].every(pid => !before.has(pid)))
  assert(sum(after) <= KEYS / 10) // 0, unless this machine has much else to do
} finally {
  await pm2('kill')
  await rm(home, { recursive: true, force: true })
}

async function pm2 (...args: string[]): Promise<void> {
  await promisify(execFile)('pm2', args, {
    timeout: 120_000,
    env: { ...process.env, PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: 'true', PORT: `${port}`, CACHE_CLUSTER: `shop-${process.pid}` }
  })
}

/** Reads all keys at every worker. @returns how many each has loaded, by its process id */
async function read (): Promise<Map<number, number>> {
  const loads = new Map<number, number>()
  // a request is answered by the worker whose turn it is
  for (let turn = 0; turn < WORKERS; turn++) {
    for (let key = 1; key <= KEYS; key++) await get(key)
  }
  for (let tries = 0; tries < 100; tries++) {
    const { pid, loads: count } = await get(1)
    loads.set(pid, count)
  }
  assert.equal(loads.size, WORKERS)
  return loads
}

/** Over a connection of its own: fetch would keep it, and ask the same worker again. */
async function get (key: number): Promise<Answer> {
  const sent = request({ host: '127.0.0.1', port, path: `/${key}`, agent: false })
  sent.end()
  const [response] = await once(sent, 'response', { signal: AbortSignal.timeout(30_000) }) as [AsyncIterable<Buffer>]
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part)
  const answer = JSON.parse(Buffer.concat(parts).toString()) as Answer
  assert.equal(answer.square, key ** 2)
  return answer
}

function sum (loads: Map<number, number>): number {
  return [...loads.values()].reduce((sum, count) => sum + count, 0)
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
