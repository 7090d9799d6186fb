// A get of another member's key is one trace over both processes: two real ones, each with the real SDK of OpenTelemetry.

import { expect } from 'chai'
import { until } from '../support/until.js'
import { endWorkers, startWorkers } from '../support/worker-process.js'
import type { SpanRecord } from '../support/spans.js'
import type { WorkerProcess } from '../support/worker-process.js'

describe('traces over two processes', () => {
  afterEach(endWorkers)

  it('lead from the get over the request to the load at the owner, and what the loader traces is part of it', async () => {
    const [asker, owner] = await startWorkers(2, { discovery: 'host', cluster: `traces-${process.pid}` }) as [WorkerProcess, WorkerProcess]
    await Promise.all([asker.call('trace'), owner.call('trace')])
    const key = await keyOf(owner, asker)
    await asker.call('get', key)
    const [here, there] = await Promise.all([spansOf(asker, 2), spansOf(owner, 3)])
    const [get, rpc] = [named(here, 'groupcache.get'), named(here, 'groupcache.rpc')]
    const [serve, load, own] = [named(there, 'groupcache.serve'), named(there, 'groupcache.load'), named(there, 'the loader\'s own')]
    expect(new Set([get, rpc, serve, load, own].map(({ traceId }) => traceId)).size).to.equal(1)
    expect([get.parent, rpc.parent, serve.parent, load.parent, own.parent]).to.deep.equal([undefined, get.id, rpc.id, serve.id, load.id])
    expect([rpc.kind, serve.kind]).to.deep.equal(['CLIENT', 'SERVER'])
    expect(get.attributes).to.deep.equal({ 'groupcache.group': 'group', 'groupcache.key': key, 'groupcache.from': 'begun' })
    expect(load.attributes).to.deep.equal({ 'groupcache.group': 'group', 'groupcache.key': key, 'groupcache.owner': true })
  })
})

/** The first key that `owner` owns. */
async function keyOf (owner: WorkerProcess, asker: WorkerProcess): Promise<string> {
  for (let i = 0; i < 1_000; i++) {
    if (await asker.call('owner', `k${i}`) === owner.name) return `k${i}`
  }
  throw new Error(`${owner.name} owns none of 1,000 keys`)
}

async function spansOf (worker: WorkerProcess, count: number): Promise<SpanRecord[]> {
  let spans: SpanRecord[] = []
  await until(async () => (spans = (await worker.call('spans')).filter(({ attributes }) => attributes['groupcache.ask'] !== 'moved 3')).length >= count)
  return spans
}

function named (spans: readonly SpanRecord[], name: string): SpanRecord {
  const found = spans.filter(span => span.name === name)
  expect(found.map(span => span.name), `spans: ${spans.map(span => span.name).join()}`).to.deep.equal([name])
  return found[0] as SpanRecord
}
