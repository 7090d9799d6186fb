// A list of addresses as a source gave it last, and what is done about each of them: dialled until it answers,
// left alone while the peer there is a member, and left alone for a while when it does not answer.

import { isName } from '../rpc/addresses.js'
import { backoff } from './backoff.js'
import { Complaint } from './complaint.js'
import type { Clock } from '../clock.js'
import type { Concurrency } from '../concurrency.js'
import type { AbortOptions, Logger, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Whose an address is: this node's own, or somebody's whom there is nothing to be done about. */
export type Whose = 'own' | 'known'

/** An address that does not answer is tried at the turns of its source, and then less and less often. */
const RETRY = { first: 1_000, max: 60_000 }

export interface AddressListInit {
  connect: (address: Multiaddr, options: AbortOptions) => Promise<PeerId>
  /** Nothing is to be done about a peer. */
  isSettled: (peer: PeerId) => boolean
  /** Nothing is to be done about an address: it is this node's own, or of a member. */
  whose: (address: Multiaddr) => Whose | undefined
  dials: Concurrency
  clock: Clock
  random: () => number
  log: Logger
}

interface Entry {
  readonly address: Multiaddr
  /** Who answered there last time. */
  peer: PeerId | undefined
  failures: number
  retryAt: number
  isUnderWay: boolean
  readonly complaint: Complaint
}

export class AddressList {
  readonly #init: AddressListInit
  readonly #entries = new Map<string, Entry>()
  readonly #stopping = new AbortController()

  constructor (init: AddressListInit) {
    this.#init = init
  }

  /** Takes in the list as it is now, and dials whom it is time to dial, in the background. */
  set (addresses: readonly Multiaddr[]): void {
    if (this.#stopping.signal.aborted) return
    const listed = new Set(addresses.map(String))
    for (const text of this.#entries.keys()) {
      if (!listed.has(text)) this.#entries.delete(text)
    }
    for (const address of addresses) {
      const text = address.toString()
      if (this.#entries.has(text)) continue
      if (this.#init.whose(address) === 'own') this.#init.log('%a is this node\'s own: nobody else is found there', address)
      this.#entries.set(text, { address, peer: undefined, failures: 0, retryAt: -Infinity, isUnderWay: false, complaint: new Complaint() })
    }
    for (const entry of this.#due()) void this.#dial(entry)
  }

  /** For good. */
  stop (): void {
    this.#stopping.abort()
    this.#entries.clear()
  }

  /** New addresses before those that failed; each in random order, so that members with one list do not all dial the same one first. */
  #due (): Entry[] {
    const now = this.#init.clock.now()
    return [...this.#entries.values()]
      .filter(entry => !entry.isUnderWay && entry.retryAt <= now && !this.#isSettled(entry))
      .map(entry => ({ entry, rank: Math.min(entry.failures, 1) + this.#init.random() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ entry }) => entry)
  }

  #isSettled ({ address, peer }: Entry): boolean {
    return (peer !== undefined && this.#init.isSettled(peer)) || this.#init.whose(address) !== undefined
  }

  async #dial (entry: Entry): Promise<void> {
    entry.isUnderWay = true
    await this.#init.dials.run(async () => {
      // it took its time to be its turn
      if (this.#entries.get(entry.address.toString()) !== entry || this.#isSettled(entry)) return
      await this.#connect(entry)
    })
    entry.isUnderWay = false
  }

  async #connect (entry: Entry): Promise<void> {
    const { connect, clock, random, log } = this.#init
    try {
      entry.peer = await connect(entry.address, { signal: this.#stopping.signal })
      entry.failures = 0
      if (entry.complaint.isOver()) log('%a answers again', entry.address)
    } catch (err) {
      if (this.#stopping.signal.aborted) return
      const pause = backoff(++entry.failures, random, RETRY)
      entry.retryAt = clock.now() + pause
      if (isOwn(err)) {
        // behind a name there may be another member next time
        if (!isName(entry.address)) entry.retryAt = Infinity
        if (entry.complaint.isNew(err)) log('%a leads to this node itself: nobody else is found there', entry.address)
        return
      }
      if (entry.complaint.isNew(err)) log('%a does not answer, and is tried again - %e', entry.address, err)
    }
  }
}

/** Of an address that could be parsed, the only parameter that can be wrong is that it is this node's own. */
export function isOwn (err: unknown): boolean {
  return err instanceof Error && err.name === 'InvalidParametersError'
}
