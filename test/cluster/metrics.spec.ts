// Metrics by the interface of libp2p, read as Prometheus reads them: real nodes, the real registry, a parser of the format.

import { prometheusMetrics } from '@libp2p/prometheus-metrics'
import { expect } from 'chai'
import parsePrometheus from 'parse-prometheus-text-format'
import { Registry } from 'prom-client'
import { stopClusters, testCluster } from '../support/clusters.js'
import { keyOwnedBy } from '../support/nodes.js'
import { until } from '../support/until.js'
import type { Group, GroupOptions, StandaloneGroupcache } from '../../src/index.js'
import type { Sample } from 'parse-prometheus-text-format'
import type { Histogram } from 'prom-client'

interface Scrape {
  /** The samples of a metric by its label. */
  by (name: string, label: string): Record<string, number>
  value (name: string): number
  /** How often a histogram was told something, by its label. */
  counts (name: string, label: string): Promise<Record<string, number>>
  types: Map<string, string>
  labels: Set<string>
}

async function scrape (registry: Registry): Promise<Scrape> {
  const families = parsePrometheus(await registry.metrics())
  const family = (name: string): Sample[] => {
    const found = families.find(each => each.name === name)
    if (found === undefined) throw new Error(`no metric ${name} among ${families.map(each => each.name).join()}`)
    return found.metrics
  }
  const ours = families.filter(({ name }) => name.startsWith('groupcache_'))
  return {
    by: (name, label) => Object.fromEntries(family(name).map(({ labels, value }) => [labels?.[label] as string, Number(value)])),
    value: name => Number(family(name)[0]?.value),
    // the parser puts all labels of a histogram into one
    counts: async (name, label) => {
      const { values } = await (registry.getSingleMetric(name) as Histogram).get()
      return Object.fromEntries(values.filter(({ metricName }) => metricName === `${name}_count`).map(({ labels, value }) => [labels[label] as string, value]))
    },
    types: new Map(ours.map(({ name, type }) => [name, type])),
    labels: new Set(ours.flatMap(({ metrics }) => metrics.flatMap(({ labels }) => Object.keys(labels ?? {}))))
  }
}

const OPTIONS: GroupOptions<string> = {
  load: key => {
    if (key.startsWith('bad')) throw new Error('no')
    return `value of ${key}`
  },
  loadLocallyOnLoadError: false
}

describe('metrics, as Prometheus reads them', () => {
  afterEach(stopClusters)

  it('say where gets were answered from, what it cost, and what is held; counters grow by what happened since', async () => {
    const [a, b] = await pair()
    const [own, other] = [keyOwnedBy('a', a.group), keyOwnedBy('b', a.group)]
    await a.group.get(own)
    await a.group.get(own)
    await a.group.get(other)
    await a.group.get(other)
    const first = await scrape(a.registry)
    expect(first.by('groupcache_get_results_total', 'result')).to.deep.equal({ main: 1, stale: 0, hot: 1, joined: 0, peer: 1, load: 1 })
    expect(first.by('groupcache_gets_total', 'group')).to.deep.equal({ users: 4 })
    expect(first.by('groupcache_peer_gets_total', 'group')).to.deep.equal({ users: 1 })
    expect(await first.counts('groupcache_owner_load_duration_seconds', 'outcome')).to.deep.equal({ ok: 1 })
    expect(await first.counts('groupcache_rpc_duration_seconds', 'request')).to.include({ get: 1 })
    expect(first.by('groupcache_main_items', 'group')).to.deep.equal({ users: 1 })
    expect(first.by('groupcache_hot_items', 'group')).to.deep.equal({ users: 1 })
    const { bytes, hotBytes } = a.group.stats()
    expect([first.by('groupcache_main_bytes', 'group'), first.by('groupcache_hot_bytes', 'group')]).to.deep.equal([{ users: bytes }, { users: hotBytes }])
    expect((await scrape(b.registry)).by('groupcache_server_gets_total', 'group')).to.deep.equal({ users: 1 })
    await a.group.get(own)
    const second = await scrape(a.registry)
    expect(second.by('groupcache_gets_total', 'group')).to.deep.equal({ users: 5 })
    expect(second.by('groupcache_get_results_total', 'result')).to.include({ main: 2, hot: 1 })
  })

  it('say how loads and requests ended', async () => {
    const [a] = await pair()
    const [own, other] = [badKeyOwnedBy('a', a.group), badKeyOwnedBy('b', a.group)]
    for (const key of [own, other]) await a.group.get(key).then(() => { throw new Error('expected it to fail') }, () => {})
    const read = await scrape(a.registry)
    expect(await read.counts('groupcache_owner_load_duration_seconds', 'outcome')).to.deep.equal({ error: 1 })
    expect(read.by('groupcache_rpc_errors_total', 'request')).to.deep.equal({ get: 1 })
  })

  it('say who is there, what part of the keys is this node\'s, who came and went, and what was handed over', async () => {
    const [a, b] = await pair()
    await Promise.all(Array.from({ length: 20 }, (_, i) => b.group.get(keyOwnedBy('b', b.group, i * 40))))
    const before = await scrape(a.registry)
    expect(before.by('groupcache_members', 'state')).to.deep.equal({ alive: 2, suspect: 0 })
    expect(before.value('groupcache_connections')).to.equal(1)
    const shares = [before.value('groupcache_ring_share'), (await scrape(b.registry)).value('groupcache_ring_share')] as const
    expect(shares[0] + shares[1]).to.be.closeTo(1, 1e-9)
    await b.node.stop()
    const left = await scrape(b.registry)
    const { items } = a.group.stats()
    expect(items).to.be.greaterThan(0)
    expect(left.by('groupcache_hand_over_keys_total', 'step')).to.deep.equal({ offered: items, taken: items })
    await until(() => a.node.members.length === 1)
    const after = await scrape(a.registry)
    expect(after.by('groupcache_members', 'state')).to.deep.equal({ alive: 1, suspect: 0 })
    expect(after.by('groupcache_member_events_total', 'event')).to.include({ join: 1, leave: 1 })
    expect(after.value('groupcache_ring_share')).to.equal(1)
    expect(after.by('groupcache_taken_over_total', 'group')).to.deep.equal({ users: items })
  })

  it('are counters where their name says so, with labels that are few', async () => {
    const [a] = await pair()
    await a.group.get('k')
    const { types, labels } = await scrape(a.registry)
    for (const [name, type] of types) expect(type, name).to.equal(name.endsWith('_total') ? 'COUNTER' : name.endsWith('_seconds') ? 'HISTOGRAM' : 'GAUGE')
    expect([...labels].sort()).to.deep.equal(['event', 'group', 'outcome', 'request', 'result', 'state', 'step'].filter(label => labels.has(label)))
    expect(types.size).to.be.greaterThan(20)
  })
})

interface Metered { node: StandaloneGroupcache, registry: Registry, group: Group<string> }

/** Nodes a and b. */
async function pair (): Promise<[Metered, Metered]> {
  const registries = [new Registry(), new Registry()] as const
  const cluster = await testCluster(2, {
    member: index => ({ name: 'ab'.charAt(index), metrics: prometheusMetrics({ registry: registries[index] as Registry, collectDefaultMetrics: false }) })
  })
  const groups = cluster.group('users', OPTIONS)
  return registries.map((registry, index) => ({ node: cluster.nodes[index], registry, group: groups[index] })) as [Metered, Metered]
}

function badKeyOwnedBy (name: string, group: Group<string>): string {
  const key = Array.from({ length: 1_000 }, (_, i) => `bad ${i}`).find(each => group.owner(each).name === name)
  if (key === undefined) throw new Error(`${name} owns none of them`)
  return key
}
