// A cluster of real members in one process, for tests: they talk over a network in memory, which can be cut.

import { NotStartedError, InvalidParametersError, TimeoutError } from '@libp2p/interface'
import { durationOption, numberOption, oneOf, optionsObject, signalOption } from '../validation.js'
import { Network } from './network.js'
import { addOptions, checkRoom, clusterOptions, countOption, liveIndex, sidesOption } from './options.js'
import { TestNode } from './test-node.js'
import type { Group, GroupOptions } from '../interface/group.js'
import type { StandaloneGroupcache } from '../interface/groupcache.js'
import type { PartitionKind } from './network.js'
import type { AddOptions, SettledOptions, TestClusterOptions, TestMemberOptions } from './options.js'

/** Keys that are tried until one is found that a node owns. */
const MAX_TRIED_KEYS = 100_000
/** Between two looks at whether all is settled. */
const LOOK_INTERVAL = 5
const DEFAULT_SETTLED_TIMEOUT = 10_000

interface ClusterGroup { name: string, optionsOf: (index: number) => GroupOptions<unknown>, handles: Array<Group<unknown>> }

/** See {@link createTestCluster}. */
export class TestCluster implements AsyncDisposable {
  readonly #options: TestClusterOptions
  readonly #network = new Network()
  readonly #nodes: TestNode[] = []
  readonly #groups: ClusterGroup[] = []
  /** The last call of `add`: one at a time, so that each has its index. */
  #adding: Promise<unknown> = Promise.resolve()
  #sides = 1
  #stopping: Promise<void> | undefined

  /** @internal */
  constructor (options: TestClusterOptions) {
    this.#options = options
  }

  /** Each node that there has been, by index; those that were stopped or killed keep theirs. */
  get nodes (): readonly StandaloneGroupcache[] {
    return this.#nodes.map(({ cache }) => cache)
  }

  /** The indexes of those that run. */
  get live (): number[] {
    return this.#nodes.flatMap(({ isLive }, index) => isLive ? [index] : [])
  }

  /**
   * Creates a group at each node, and at those that are added later.
   *
   * @param options - as for `group` of a node; a function when they are to differ between nodes
   * @returns the group at each node, by index; `add` appends to it
   * @throws what `group` of a node throws
   */
  group<V> (name: string, options: GroupOptions<V> | ((index: number) => GroupOptions<V>)): Array<Group<V>> {
    this.#checkRunning()
    const optionsOf = typeof options === 'function' ? options : () => options
    const handles = this.#nodes.map(({ cache }, index) => cache.group(name, optionsOf(index)))
    this.#groups.push({ name, optionsOf: optionsOf as ClusterGroup['optionsOf'], handles })
    return handles
  }

  /**
   * The nth key, of key-0, key-1, …, that a node owns, as it sees the ring.
   *
   * @throws InvalidParametersError when it owns too few: its weight is 0, or somebody has its name
   */
  keyOwnedBy (index: number, nth = 0): string {
    const node = this.#live('index', index)
    let left = numberOption('nth', nth, { fallback: 0, min: 0, integer: true })
    for (let i = 0; i < MAX_TRIED_KEYS; i++) {
      if (node.cache.ownerOf(`key-${i}`)?.self === true && left-- === 0) return `key-${i}`
    }
    throw new InvalidParametersError(`nth: expected fewer, node ${index} owns no more of ${MAX_TRIED_KEYS} keys, got ${nth}`)
  }

  /**
   * One more joins; it keeps its index even if it ends. Resolves when it is connected to those it can reach; that
   * they all know of it, {@link settled} says.
   *
   * @throws InvalidParametersError when an option is wrong, and for a name that a live node has
   */
  async add (options?: AddOptions): Promise<StandaloneGroupcache> {
    this.#checkRunning()
    const { side = 0, ...member } = addOptions(options)
    const added = this.#adding.then(async () => {
      checkRoom(this.#nodes.length)
      numberOption('side', side, { fallback: 0, min: 0, max: this.#sides - 1, integer: true })
      const node = await this.#build(member, side)
      await node.start()
      return node.cache
    })
    // whoever asked for it is told
    this.#adding = added.catch(() => {})
    return added
  }

  /** Ends a node as SIGKILL ends a process: no goodbye, nothing is handed over, its connections close. What is pending there rejects. */
  async kill (index: number): Promise<void> {
    await this.#live('index', index).kill()
  }

  /** Stops a node: it hands over what it has, and says goodbye. */
  async stop (index: number): Promise<void>
  /** Ends all nodes at once, and leaves nothing behind. */
  async stop (): Promise<void>
  async stop (index?: number): Promise<void> {
    if (index !== undefined) return this.#live('index', index).stop()
    this.#stopping ??= this.#end()
    await this.#stopping
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.stop()
  }

  /**
   * Cuts the network between sides, from this call on; another one replaces it. Who is on the other side is given up at once when
   * `kind` is 'refused', and after some three seconds when it is 'silent'.
   *
   * @param sides - each live node on one of them, by index: [[0, 1], [2, 3, 4]]
   * @throws InvalidParametersError @throws NotStartedError for a node that has ended
   */
  partition (sides: ReadonlyArray<readonly number[]>, options?: { kind?: PartitionKind }): void {
    this.#checkRunning()
    const { kind } = optionsObject<{ kind?: PartitionKind }>('options', options, ['kind'])
    const how = oneOf('kind', kind, ['refused', 'silent'], 'refused')
    const sideOf = sidesOption(sides, this.live, (what, index) => liveIndex(what, index, this.#endings))
    this.#nodes.forEach(({ host }, index) => { host.side = sideOf.get(index) ?? 0 })
    this.#sides = sides.length
    this.#network.partition(how)
  }

  /** Ends a partition. */
  heal (): void {
    this.#checkRunning()
    this.#sides = 1
    for (const { host } of this.#nodes) host.side = 0
    this.#network.heal()
  }

  /**
   * Resolves when the live nodes of each side see exactly one another, are connected, and have nothing to hand over,
   * but for what its new owner did not take three times: it may have been removed meanwhile.
   *
   * @throws TimeoutError that says what is not as it should be
   * @throws the signal's reason when it aborts
   * @throws NameTakenError where two have one name
   */
  async settled (options?: SettledOptions): Promise<void> {
    const known = optionsObject<SettledOptions>('options', options, ['timeout', 'signal'])
    const timeout = durationOption('timeout', known.timeout, DEFAULT_SETTLED_TIMEOUT)
    const signal = signalOption('signal', known.signal)
    const deadline = performance.now() + timeout
    for (;;) {
      this.#checkRunning()
      signal?.throwIfAborted()
      const lack = this.#lack()
      if (lack === undefined) break
      if (performance.now() > deadline) throw new TimeoutError(`the cluster has not settled within ${timeout} ms: ${lack}`)
      await new Promise(resolve => { setTimeout(resolve, LOOK_INTERVAL) })
    }
  }

  /** @internal The first nodes, all at once. */
  async start (count: number): Promise<this> {
    try {
      for (let i = 0; i < count; i++) await this.#build({}, 0)
      await Promise.all(this.#nodes.map(node => node.start()))
      await this.settled({ timeout: DEFAULT_SETTLED_TIMEOUT + 1_000 * count })
      return this
    } catch (err) {
      await this.stop()
      throw err
    }
  }

  async #build (member: TestMemberOptions, side: number): Promise<TestNode> {
    const index = this.#nodes.length
    const node = await TestNode.build({ index, side, network: this.#network, cluster: this.#options, member, names: this.live.map(i => this.#nodes[i]?.cache.name) })
    for (const { name, optionsOf, handles } of this.#groups) handles.push(node.cache.group(name, optionsOf(index)))
    this.#options.setup?.(node.cache, index)
    this.#nodes.push(node)
    return node
  }

  async #end (): Promise<void> {
    await this.#adding
    await Promise.all(this.#nodes.map(node => node.isLive ? node.kill() : node.ended))
  }

  /** What of being settled there is not. */
  #lack (): string | undefined {
    const live = this.live.map(index => this.#nodes[index] as TestNode)
    for (const node of live) {
      const lack = node.lack(live.filter(({ host }) => this.#network.isOpen(node.host, host)))
      if (lack !== undefined) return lack
    }
    return undefined
  }

  get #endings (): Array<string | undefined> {
    return this.#nodes.map(({ ending }) => ending)
  }

  #live (what: string, index: number): TestNode {
    this.#checkRunning()
    return this.#nodes[liveIndex(what, index, this.#endings)] as TestNode
  }

  #checkRunning (): void {
    if (this.#stopping !== undefined) throw new NotStartedError('the test cluster was stopped')
  }
}

/**
 * Starts a cluster of `n` members in this process, and resolves when they have all seen each other. They are real
 * ones, on the real stack, but for the network below it, which is in memory: no ports, no multicast.
 *
 * @throws InvalidParametersError when an option is wrong
 */
export async function createTestCluster (n: number, options?: TestClusterOptions): Promise<TestCluster> {
  return new TestCluster(clusterOptions(options)).start(countOption(n))
}
