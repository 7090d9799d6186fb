// What the tracing channels tell, as spans of the real SDK; over two processes: test/processes/traces.spec.ts.

import { trace } from '@opentelemetry/api'
import { expect } from 'chai'
import { stopClusters, testNodes } from '../support/clusters.js'
import { keyOwnedBy } from '../support/nodes.js'
import { Spans } from '../support/spans.js'
import { rejection } from '../support/thrown.js'
import type { GroupOptions, Group } from '../../src/index.js'
import type { SpanRecord } from '../support/spans.js'

/** A load ends when its key is released. */
class Gate {
  readonly #open = new Map<string, () => void>()

  readonly load = async (key: string): Promise<string> => {
    if (key.startsWith('bad')) throw new Error('no such thing')
    await new Promise<void>(resolve => { this.#open.set(key, resolve) })
    Spans.foreign(`load of ${key}`)
    return `value of ${key}`
  }

  get loading (): string[] { return [...this.#open.keys()] }

  release (key: string): void {
    this.#open.get(key)?.()
    this.#open.delete(key)
  }
}

describe('traces', () => {
  let spans: Spans
  const begin = (options?: { keys?: boolean }): void => { spans = new Spans(options) }
  afterEach(async () => {
    spans.end()
    await stopClusters()
  })

  /** Groups of two nodes. */
  async function pair (options: GroupOptions<string>): Promise<[Group<string>, Group<string>]> {
    const nodes = await testNodes(2)
    return nodes.map(node => node.group('users', options)) as [Group<string>, Group<string>]
  }
  const finished = (name: string): SpanRecord[] => spans.all().filter(span => span.name === name)

  it('say of each get where it was answered from', async () => {
    const [a] = await pair({ load: key => key })
    const [own, other] = [keyOwnedBy('n0', a), keyOwnedBy('n1', a)]
    begin()
    for (const key of [own, own, other, other]) await a.get(key)
    expect(finished('groupcache.get').map(({ attributes }) => attributes['groupcache.from'])).to.deep.equal(['begun', 'main', 'begun', 'hot'])
  })

  it('say that a get joined one under way', async () => {
    const gate = new Gate()
    const [a] = await pair({ load: gate.load })
    const key = keyOwnedBy('n0', a)
    begin()
    const gets = [a.get(key), a.get(key)]
    while (gate.loading.length === 0) await new Promise(resolve => { setImmediate(resolve) })
    gate.release(key)
    await Promise.all(gets)
    expect(finished('groupcache.get').map(({ attributes }) => attributes['groupcache.from']).sort()).to.deep.equal(['begun', 'joined'])
    expect(finished('groupcache.load')).to.have.length(1)
  })

  it('do not say keys, unless asked to', async () => {
    const [a] = await pair({ load: key => key })
    begin()
    await a.get('private')
    await a.remove('private')
    expect(JSON.stringify(spans.all())).to.not.include('private')
  })

  it('are part of what the caller traces', async () => {
    const [a] = await pair({ load: key => key })
    begin()
    const id = await trace.getTracer('app').startActiveSpan('app', async span => {
      await Promise.all([a.get(keyOwnedBy('n0', a)), a.getMany(['x', 'y']), a.remove('k'), a.set('k', 'v')])
      span.end()
      return span.spanContext().spanId
    })
    for (const name of ['groupcache.get', 'groupcache.getMany', 'groupcache.remove']) {
      expect(finished(name), name).to.not.have.length(0)
      for (const { parent } of finished(name)) expect(parent, name).to.equal(id)
    }
    expect(finished('groupcache.remove').map(({ attributes }) => attributes['groupcache.kind']).sort()).to.deep.equal(['keys', 'set'])
  })

  it('of many gets at once, and of gets beside them that are not traced together, are kept apart', async () => {
    const [a] = await pair({ load: key => key })
    const keys = [0, 40, 80].map(from => keyOwnedBy('n1', a, from))
    begin()
    await Promise.all(keys.map(key => a.get(key)))
    for (const serve of finished('groupcache.serve')) {
      const rpc = finished('groupcache.rpc').find(({ id }) => id === serve.parent)
      expect(rpc?.traceId).to.equal(serve.traceId)
    }
    expect(new Set(finished('groupcache.serve').filter(({ attributes }) => attributes['groupcache.ask'] === 'get').map(({ traceId }) => traceId)).size).to.equal(3)
  })

  it('of a load that waited for its turn are part of the get that wanted it', async () => {
    const gate = new Gate()
    const [a] = await pair({ load: gate.load, maxConcurrentLoads: 1 })
    const [first, second] = [keyOwnedBy('n0', a), keyOwnedBy('n0', a, 100)]
    begin({ keys: true })
    const gets = [a.get(first), a.get(second)]
    for (const key of [first, second]) {
      while (!gate.loading.includes(key)) await new Promise(resolve => { setImmediate(resolve) })
      gate.release(key)
    }
    await Promise.all(gets)
    for (const key of [first, second]) {
      const [get, load] = ['groupcache.get', 'groupcache.load'].map(name => finished(name).find(({ attributes }) => attributes['groupcache.key'] === key)) as [SpanRecord, SpanRecord]
      expect([load.parent, finished(`load of ${key}`)[0]?.parent], key).to.deep.equal([get.id, load.id])
    }
  })

  it('say what failed, on either side', async () => {
    const [a] = await pair({ load: new Gate().load, loadLocallyOnLoadError: false })
    const key = Array.from({ length: 100 }, (_, i) => `bad ${i}`).find(each => a.owner(each).name === 'n1') as string
    begin()
    await rejection(a.get(key))
    // the owner had asked the other one whether it has the value from before
    const isAsked = ({ attributes: { 'groupcache.ask': ask } }: SpanRecord): boolean => ask === undefined || ask === 'get'
    const failed = ['groupcache.get', 'groupcache.rpc', 'groupcache.serve', 'groupcache.load'].map(name => finished(name).find(isAsked)?.error)
    expect(failed).to.deep.equal(['LoadError', 'LoadError', 'LoadError', 'LoadError'])
  })

  it('end when they are ended', async () => {
    const [a] = await pair({ load: key => key })
    begin()
    await a.get('k')
    const before = spans.all().length
    expect(before).to.be.greaterThan(0)
    spans.end()
    await a.get('k')
    expect(spans.all()).to.have.length(before)
  })
})
