// One process of hit-cost.ts: the median of some rounds of gets that are answered from memory, in nanoseconds, on standard output.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as library from '../src/index.js'

const KEYS = 1_000
const GETS = 200_000
const ROUNDS = 15

const { createGroupcache } = await import(pathToFileURL(join(process.argv[2] as string, 'index.js')).href) as typeof library
const node = await createGroupcache({ discovery: [], listen: ['/ip4/127.0.0.1/tcp/0'] })
const group = node.group<string>('group', { load: key => `value of ${key}` })
const keys = Array.from({ length: KEYS }, (_, i) => `key-${i}`)
await group.getMany(keys)
const times: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  const begin = performance.now()
  for (let i = 0; i < GETS; i++) await group.get(keys[i % KEYS] as string)
  times.push((performance.now() - begin) * 1e6 / GETS)
}
await node.stop()
console.log([...times].sort((a, b) => a - b)[Math.floor(ROUNDS / 2)])
