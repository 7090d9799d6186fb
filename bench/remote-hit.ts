// How fast is a get that misses here and is answered from another process's memory? Two processes, as in
// real life; the ratio is against raw TCP with the same batching in the same run, because machines are noisy.
//
//   npm run bench -- [--quick] [--in-flight 1,16,64,256] [--bytes 100]

import { parseArgs } from 'node:util'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { groupcacheClient } from './contestants/groupcache.js'
import { tcpClient } from './contestants/tcp.js'
import type { Contestant } from './contestants/contestant.js'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    'in-flight': { type: 'string', default: '1,16,64,256' },
    bytes: { type: 'string', default: '100' }
  }
})
const ROUNDS = values.quick ? 3 : 7
const ROUND_MS = values.quick ? 500 : 1_500
const size = wholeNumber('--bytes', values.bytes)
const inFlights = values['in-flight'].split(',').map(text => wholeNumber('--in-flight', text))

function wholeNumber (flag: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new RangeError(`${flag}: expected whole numbers above 0, got ${JSON.stringify(text)}`)
  return Number(text)
}

async function connectContestant (name: 'groupcache' | 'tcp', connect: (address: string, bytes: number) => Promise<Contestant>): Promise<Contestant> {
  const child = fork(fileURLToPath(new URL(`./contestants/${name}-server.ts`, import.meta.url)), [String(size)], { execArgv: ['--import', 'tsx'] })
  const [address] = await once(child, 'message') as [string]
  const client = await connect(address, size)
  return { ...client, close: async () => { await client.close(); child.kill() } }
}

/** Gets a second, with `inFlight` loops that each wait for their answer. */
async function round (contestant: Contestant, inFlight: number): Promise<number> {
  const until = performance.now() + ROUND_MS
  const started = performance.now()
  let made = 0
  const loop = async (at: number): Promise<void> => {
    for (let i = at; performance.now() < until; i += inFlight) {
      await contestant.get(i)
      made++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, (_, at) => loop(at)))
  return made / (performance.now() - started) * 1_000
}

function median (numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number
}

const contestants = {
  groupcache: await connectContestant('groupcache', groupcacheClient),
  'raw TCP': await connectContestant('tcp', tcpClient)
}
console.log(`${cpus()[0]?.model ?? 'unknown processor'} × ${cpus().length}, Node ${process.version}, values of ${size} bytes, medians of ${ROUNDS} rounds of ${ROUND_MS} ms\n`)
console.log('in flight   groupcache/s   spread          raw TCP/s    ratio')
for (const inFlight of inFlights) {
  const rates: Record<string, number[]> = {}
  for (let i = -1; i < ROUNDS; i++) {
    for (const [name, contestant] of Object.entries(contestants)) {
      const rate = await round(contestant, inFlight)
      // the first round warms up
      if (i >= 0) (rates[name] ??= []).push(rate)
    }
  }
  const ours = rates.groupcache as number[]
  const theirs = median(rates['raw TCP'] as number[])
  const spread = `${Math.round(Math.min(...ours))}–${Math.round(Math.max(...ours))}`
  console.log(`${String(inFlight).padStart(9)} ${String(Math.round(median(ours))).padStart(14)}   ${spread.padEnd(14)} ${String(Math.round(theirs)).padStart(10)} ${(median(ours) / theirs).toFixed(2).padStart(8)}`)
}
await Promise.all(Object.values(contestants).map(contestant => contestant.close()))
