// What of a process could grow without end: memory, handles, timers, listeners; and how late its event loop is.

import { getEventListeners } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapCodeStatistics } from 'node:v8'
import type { GroupStats, StandaloneGroupcache } from '../../src/index.js'

const MIB = 1024 * 1024

/** MiB, milliseconds and counts. */
export interface Vitals {
  rss: number
  heap: number
  /** Of the heap, functions that V8 has compiled, which it goes on with for hours under a light load. Bounded by the program, so it is told apart. */
  code: number
  /** The heap without these. */
  data: number
  /** All memory outside of the heap that V8 knows of, array buffers included. */
  external: number
  buffers: number
  /** Sockets, servers, pipes and requests that are open. */
  handles: number
  sockets: number
  timers: number
  /** On the libp2p node, its connections and their streams, on the process, and on a signal that all gets share. */
  listeners: number
  streams: number
  connections: number
  members: number
  delayP99: number
  delayMax: number
  /** Of all groups, as they count themselves. */
  items: number
  bytes: number
  gets: number
  loads: number
}

export const VITALS: ReadonlyArray<keyof Vitals> = ['rss', 'heap', 'code', 'data', 'external', 'buffers', 'handles', 'sockets', 'timers', 'listeners', 'streams', 'connections', 'members', 'delayP99', 'delayMax', 'items', 'bytes', 'gets', 'loads']

/**
 * Counts all timers made by setTimeout and setInterval from now on that wait, also those that would not keep the
 * process alive, of which Node tells nothing.
 */
export function countTimers (): () => number {
  const waiting = new Set<unknown>()
  const { setTimeout: set, setInterval: repeat, clearTimeout: clear } = globalThis
  const setTimeout = (task: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): NodeJS.Timeout => {
    const timer: NodeJS.Timeout = set(() => {
      waiting.delete(timer)
      task(...args)
    }, ms)
    waiting.add(timer)
    return timer
  }
  const setInterval = (task: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): NodeJS.Timeout => {
    const timer = repeat(task, ms, ...args)
    waiting.add(timer)
    return timer
  }
  const clearTimeout = (timer?: NodeJS.Timeout | number | string): void => {
    waiting.delete(timer)
    clear(timer)
  }
  Object.assign(globalThis, { setTimeout: Object.assign(setTimeout, set), setInterval, clearTimeout, clearInterval: clearTimeout })
  return () => waiting.size
}

/** Something that says how many listeners it has for an event, as everything of libp2p does. */
interface Listened { listenerCount (event: string): number }

const NODE_EVENTS = ['peer:connect', 'peer:disconnect', 'peer:discovery', 'peer:identify', 'peer:update', 'connection:open', 'connection:close', 'transport:listening', 'self:peer:update', 'start', 'stop']
const SERVICE_EVENTS = ['member:join', 'member:leave', 'member:fail', 'ring:change', 'handover:progress']
const CONNECTION_EVENTS = ['close', 'message', 'drain', 'remoteClose', 'stream', 'idle', 'closed']
const STREAM_EVENTS = ['message', 'drain', 'close', 'remoteCloseWrite', 'remoteCloseRead', 'idle']
const PUBSUB_EVENTS = ['message', 'subscription-change', 'gossipsub:message', 'gossipsub:heartbeat', 'gossipsub:graft', 'gossipsub:prune']

const LOOKS_PER_CODE = 10

export class VitalSigns {
  readonly #node: StandaloneGroupcache
  readonly #timers: () => number
  readonly #signal: AbortSignal
  readonly #delay = monitorEventLoopDelay({ resolution: 10 })
  #code = 0
  #looks = 0

  /** @param signal - one that many gets share */
  constructor (node: StandaloneGroupcache, signal: AbortSignal, timers: () => number) {
    this.#node = node
    this.#signal = signal
    this.#timers = timers
    this.#delay.enable()
  }

  end (): void {
    this.#delay.disable()
  }

  /** The delays are those since the last time. */
  now (): Vitals {
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
    // it looks through the whole heap
    if (this.#looks++ % LOOKS_PER_CODE === 0) this.#code = compiledCode()
    // of timers it tells only those that keep the process alive
    const kinds = process.getActiveResourcesInfo().filter(kind => kind !== 'Timeout' && kind !== 'Immediate')
    const { members, groups } = this.#node.stats()
    const connections = this.#node.libp2p.getConnections()
    const streams = connections.flatMap(({ streams }) => streams)
    const total = (name: keyof GroupStats): number => Object.values(groups).reduce((sum, stats) => sum + stats[name], 0)
    const vitals: Vitals = {
      rss: rss / MIB,
      heap: heapUsed / MIB,
      code: this.#code / MIB,
      data: (heapUsed - this.#code) / MIB,
      external: external / MIB,
      buffers: arrayBuffers / MIB,
      handles: kinds.length,
      sockets: kinds.filter(kind => kind === 'TCPSocketWrap').length,
      timers: this.#timers(),
      listeners: this.#listeners([...connections, ...streams]),
      streams: streams.length,
      connections: connections.length,
      members,
      delayP99: this.#delay.percentile(99) / 1e6,
      delayMax: this.#delay.max / 1e6,
      items: total('items') + total('hotItems'),
      bytes: (total('bytes') + total('hotBytes')) / MIB,
      gets: total('gets'),
      loads: total('loads')
    }
    this.#delay.reset()
    return vitals
  }

  /** How many of each kind are open. */
  kinds (): Record<string, number> {
    const kinds: Record<string, number> = {}
    for (const kind of process.getActiveResourcesInfo()) kinds[kind] = (kinds[kind] ?? 0) + 1
    return kinds
  }

  #listeners (network: readonly unknown[]): number {
    const { libp2p } = this.#node
    // what libp2p's own parts and this library listen to; the node itself passes it on
    const { events } = (libp2p as unknown as { components: { events: unknown } }).components
    const ofProcess = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
    const counts = [
      count(libp2p, NODE_EVENTS),
      count(events, NODE_EVENTS),
      count(this.#node, SERVICE_EVENTS),
      count(libp2p.services['pubsub'], PUBSUB_EVENTS),
      ...network.map(each => count(each, [...CONNECTION_EVENTS, ...STREAM_EVENTS])),
      getEventListeners(this.#signal, 'abort').length
    ]
    return counts.reduce((sum, each) => sum + each, ofProcess)
  }
}

function compiledCode (): number {
  const { code_and_metadata_size: machine, bytecode_and_metadata_size: bytecode } = getHeapCodeStatistics()
  return machine + bytecode
}

function count (target: unknown, events: readonly string[]): number {
  if (typeof (target as Partial<Listened> | undefined)?.listenerCount !== 'function') return 0
  return [...new Set(events)].reduce((sum, event) => sum + (target as Listened).listenerCount(event), 0)
}
