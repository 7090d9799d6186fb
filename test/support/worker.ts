// A process of a test cluster: one member, driven over IPC by worker-process.ts. Run with tsx.

import { bootstrap, createGroupcache, host, mdns, stopOnSignals } from '../../src/index.js'
import { AbortableGets, HeldLoads } from './held-loads.js'
import { answerCalls } from './ipc-calls.js'
import { OriginClient, tagOf } from './origin.js'
import { Spans } from './spans.js'
import { Traffic, valueOf } from './traffic.js'
import type { Group, GroupcacheOptions, StandaloneGroupcache } from '../../src/index.js'
import type { Calls, WorkerOptions } from './worker-process.js'

let node: StandaloneGroupcache | undefined
let group: Group<string> | undefined
let origin: OriginClient | undefined
let traffic: Traffic | undefined
let spans: Spans | undefined
const held = new HeldLoads()
const gets = new AbortableGets()
let loads: string[] = []
/** Gets that failed while `hammer` ran, as text. */
let failures: string[] = []
let hammered = 0
const hammering = { isOn: false }

function optionsOf ({ discovery, group: _group, loadDelay: _loadDelay, origin: _origin, ...options }: WorkerOptions): GroupcacheOptions {
  const sources = discovery === 'host' ? [host()] : discovery === 'mdns' ? [mdns({ interval: 500 })] : [bootstrap(discovery)]
  return { listen: ['/ip4/127.0.0.1/tcp/0'], ...options, discovery: sources }
}

function started (): { node: StandaloneGroupcache, group: Group<string> } {
  if (node === undefined || group === undefined) throw new Error('the worker was not started')
  return { node, group }
}

function busy (): Traffic {
  if (traffic === undefined) throw new Error('the worker was told of no origin')
  return traffic
}

const calls: Calls = {
  async start (options) {
    if (options.origin !== undefined) origin = await OriginClient.connect(options.origin)
    const created = await createGroupcache(optionsOf(options))
    node = created
    group = created.group<string>('group', {
      ...options.group,
      load: async (key, context) => {
        loads.push(key)
        if (spans !== undefined) Spans.foreign('the loader\'s own')
        await held.hold(key, context.signal)
        if (origin !== undefined) {
          context.setTags([tagOf(key)])
          return valueOf(key, await origin.read(key), 'load')
        }
        if (options.loadDelay !== undefined) await new Promise(resolve => { setTimeout(resolve, options.loadDelay) })
        return `${key} from ${created.name}`
      }
    })
    for (const kind of ['join', 'leave', 'fail'] as const) {
      created.addEventListener(`member:${kind}`, event => { process.send?.({ event: `member:${kind}`, name: event.detail.name }) })
    }
    return created.multiaddrs.map(String)
  },
  async ready (members) {
    await started().node.ready({ members, signal: AbortSignal.timeout(20_000) })
  },
  addresses: () => started().node.multiaddrs.map(String),
  members: () => started().node.members.map(member => member.name).sort(),
  connections: () => started().node.stats().connections,
  get: key => started().group.get(key),
  async getTimes (key, times) {
    const { group } = started()
    return [...new Set(await Promise.all(Array.from({ length: times }, () => group.get(key))))]
  },
  owner: key => started().group.owner(key).name,
  loads: () => loads,
  stats: () => started().group.stats(),
  hammer (keys) {
    const { group } = started()
    failures = []
    loads = []
    hammered = 0
    hammering.isOn = true
    const loop = async (from: number): Promise<void> => {
      for (let i = from; hammering.isOn; i++) {
        const key = keys[i % keys.length] as string
        try {
          const value = await group.get(key)
          if (!value.startsWith(`${key} from `)) failures.push(`${key}: wrong value ${value}`)
          hammered++
        } catch (err) {
          failures.push(`${key}: ${String(err)}`)
        }
        await new Promise(resolve => { setImmediate(resolve) })
      }
    }
    for (let i = 0; i < 4; i++) void loop(i * 7)
  },
  hammered: () => hammered,
  endHammer () {
    hammering.isOn = false
    return failures
  },
  startTraffic (options) {
    const { node, group } = started()
    if (origin === undefined) throw new Error('the worker was told of no origin')
    traffic = new Traffic({ node: node.name, group, origin, ...options, report: report => { process.send?.(report) } })
    traffic.start()
  },
  endTraffic: () => busy().end(),
  sweep: () => busy().sweep(),
  update: (kind, keys) => busy().update(kind, keys),
  beginGet (key) {
    gets.begin(key, signal => started().group.get(key, { signal }))
  },
  abortGet: key => gets.abort(key),
  outcome: key => gets.outcome(key),
  heldLoads: () => held.all,
  release: key => { held.release(key) },
  trace () {
    spans = new Spans({ keys: true })
  },
  spans: () => spans?.all() ?? [],
  stopOnSignals () {
    stopOnSignals(started().node)
  },
  async stop () {
    await node?.stop()
  }
}

answerCalls(calls)
process.on('disconnect', () => { process.exit() })
process.send?.({ event: 'up', name: '' })
