// A process of the chaos suite: one member under load, driven over IPC. Bundled by bundle.ts, so that it starts fast.

import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { writeSync } from 'node:fs'
import { bootstrap, createGroupcache } from '../../src/index.js'
import { now } from '../support/history.js'
import { answerCalls } from '../support/ipc-calls.js'
import { OriginClient, tagOf } from '../support/origin.js'
import { valueOf } from '../support/traffic.js'
import { GROUPS, LOAD_TIMEOUT } from './reports.js'
import { WorkerLoad } from './worker-load.js'
import { mutate } from './worker-mutations.js'
import type { Group, StandaloneGroupcache } from '../../src/index.js'
import type { ChaosCalls, GroupPlan, WorkerReport } from './reports.js'

/** Milliseconds after its member has stopped within which the process has to end by itself. */
const END_DEADLINE = 5_000
/** What is pending when a member has stopped ends within so many milliseconds: at once, but for updates that still wait for the origin to write. */
const SETTLE_TIME = 10_000

let node: StandaloneGroupcache | undefined
let groups: Array<Group<string>> = []
let origin: OriginClient | undefined
let load: WorkerLoad | undefined
let isOver = false

function report (report: WorkerReport): void {
  if (process.connected) process.send?.(report)
}

function odd (what: string): void {
  report({ oddity: what })
  writeSync(2, `${what}\n`)
}

process.on('warning', warning => { odd(`warning: ${warning.stack ?? warning.message}`) })
process.on('unhandledRejection', reason => { odd(`unhandled rejection: ${reason instanceof Error ? reason.stack ?? reason.message : String(reason)}`) })
process.on('uncaughtException', err => {
  odd(`uncaught exception: ${err.stack ?? err.message}`)
  process.exit(70)
})
// without its test nobody needs it
process.on('disconnect', () => { if (!isOver) process.exit() })

/** Connections go out from this address, by which a proxy knows who dials. */
function dialFrom (localAddress: string): void {
  const connect = net.connect.bind(net) as (options: object) => net.Socket
  Object.assign(net, { connect: (options: net.NetConnectOpts) => connect('path' in options ? options : { ...options, localAddress }) })
}

function groupOf (node: StandaloneGroupcache, { name, maxBytes, padding }: GroupPlan, origin: OriginClient): Group<string> {
  return node.group<string>(name, {
    maxBytes,
    loadTimeout: LOAD_TIMEOUT,
    load: async (key, context) => {
      context.setTags([tagOf(key)])
      return valueOf(key, await origin.read(key), 'load', padding)
    }
  })
}

function started<T> (what: T | undefined): T {
  if (what === undefined) throw new Error('the worker was not started')
  return what
}

const calls: ChaosCalls = {
  async start ({ name, cluster, listen, announce, discovery, localAddress, secret, origin: path }) {
    mutate(process.env['CHAOS_MUTATION'])
    if (localAddress !== undefined) dialFrom(localAddress)
    const client = await OriginClient.connect(path, name)
    const created = await createGroupcache({
      name,
      cluster,
      listen: [listen],
      ...announce === undefined ? {} : { announce: [announce] },
      ...secret === undefined ? {} : { secret },
      discovery: [bootstrap(discovery)]
    })
    groups = GROUPS.map(plan => groupOf(created, plan, client))
    for (const kind of ['join', 'leave', 'fail'] as const) {
      created.addEventListener(`member:${kind}`, ({ detail }) => { report({ view: { at: now(), kind, peerId: detail.peerId.toString(), name: detail.name } }) })
    }
    for (const { self, peerId, name } of created.members) if (!self) report({ view: { at: now(), kind: 'join', peerId: peerId.toString(), name } })
    node = created
    origin = client
    return created.peerId.toString()
  },
  async ready (members, timeout) {
    return started(node).ready({ members, signal: AbortSignal.timeout(timeout) }).then(() => true, () => false)
  },
  load (options) {
    load = new WorkerLoad({ node: started(node).peerId.toString(), groups, origin: started(origin), options, report })
    load.start()
  },
  endUpdates: () => started(load).endUpdates(),
  removeAll: (group, keys) => started(load).removeAll(group, keys),
  sweep: () => started(load).sweep(),
  endGets: () => started(load).endGets(),
  waiting: () => started(load).waiting(),
  stall (ms) {
    // no CPU is spent on it: others need that
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  },
  async stop () {
    isOver = true
    const begin = now()
    await started(node).stop()
    const took = Math.round((now() - begin) / 1e6)
    const patience = new AbortController()
    await Promise.race([Promise.all([load?.endUpdates(), load?.endGets()]), delay(SETTLE_TIME, undefined, { signal: patience.signal }).catch(() => {})])
    // a timer that is left would keep the process
    patience.abort()
    const unsettled = load?.open ?? 0
    origin?.close()
    setTimeout(() => { if (process.connected) process.disconnect() }, 50)
    setTimeout(() => {
      odd(`the process does not end by itself: ${process.getActiveResourcesInfo().join()}`)
      process.exit(71)
    }, END_DEADLINE).unref()
    return { took, unsettled }
  }
}

answerCalls(calls)
report({})
