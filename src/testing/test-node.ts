// One member of a test cluster: its cache, its place in the network, and how it ended.

import { InvalidParametersError } from '@libp2p/interface'
import { setTimeout } from 'node:timers/promises'
import { show } from '../errors.js'
import { buildStandalone } from '../standalone-node.js'
import { networkTransport } from './network-transport.js'
import { memberOptions } from './options.js'
import type { Discovery } from '../interface/groupcache.js'
import type { StandaloneService } from '../standalone-node.js'
import type { Host } from './host.js'
import type { Network } from './network.js'
import type { TestClusterOptions, TestMemberOptions } from './options.js'

/** Before one that could not be connected to is dialled again. */
const DIAL_PAUSE = 50

export interface TestNodeInit {
  index: number
  side: number
  network: Network
  cluster: TestClusterOptions
  member: TestMemberOptions
  /** Of the live nodes. */
  names: ReadonlyArray<string | undefined>
}

export class TestNode {
  readonly cache: StandaloneService
  readonly host: Host
  readonly #index: number
  readonly #network: Network
  /** As in 'was killed'; undefined while it runs. */
  #ending: string | undefined
  #ended: Promise<void> = Promise.resolve()

  private constructor (index: number, cache: StandaloneService, host: Host, network: Network) {
    this.#index = index
    this.cache = cache
    this.host = host
    this.#network = network
  }

  /** Not started yet. @throws InvalidParametersError when an option is wrong */
  static async build ({ index, side, network, cluster, member, names }: TestNodeInit): Promise<TestNode> {
    const { metrics, privateKey, ...init } = memberOptions(index, cluster, member)
    if (names.includes(init.name)) throw new InvalidParametersError(`name: expected one that no live node has, got ${show(init.name)}`)
    const host = network.place(side)
    const cache = await buildStandalone({
      init: { ...init, discovery: [meet(network, host)] },
      addresses: { listen: [host.address], announce: [] },
      transport: networkTransport(network, host),
      metrics,
      privateKey
    })
    return new TestNode(index, cache, host, network)
  }

  /** How it ended; undefined while it runs. One may stop it by its own `stop`, too. */
  get ending (): string | undefined {
    return this.#ending ?? (this.cache.libp2p.status === 'started' ? undefined : 'was stopped')
  }

  get isLive (): boolean {
    return this.ending === undefined
  }

  /** Resolves when nothing of it is left. */
  get ended (): Promise<void> {
    return this.#ended
  }

  async start (): Promise<void> {
    await this.cache.libp2p.start()
  }

  stop (): Promise<void> {
    this.#ending = 'was stopped'
    this.#ended = this.cache.stop()
    return this.#ended
  }

  kill (): Promise<void> {
    this.#ending = 'was killed'
    // what it does from now on reaches nobody; only then does it learn that it ends
    const ends = this.#network.remove(this.host)
    this.#ended = this.cache.kill()
    for (const end of ends) end.abort(new Error('the process was killed'))
    return this.#ended
  }

  /** What is not as it should be between this node and those on its side, itself included. */
  lack (expected: readonly TestNode[]): string | undefined {
    const { members } = this.cache
    const alive = new Set(members.filter(({ state }) => state === 'alive').map(({ peerId }) => peerId.toString()))
    const [seen, wanted] = [members.map(({ name, state }) => state === 'alive' ? name : `${name} (${state})`), expected.map(({ cache }) => cache.name)]
    const who = `node ${this.#index}, ${this.cache.name},`
    if (alive.size !== members.length || alive.size !== expected.length || !expected.every(({ cache }) => alive.has(cache.peerId.toString()))) {
      return `${who} sees ${seen.sort().join(', ')} instead of ${wanted.sort().join(', ')}`
    }
    if (!this.cache.isReadyWith(expected.length)) return `${who} does not know yet whether its name is its own`
    const { connections } = this.cache.stats()
    if (connections !== expected.length - 1) return `${who} is connected to ${connections} of ${expected.length - 1} others`
    return this.cache.isHandingOver ? `${who} has something to hand over` : undefined
  }
}

/** Each dials those who were there before, until they answer: one that listens already may not be a member yet. */
function meet (network: Network, host: Host): Discovery {
  return context => {
    const stopping = new AbortController()
    const reach = async (other: Host): Promise<void> => {
      while (!stopping.signal.aborted && other.accept !== undefined) {
        try {
          if (network.isOpen(host, other)) {
            await context.connect(other.address)
            return
          }
        } catch (err) {
          context.log('cannot connect to %s - %e', other.address, err)
        }
        await setTimeout(DIAL_PAUSE, undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
    return {
      async start () {
        const dials = network.earlier(host).map(other => ({ isOpen: network.isOpen(host, other), dial: reach(other) }))
        // those on another side may take their time
        await Promise.all(dials.filter(({ isOpen }) => isOpen).map(({ dial }) => dial))
      },
      stop () { stopping.abort() }
    }
  }
}
