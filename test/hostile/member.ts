// A process with an honest member: the victim, or the one that makes gets of the victim's keys. Run by arena.ts.

import { bootstrap, createGroupcache } from '../../src/index.js'
import { until } from '../support/until.js'
import { getFor } from './gets.js'
import { answerCalls } from './remote.js'
import { CLUSTER, GROUP, LARGE, hangingLoads, loads } from './values.js'
import type { Group, StandaloneGroupcache } from '../../src/index.js'
import type { Speed } from './gets.js'

const KEYS = 200
/** Callers of the victim's own that want keys of the attacker. */
const ASKING = 4

export interface Memory { rss: number, peak: number }

let node: StandaloneGroupcache | undefined
let group: Group<string> | undefined
let keys: string[] = []
let peak = 0

function started (): { node: StandaloneGroupcache, group: Group<string> } {
  if (node === undefined || group === undefined) throw new Error('the member was not started')
  return { node, group }
}

const calls = {
  async start (name: string, seeds: string[]): Promise<string> {
    node = await createGroupcache({ cluster: CLUSTER, name, listen: ['/ip4/127.0.0.1/tcp/0'], discovery: seeds.length === 0 ? [] : [bootstrap(seeds)] })
    group = node.group<string>(GROUP, { load: loads, hot: false, maxBytes: 64 * 1024 * 1024, maxValueBytes: LARGE * 2 })
    setInterval(() => { peak = Math.max(peak, process.memoryUsage.rss()) }, 20).unref()
    return node.multiaddrs.map(String)[0] as string
  },
  async ready (members: number): Promise<void> {
    await started().node.ready({ members, signal: AbortSignal.timeout(90_000) })
  },
  members: () => started().node.members.map(({ name }) => name).sort(),
  isMember: (id: string) => started().node.members.some(({ peerId }) => peerId.toString() === id),
  /** Gets of keys of the member `name` from now on. */
  aim (name: string): void {
    keys = []
    for (let i = 0; keys.length < KEYS; i++) if (started().group.owner(`key-${i}`).name === name) keys.push(`key-${i}`)
  },
  /** @param rate - gets a second; none = as many as it can, which comes as null over IPC */
  measure: (ms: number, rate?: number | null): Promise<Speed> => getFor(ms, started().group, keys, rate ?? undefined),
  /** Gets keys of the member `name` for a while. @returns those that failed */
  async ask (name: string, ms: number): Promise<string[]> {
    const { group } = started()
    const owned = Array.from({ length: 5_000 }, (_, i) => `asked-${i}`).filter(key => group.owner(key).name === name).slice(0, KEYS)
    const failed: string[] = []
    const end = performance.now() + ms
    const loop = async (from: number): Promise<void> => {
      for (let i = from; performance.now() < end; i += ASKING) {
        const key = owned[i % owned.length]
        // the attacker was refused meanwhile, and owns nothing
        if (key === undefined) return
        try {
          await group.get(key, { timeout: Math.max(1, end - performance.now()) })
        } catch (err) {
          // at the end the callers go
          if ((err as Error).name !== 'TimeoutError') failed.push(`${key}: ${String(err)}`)
        }
        await new Promise(resolve => { setTimeout(resolve, 5) })
      }
    }
    await Promise.all(Array.from({ length: ASKING }, (_, i) => loop(i)))
    return failed
  },
  /** One more member asks on a stream of its own that has been there all along. */
  get: (key: string) => started().group.get(key),
  /** What is held now that nobody needs is let go first, so that growth is what is really held, and no load of an earlier attacker's is in the way. */
  async settle (): Promise<Memory> {
    await until(() => hangingLoads() === 0, { timeout: 60_000, what: 'no load hangs' })
    global.gc?.()
    global.gc?.()
    peak = 0
    return calls.memory()
  },
  /** Milliseconds of processor time that this process has used. */
  busy (): number {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000
  },
  memory (): Memory {
    const rss = process.memoryUsage.rss()
    peak = Math.max(peak, rss)
    return { rss, peak }
  }
}

export type MemberCalls = typeof calls
answerCalls(calls)
