// The other process of the ioredis contestants: runs a redis-server of its own on a free port of loopback, for as long as it
// runs itself. Nothing is written to disk.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import type { Answer } from './server-process.js'
import type { ChildProcess } from 'node:child_process'
import type { AddressInfo } from 'node:net'

const START_TIMEOUT = 10_000
/** Somebody else may take the port that was free. */
const ATTEMPTS = 3

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

let redis: ChildProcess | undefined

/** @returns what went wrong, unless it is ready */
async function tryPort (port: number): Promise<string | undefined> {
  // the name of no file, so that nobody's old data are read
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no', '--dir', tmpdir(), '--dbfilename', `groupcache-bench-${process.pid}.rdb`]
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  redis = child
  return new Promise(resolve => {
    let output = ''
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      resolve(`redis-server was not ready within ${START_TIMEOUT} ms`)
    }, START_TIMEOUT)
    const settle = (problem?: string): void => {
      clearTimeout(timer)
      resolve(problem)
    }
    child.stdout?.on('data', chunk => {
      output = (output + String(chunk)).slice(-2_000)
      if (output.includes('Ready to accept connections')) settle()
    })
    child.once('error', (err: NodeJS.ErrnoException) => { settle(err.code === 'ENOENT' ? 'no redis-server; on Debian: apt-get install redis-server' : err.message) })
    child.once('exit', (code, signal) => { settle(`redis-server ended with ${String(code ?? signal)}: ${output.trim().split('\n').at(-1) ?? ''}`) })
  })
}

async function start (): Promise<Answer> {
  let problem: string | undefined
  for (let i = 0; i < ATTEMPTS; i++) {
    const port = await freePort()
    problem = await tryPort(port)
    if (problem === undefined) return { address: String(port) }
    if (redis?.pid === undefined) {
      redis = undefined
      break
    }
  }
  return { missing: problem ?? 'redis-server did not start' }
}

process.on('message', () => { void start().then(answer => { process.send?.(answer) }) })
process.on('disconnect', () => {
  if (redis === undefined || redis.exitCode !== null || redis.signalCode !== null) process.exit()
  redis.once('exit', () => { process.exit() })
  redis.kill('SIGKILL')
})
process.on('SIGTERM', () => { process.exit() })
process.on('exit', () => { redis?.kill('SIGKILL') })
