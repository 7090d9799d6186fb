// The process of the attackers: for each attack a member of its own, which does what the attack does. Run by arena.ts.

import { bootstrap, createGroupcache } from '../../src/index.js'
import { attacks } from './attacks/index.js'
import { answerCalls } from './remote.js'
import { CLUSTER, GROUP, loads } from './values.js'
import type { Group, StandaloneGroupcache } from '../../src/index.js'
import type { Connection, Stream } from '@libp2p/interface'
import type { Attack, Target } from './attack.js'

/** Between two attempts of an attacker that was cut off. */
const PAUSE = 25

class Victim implements Target {
  readonly node: StandaloneGroupcache
  readonly group: Group<string>
  readonly address: string
  readonly port: number
  readonly over: Promise<void>
  isOver = false
  /** Milliseconds after the attack began. */
  cutOffAfter: number | undefined
  readonly #begin = performance.now()
  readonly #end: () => void

  constructor (node: StandaloneGroupcache, group: Group<string>, address: string) {
    this.node = node
    this.group = group
    this.address = address
    this.port = Number(/tcp\/(\d+)/.exec(address)?.[1])
    const over = Promise.withResolvers<void>()
    this.over = over.promise
    this.#end = () => {
      this.isOver = true
      over.resolve()
    }
  }

  end (): void {
    this.#end()
  }

  protocol (name: string): string {
    return `/groupcache/${CLUSTER}/${name}/1.0.0`
  }

  async connect (): Promise<Connection> {
    while (!this.isOver) {
      try {
        const { multiaddr } = await import('@multiformats/multiaddr')
        const connection = await this.node.libp2p.dial(multiaddr(this.address), { signal: AbortSignal.timeout(2_000) })
        connection.addEventListener('close', () => { this.wasCutOff() }, { once: true })
        return connection
      } catch {
        this.wasCutOff()
        await this.rest(PAUSE)
      }
    }
    throw new Over()
  }

  async open (name: 'rpc' | 'members' | 'hand-over'): Promise<Stream> {
    while (!this.isOver) {
      const connection = await this.connect()
      try {
        const stream = await connection.newStream(this.protocol(name), { signal: AbortSignal.timeout(2_000), maxOutboundStreams: Infinity })
        stream.addEventListener('close', () => { this.wasCutOff() }, { once: true })
        return stream
      } catch {
        this.wasCutOff()
        await this.rest(PAUSE)
      }
    }
    throw new Over()
  }

  wasCutOff (): void {
    if (!this.isOver) this.cutOffAfter ??= performance.now() - this.#begin
  }

  rest (ms = 1): Promise<void> {
    return Promise.race([this.over, new Promise<void>(resolve => { setTimeout(resolve, ms) })])
  }
}

class Over extends Error {
  override name = 'Over'
}

export interface Fought { cpu: number, cutOffAfter: number | undefined, failure: string | undefined }

let node: StandaloneGroupcache | undefined
let group: Group<string> | undefined
let address = ''
let fighting: Victim | undefined

const calls = {
  attacks: () => attacks.map(({ name }) => name),
  /** A fresh member. */
  async join (name: string, victim: string): Promise<string> {
    address = victim
    node = await createGroupcache({ cluster: CLUSTER, name, listen: ['/ip4/127.0.0.1/tcp/0'], discovery: [bootstrap([victim])], handOver: { timeout: 0 } })
    group = node.group<string>(GROUP, { load: loads, hot: false })
    await node.ready({ members: 3, signal: AbortSignal.timeout(90_000) })
    return node.peerId.toString()
  },
  async leave (): Promise<void> {
    await node?.stop()
    node = undefined
  },
  async attack (name: string, ms: number): Promise<Fought> {
    const attack = attacks.find(each => each.name === name) as Attack
    if (node === undefined || group === undefined) throw new Error('the attacker has not joined')
    const victim = fighting = new Victim(node, group, address)
    const before = process.cpuUsage()
    const timer = setTimeout(() => { victim.end() }, ms)
    let failure: string | undefined
    try {
      await attack.run(victim)
    } catch (err) {
      if (!(err instanceof Over)) failure = err instanceof Error ? `${err.name}: ${err.message}` : String(err)
    }
    await victim.over
    clearTimeout(timer)
    const { user, system } = process.cpuUsage(before)
    return { cpu: (user + system) / 1_000 / ms, cutOffAfter: victim.cutOffAfter, failure }
  },
  /** Ends the attack that is under way. */
  end (): void {
    fighting?.end()
  },
  /** Milliseconds into it; undefined = it was not cut off yet. */
  cutOffAfter: () => fighting?.cutOffAfter,
  /** Is as busy as that and disturbs nobody. @param share - of one core */
  async spin (share: number, ms: number): Promise<void> {
    const end = performance.now() + ms
    while (performance.now() < end) {
      const until = performance.now() + 10 * Math.min(1, share)
      while (performance.now() < until) Math.sqrt(until)
      await new Promise(resolve => { setTimeout(resolve, Math.max(0, 10 * (1 - share))) })
    }
  }
}

export type AttackerCalls = typeof calls
answerCalls(calls)
