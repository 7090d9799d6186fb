// What the sources that hear of peers by themselves do with them.

import { Concurrency } from '../concurrency.js'
import { MAX_ADDRESSES, MAX_LISTED_ADDRESSES } from '../constants.js'
import { peerIdIn, parsePeerId } from '../rpc/addresses.js'
import type { Clock, Timer } from '../clock.js'
import type { DiscoveryContext } from '../interface/groupcache.js'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Both sides find each other at the same time, as a rule: the one with the lower id dials, the other one waits this long first. */
const DIAL_PATIENCE = 300
/** Peers that are connected to at a time: the first ones tell of the others, who need no introduction then. */
const MAX_CONNECTING = 2

export class Introductions {
  readonly #context: DiscoveryContext
  readonly #clock: Clock
  /** Peers that are being connected to, or soon are. At most MAX_LISTED_ADDRESSES. */
  readonly #underWay = new Map<string, Timer | undefined>()
  readonly #dials = new Concurrency(MAX_CONNECTING)
  #stopping = new AbortController()

  constructor (context: DiscoveryContext, clock: Clock) {
    this.#context = context
    this.#clock = clock
  }

  start (): void {
    this.#stopping = new AbortController()
  }

  stop (): void {
    this.#stopping.abort()
    for (const timer of this.#underWay.values()) if (timer !== undefined) this.#clock.clearTimeout(timer)
    this.#underWay.clear()
  }

  /**
   * Connects to the peers that were found at `addresses` (those without an id do not count), unless one is
   * this node, connected, or about to be. The first address of a peer that answers is enough. A failure is
   * only logged: the source will find the peer again.
   */
  found (addresses: readonly Multiaddr[]): void {
    if (this.#stopping.signal.aborted) return
    const context = this.#context
    for (const [id, ofPeer] of groupByPeer(addresses)) {
      const peerId = parsePeerId(id)
      if (peerId === undefined || peerId.equals(context.peerId) || context.connected(peerId)) continue
      if (this.#underWay.has(id) || this.#underWay.size >= MAX_LISTED_ADDRESSES) continue
      const connect = (): void => { void this.#connect(peerId, ofPeer.slice(0, MAX_ADDRESSES)) }
      if (context.peerId.toString() < id) connect()
      else this.#underWay.set(id, this.#clock.setTimeout(connect, DIAL_PATIENCE))
    }
  }

  async #connect (peerId: PeerId, addresses: readonly Multiaddr[]): Promise<void> {
    const { signal } = this.#stopping
    const id = peerId.toString()
    this.#underWay.set(id, undefined)
    try {
      await this.#dials.run(async () => {
        if (!signal.aborted && !this.#context.connected(peerId)) await this.#connectToFirst(addresses, signal)
      })
    } catch (err) {
      if (!signal.aborted) this.#context.log('found %p, but cannot connect - %e', peerId, err)
    }
    if (!signal.aborted) this.#underWay.delete(id)
  }

  async #connectToFirst (addresses: readonly Multiaddr[], signal: AbortSignal): Promise<void> {
    const failures: unknown[] = []
    for (const address of addresses) {
      try {
        await this.#context.connect(address, { signal })
        return
      } catch (err) {
        if (signal.aborted) throw err
        failures.push(err)
      }
    }
    throw new AggregateError(failures, `none of ${addresses.length} addresses answered`)
  }
}

function groupByPeer (addresses: readonly Multiaddr[]): Map<string, Multiaddr[]> {
  const byPeer = new Map<string, Multiaddr[]>()
  for (const address of addresses) {
    const id = peerIdIn(address)
    if (id === undefined) continue
    const ofPeer = byPeer.get(id)
    if (ofPeer === undefined) byPeer.set(id, [address])
    else ofPeer.push(address)
  }
  return byPeer
}
