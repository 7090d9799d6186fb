// What an operator sees: a get as one trace over two nodes, and the metrics of a node as Prometheus scrapes them.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { prometheusMetrics } from '@libp2p/prometheus-metrics'
import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { bootstrap, createGroupcache } from 'groupcache'
import { traceGroupcache } from 'groupcache/opentelemetry'
import { Registry } from 'prom-client'
import { showTrace } from './show-trace.js'
import type { AddressInfo } from 'node:net'

// OpenTelemetry, as any application sets it up. In production NodeSDK of @opentelemetry/sdk-node does all of this, and the exporter
// is OTLPTraceExporter.
const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
trace.setGlobalTracerProvider(provider)
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())

traceGroupcache() // and groupcache is traced from here on

const tracer = trace.getTracer('shop')

/** In production each node is a process of its own; two in one show the same. */
async function startNode (name: string, seeds: string[] = []) {
  const registry = new Registry()
  const cache = await createGroupcache({
    name,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    // In production: addresses of other hosts, or what docs/discovery.md has for where you are.
    discovery: [bootstrap(seeds)],
    metrics: prometheusMetrics({ registry, collectDefaultMetrics: false })
  })
  const prices = cache.group<number>('prices', {
    load: key => tracer.startActiveSpan('SELECT price', span => {
      span.end()
      return key.length
    })
  })
  return { cache, prices, registry }
}

const a = await startNode('a')
const b = await startNode('b', a.cache.multiaddrs.map(String))
for (const { cache } of [a, b]) await cache.ready({ members: 2, signal: AbortSignal.timeout(30_000) })

// A request at node a, of a key that node b owns: the database is asked over there.
const key = Array.from({ length: 1_000 }, (_, i) => `product ${i}`).find(key => a.prices.owner(key).name === 'b')
assert(key !== undefined)
await tracer.startActiveSpan('GET /price', async span => {
  await a.prices.get(key)
  await a.prices.get(key)
  span.end()
})
await provider.forceFlush()
const shown = showTrace(exporter.getFinishedSpans())
for (const line of shown) console.log(line)
// the loader's span is below node b's, and that one below the request's at node a
assert.match(shown.join('\n'), /^GET .*\n {2}groupcache\.get .*\n {4}groupcache\.rpc .*\n {6}groupcache\.serve .*\n(.*\n)* {8}groupcache\.load .*\n {10}SELECT price /)

// What Prometheus does every 15 seconds: GET /metrics.
const server = createServer((_, response) => {
  void a.registry.metrics().then(text => response.setHeader('content-type', a.registry.contentType).end(text))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`)
const scrape = (await response.text()).split('\n')
server.close()

const expected = [
  'groupcache_gets_total{group="prices"} 2',
  'groupcache_peer_hits_total{group="prices"} 1',
  'groupcache_hot_hits_total{group="prices"} 1',
  'groupcache_loads_total{group="prices"} 0',
  'groupcache_members{state="alive"} 2'
]
console.log()
for (const line of expected) console.log(scrape.find(found => found === line) ?? `missing: ${line}`)
console.log(`and ${scrape.filter(line => line.startsWith('# TYPE')).length} metrics in all, those of libp2p among them`)
for (const line of expected) assert(scrape.includes(line), line)

await Promise.all([a.cache.stop(), b.cache.stop()])
