// What the documents say of metrics is what there is, and their picture of the bench says what its table does.

import { prometheusMetrics } from '@libp2p/prometheus-metrics'
import { expect } from 'chai'
import { existsSync, readFileSync } from 'node:fs'
import { Registry } from 'prom-client'
import { barChart } from '../bench/suite/bar-chart.js'
import { ratios } from '../bench/suite/table.js'
import { RATES } from '../src/rpc/allowance.js'
import { startNode, stopNodes } from './support/nodes.js'

const read = (file: string): string => readFileSync(new URL(`../docs/${file}`, import.meta.url), 'utf8')

describe('the documents', () => {
  let names: string[] = []
  before(async () => {
    const registry = new Registry()
    await startNode({ metrics: prometheusMetrics({ registry, collectDefaultMetrics: false }) })
    names = registry.getMetricsAsArray().map(({ name }) => name).filter(name => name.startsWith('groupcache_')).sort()
  })
  after(stopNodes)

  it('list all metrics, and none that there is not', () => {
    const listed = [...read('operating.md').matchAll(/^\| `(groupcache_\w+)` \|/gm)].map(([, name]) => name)
    expect(listed.sort()).to.deep.equal(names)
  })

  it('have a dashboard that asks for metrics that there are', () => {
    const dashboard = JSON.parse(read('grafana/groupcache.json')) as { panels: Array<{ title: string, targets: Array<{ expr: string }> }> }
    for (const { title, targets } of dashboard.panels) {
      for (const { expr } of targets) {
        const asked = [...expr.matchAll(/groupcache_\w+/g)].map(([name]) => name.replace(/_(?:count|bucket)$/, ''))
        expect(asked, title).to.not.have.length(0)
        for (const name of asked) expect(names, title).to.include(name)
      }
    }
  })

  it('have a picture of the bench that says what its table does: node --import tsx bench/chart.ts', () => {
    const drawn = ratios(read('performance.md'))
    expect(drawn).to.have.length.above(10)
    expect(read('images/performance.svg')).to.equal(barChart(drawn))
  })

  it('name tests of each threat that there are', () => {
    const named = [...read('security.md').matchAll(/`(test\/[\w/.-]+)`/g)].map(([, file]) => file as string)
    expect(named.length).to.be.greaterThan(20)
    expect(named.filter(file => !existsSync(new URL(`../${file}`, import.meta.url)))).to.deep.equal([])
  })

  it('give the allowances that there are', () => {
    const text = read('security.md')
    const shown = (rate: number): string => rate.toLocaleString('en')
    for (const { burst, perSecond, what } of Object.values(RATES)) expect(text, what).to.include(`| ${shown(burst)} | ${shown(perSecond)} |`)
  })
})
