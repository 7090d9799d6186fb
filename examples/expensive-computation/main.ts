// Bytes that are expensive to compute: each document is compressed as well as brotli can, once for all nodes.

import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { brotliCompress, brotliDecompressSync, constants } from 'node:zlib'
import { bootstrap, bytes, createGroupcache } from 'groupcache'

const DOCS = new URL('../../docs/', import.meta.url)
const compress = promisify(brotliCompress)

/** Who compressed what. */
const computed: string[] = []

/** In production each node is a process of its own; two in one show the same. */
async function startNode (name: string, seeds: string[] = []) {
  const cache = await createGroupcache({
    name,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    // In production: addresses of other hosts, or what docs/discovery.md has for where you are.
    discovery: [bootstrap(seeds)]
  })
  const compressed = cache.group<Uint8Array>('brotli', {
    codec: bytes(),          // the bytes as they are, on the wire and in memory
    maxBytes: 256 * 2 ** 20, // main and hot cache together; what was used longest ago goes first
    maxConcurrentLoads: 2,   // of the cores that this may take
    load: async file => {
      computed.push(file)
      const text = await readFile(new URL(file, DOCS))
      return await compress(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
    }
  })
  return { cache, compressed }
}

const a = await startNode('a')
const b = await startNode('b', a.cache.multiaddrs.map(String))
for (const { cache } of [a, b]) await cache.ready({ members: 2, signal: AbortSignal.timeout(30_000) })

const files = (await readdir(DOCS)).filter(file => file.endsWith('.md'))

/** 20 readers at each node ask for every document at once. */
async function read (): Promise<{ bytes: number, milliseconds: number }> {
  const begin = performance.now()
  const answers = await Promise.all([a, b].flatMap(({ compressed }) =>
    Array.from({ length: 20 }, () => compressed.getMany(files))))
  const milliseconds = performance.now() - begin
  for (const answer of answers) assert.deepEqual(answer, answers[0])
  return { bytes: (answers[0] ?? []).reduce((sum, { length }) => sum + length, 0), milliseconds }
}

const cold = await read()
console.log(`cold: ${40 * files.length} documents in ${cold.milliseconds.toFixed(0)} ms, compressed ${computed.length} times`)
assert.deepEqual(computed.toSorted(), files.toSorted())

const warm = await read()
console.log(`warm: ${40 * files.length} documents in ${warm.milliseconds.toFixed(0)} ms, compressed ${computed.length} times`)
assert.equal(computed.length, files.length)

const texts = await Promise.all(files.map(file => readFile(new URL(file, DOCS))))
const size = texts.reduce((sum, { length }) => sum + length, 0)
console.log(`${files.length} documents, ${size} bytes, ${warm.bytes} compressed`)
for (const [i, file] of files.entries()) assert.deepEqual(brotliDecompressSync(await b.compressed.get(file)), texts[i])
console.log('each decompresses to what it was')

await Promise.all([a.cache.stop(), b.cache.stop()])
