// The discovery sources of a node, kept apart from each other and from the node: whatever one of them does, the
// node starts and stops, the others go on, and who is known stays.

import { Concurrency } from '../concurrency.js'
import { MAX_LIST_DIALS, MAX_MEMBERS, SOURCE_TIMEOUT } from '../constants.js'
import { show } from '../errors.js'
import { AddressList } from './address-list.js'
import { Complaint } from './complaint.js'
import { readList } from './found-lists.js'
import type { Clock } from '../clock.js'
import type { Whose } from './address-list.js'
import type { Discovery, DiscoveryContext, DiscoverySource } from '../interface/groupcache.js'
import type { AbortOptions, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** The cluster, as far as it concerns the sources. */
interface Finds {
  /** Lists are the peers themselves, and not only where some are. */
  readonly isManual: boolean
  connect: (peer: string | Multiaddr, options?: AbortOptions) => Promise<PeerId>
  isSettled: (peer: PeerId) => boolean
  whose: (address: Multiaddr) => Whose | undefined
  /** Makes `peers` the peers, and leaves those whose ids are in `keep`. @throws AggregateError of those that could not be added */
  replace: (peers: readonly Multiaddr[], keep: ReadonlySet<string>) => Promise<void>
}

export interface SourcesInit {
  discovery: readonly Discovery[]
  context: Omit<DiscoveryContext, 'connect' | 'connected' | 'replace'>
  finds: Finds
  clock: Clock
  random: () => number
}

/** What one source has found; it outlives a restart of the node, as manual members do. */
interface Found {
  /** Its last list, in manual mode. */
  list: readonly Multiaddr[]
  /** Ids that it connected to, in manual mode. At most MAX_MEMBERS. */
  readonly peers: Set<string>
  readonly badList: Complaint
}

interface Running {
  readonly source: DiscoverySource
  readonly what: string
}

export class Sources {
  readonly #init: SourcesInit
  readonly #found: readonly Found[]
  readonly #dials = new Concurrency(MAX_LIST_DIALS)
  readonly #unreached = new Complaint()
  #running: Running[] = []
  #lists: AddressList[] = []
  /** The replacing of manual peers that is under way, and whether there is news for another. */
  #replacing: Promise<void> | undefined
  #isNews = false

  constructor (init: SourcesInit) {
    this.#init = init
    this.#found = init.discovery.map(() => ({ list: [], peers: new Set(), badList: new Complaint() }))
  }

  /** Resolves when all have started, failed, or taken too long. */
  async start (): Promise<void> {
    const { discovery, context: { log } } = this.#init
    if (discovery.length === 0) log('there is no discovery source: nobody is looked for')
    await Promise.all(discovery.map(async (make, i) => {
      const what = `discovery source ${i + 1} of ${discovery.length}`
      try {
        const source = make(this.#contextOf(this.#found[i] as Found)) as unknown
        if (!isSource(source)) throw new TypeError(`expected an object with start() and stop(), got ${show(source)}`)
        this.#running.push({ source, what })
        await this.#inTime(`${what} takes long to start; the node goes on`, async () => { await source.start() })
      } catch (err) {
        log.error(`${what} could not be started, the node goes on without it - %e`, err)
      }
    }))
  }

  /** Resolves when all have stopped, failed to, or taken too long. Those that could not be started are stopped, too. */
  async stop (): Promise<void> {
    const { log } = this.#init.context
    const running = this.#running.splice(0)
    for (const list of this.#lists.splice(0)) list.stop()
    await Promise.all(running.map(async ({ source, what }) => {
      try {
        await this.#inTime(`${what} takes long to stop; the node goes on`, async () => { await source.stop() })
      } catch (err) {
        log.error(`${what} could not be stopped - %e`, err)
      }
    }))
  }

  #contextOf (found: Found): DiscoveryContext {
    const { context, finds, clock, random } = this.#init
    const list = new AddressList({ ...finds, connect: (address, options) => finds.connect(address, options), dials: this.#dials, clock, random, log: context.log })
    this.#lists.push(list)
    return {
      ...context,
      connected: peer => finds.isSettled(peer),
      connect: (peer, options) => {
        const connecting = this.#connect(found, peer, options)
        // a source that does not look at what becomes of it must not end the process
        connecting.catch(() => {})
        return connecting
      },
      replace: async peers => {
        const addresses = this.#read(found, peers)
        if (addresses === undefined) return
        if (!finds.isManual) list.set(addresses)
        else {
          found.list = addresses
          await this.#replace()
        }
      }
    }
  }

  async #connect (found: Found, peer: string | Multiaddr, options?: AbortOptions): Promise<PeerId> {
    const { connect, isManual } = this.#init.finds
    const peerId = await connect(peer, options)
    if (isManual) {
      found.peers.add(peerId.toString())
      const [oldest] = found.peers
      if (found.peers.size > MAX_MEMBERS && oldest !== undefined) found.peers.delete(oldest)
    }
    return peerId
  }

  /** @returns undefined for a list that is of no use */
  #read (found: Found, peers: unknown): readonly Multiaddr[] | undefined {
    const { log } = this.#init.context
    const { addresses, fault } = readList(peers)
    const complaint = fault ?? (addresses.length === 0 ? 'it is empty' : undefined)
    if (complaint === undefined) found.badList.isOver()
    else if (found.badList.isNew(complaint)) log.error('a list of addresses is not as it should be, what is known stays: %s', complaint)
    if (addresses.length === 0) return undefined
    // whom the part that cannot be read named, nobody knows
    return fault === undefined ? addresses : readList([...addresses, ...found.list]).addresses
  }

  /** One after the other, and the last one with all that is known by then: two at once would undo each other. */
  async #replace (): Promise<void> {
    this.#isNews = true
    this.#replacing ??= this.#replaceWhileNews().finally(() => { this.#replacing = undefined })
    await this.#replacing
  }

  async #replaceWhileNews (): Promise<void> {
    const { finds, context: { log } } = this.#init
    while (this.#isNews) {
      this.#isNews = false
      // what another source has found is none of a list's business
      const keep = new Set(this.#found.flatMap(({ peers }) => [...peers]))
      try {
        await finds.replace(this.#found.flatMap(({ list }) => list), keep)
        if (this.#unreached.isOver()) log('all listed peers are reached')
      } catch (err) {
        if (this.#running.length > 0 && this.#unreached.isNew(err)) log.error('not all listed peers are reached, they are tried again - %e', err)
      }
    }
  }

  async #inTime (complaint: string, work: () => Promise<void>): Promise<void> {
    const { clock, context: { log } } = this.#init
    const late = Promise.withResolvers<void>()
    const timer = clock.setTimeout(() => {
      log.error(complaint)
      late.resolve()
    }, SOURCE_TIMEOUT)
    const working = work()
    // it may fail after its time is up
    working.catch(() => {})
    try {
      await Promise.race([working, late.promise])
    } finally {
      clock.clearTimeout(timer)
    }
  }
}

function isSource (value: unknown): value is DiscoverySource {
  if (value === null || typeof value !== 'object') return false
  return 'start' in value && typeof value.start === 'function' && 'stop' in value && typeof value.stop === 'function'
}
