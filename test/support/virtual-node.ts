// One process of a virtual network: a membership, and the transport it has there.

import { TIMINGS } from '../../src/membership/timing.js'
import { Membership } from '../../src/membership/membership.js'
import type { MemberRecord } from '../../src/membership/member-record.js'
import type { MembershipInit } from '../../src/membership/membership-init.js'
import type { VirtualNetwork } from './virtual-network.js'

type Transport = MembershipInit['transport']
type Outcome = Awaited<ReturnType<Transport['connect']>>

/** Milliseconds that a dial into nowhere takes. */
const DIAL_TIMEOUT = 5_000

export class VirtualNode {
  readonly id: string
  readonly address: string
  readonly membership: Membership
  /** What this node published. */
  readonly published: MemberRecord[] = []
  readonly changes: string[] = []
  /** What this node did not believe. */
  readonly logged: string[] = []
  /** Whom it took for a liar. */
  readonly lies: string[] = []
  /** Whom it was to connect to. */
  readonly dialled: string[] = []
  readonly #network: VirtualNetwork
  /** Kept as the cluster does it: from changes alone. */
  readonly #view = new Map<string, MemberRecord>()

  constructor (network: VirtualNetwork, id: string, { address = `/virtual/${id}`, ...record }: Partial<MemberRecord> & { address?: string } = {}) {
    this.#network = network
    this.id = id
    this.address = address
    const { clock, random } = network
    this.membership = new Membership({
      self: { id, name: id, weight: 1, state: 'alive', incarnation: 0, since: 0, addresses: [], ...record },
      clock,
      random,
      transport: this.#transport(),
      timing: TIMINGS.lan,
      log: (format, ...args) => { this.logged.push([format, ...args].map(String).join(' ')) },
      onLie: id => { this.lies.push(id) },
      onChange: ({ kind, member }) => {
        this.changes.push(`${kind} ${member.id}`)
        if (kind === 'leave' || kind === 'fail') this.#view.delete(member.id)
        else this.#view.set(member.id, member)
      }
    })
  }

  /** The members this node sees, itself included, as text. */
  view (): string {
    return [this.membership.self, ...[...this.#view.values()].filter(({ id }) => id !== this.id)].map(lineOf).sort().join('\n')
  }

  sees (): string[] {
    return [...new Set([this.id, ...this.#view.keys()])].sort()
  }

  /** Dials an address as a seed is dialled, and keeps at it until it is there. */
  async dial (address: string): Promise<void> {
    while (await this.#dial(address) !== 'connected') await this.#network.pause(100)
  }

  crash (): void {
    this.membership.stop()
    this.#network.remove(this)
  }

  async leave (): Promise<void> {
    await this.membership.leave()
    this.membership.stop()
    this.#network.remove(this)
  }

  async #dial (address: string | undefined, id?: string): Promise<Outcome> {
    const network = this.#network
    if (id !== undefined && network.isConnected(this, id)) return 'connected'
    const side = [...network.listening.values()].find(node => node.address === address) ?? { id: id ?? '' }
    if (!network.isOneSide(this.id, side.id) || network.nowhere.has(address ?? '')) {
      await network.pause(DIAL_TIMEOUT)
      return 'failed'
    }
    await network.pause()
    const there = address === undefined ? undefined : network.listening.get(address)
    if (there === undefined) return 'refused'
    if (id !== undefined && there.id !== id) return 'failed'
    network.connect(this, there)
    return 'connected'
  }

  async #isHeard (by: VirtualNode, id: string): Promise<boolean> {
    await this.#network.pause()
    try {
      this.#network.through(by, id)
      return true
    } catch {
      return false
    }
  }

  #transport (): Transport {
    const network = this.#network
    return {
      publish: news => {
        this.published.push(news)
        for (const node of network.reach(this)) {
          if (!network.isLost()) network.later(() => { node.membership.hear(this.id, copy(news)) })
        }
      },
      exchange: async id => {
        const mine = this.membership.records().map(copy)
        await network.pause()
        const there = network.through(this, id)
        there.membership.learn(this.id, mine)
        const theirs = there.membership.records().map(copy)
        await network.pause()
        network.through(this, id)
        this.membership.learn(id, theirs)
      },
      connect: id => {
        this.dialled.push(id)
        return this.#dial(this.membership.addressesOf(id)[0], id)
      },
      ping: id => this.#isHeard(this, id),
      pingBy: async (via, id) => await this.#isHeard(this, via) ? (await this.#isHeard(network.through(this, via), id) ? 'answers' : 'silent') : 'unheard',
      isConnected: id => network.isConnected(this, id)
    }
  }
}

/** A member record in a line. */
export function lineOf ({ id, name, weight, incarnation, addresses }: MemberRecord): string {
  return `${id} ${name} ×${weight} @${incarnation} ${addresses.join()}`
}

function copy (record: MemberRecord): MemberRecord {
  return { ...record, addresses: [...record.addresses] }
}
