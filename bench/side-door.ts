// Ten seconds of load through two side doors in front of one origin: does anything fail, and how often is the origin asked?
//
//   node --import tsx bench/side-door.ts [--seconds 10] [--keys 500] [--loops 64]

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { ChildProcess } from 'node:child_process'
import type { AddressInfo } from 'node:net'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' }, keys: { type: 'string', default: '500' }, loops: { type: 'string', default: '64' } } })
const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const children: ChildProcess[] = []

const asked = new Map<string, number>()
const origin = createServer((request, response) => {
  asked.set(request.url ?? '', (asked.get(request.url ?? '') ?? 0) + 1)
  response.setHeader('cache-control', 'max-age=3600').end(`page ${request.url}`)
}).listen(0, '127.0.0.1')
await once(origin, 'listening')

async function serve (discovery: string): Promise<{ url: string, address: string }> {
  const { port } = origin.address() as AddressInfo
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, 'serve', '--listen', '/ip4/127.0.0.1/tcp/0', '--http-port', '0', '--rate-limit', '1000000', '--discovery', discovery, '--origin', `http://127.0.0.1:${port}/{key}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  let address = ''
  for await (const line of createInterface(child.stdout)) {
    address = /^member .* at (\S+)/.exec(line)?.[1] ?? address
    const url = /^side door at (\S+),/.exec(line)?.[1]
    if (url !== undefined) return { url, address }
  }
  throw new Error('a member did not start')
}

const first = await serve('none')
const second = await serve(first.address)
for (let seen = 0; seen < 2;) {
  const responses = await Promise.all([first, second].map(async ({ url }) => (await (await fetch(`${url}/v1/status`)).json()) as { members: number }))
  seen = Math.min(...responses.map(({ members }) => members))
}

const agent = new Agent({ keepAlive: true, maxSockets: Number(values.loops) })
let [done, failed] = [0, 0]
const end = performance.now() + Number(values.seconds) * 1_000
async function loop (index: number): Promise<void> {
  for (let i = 0; performance.now() < end; i++) {
    const key = (index * 7_919 + i * 31) % Number(values.keys)
    const ok = await new Promise<boolean>(resolve => {
      get(`${(i + index) % 2 === 0 ? first.url : second.url}/v1/default/${key}`, { agent }, response => {
        let body = ''
        response.on('data', part => { body += String(part) }).on('end', () => { resolve(response.statusCode === 200 && body === `page /${key}`) })
      }).on('error', () => { resolve(false) })
    })
    if (ok) done++
    else failed++
  }
}
await Promise.all(Array.from({ length: Number(values.loops) }, (_, index) => loop(index)))
const most = Math.max(...asked.values())
console.log(`${done} answers, ${failed} failed, ${Math.round(done / Number(values.seconds))} a second; ${asked.size} keys, the origin was asked ${[...asked.values()].reduce((sum, count) => sum + count, 0)} times, at most ${most} for one`)
for (const child of children) child.kill()
agent.destroy()
origin.close()
origin.closeAllConnections()
if (failed > 0 || most > 1) process.exitCode = 1
