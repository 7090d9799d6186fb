// The network of one test cluster, in this process: who listens where, and between whom the cable is cut.

import { Wire } from './wire.js'
import type { Host } from './host.js'
import type { WireEnd } from './wire.js'
import type { Logger, MultiaddrConnection } from '@libp2p/interface'

/**
 * What becomes of what is sent to the other side of a partition. 'refused': as by a firewall that says no, connections are reset
 * and dials refused, so that both sides know at once. 'silent': as by a cable that was pulled, nothing arrives, and nobody says so.
 */
export type PartitionKind = 'refused' | 'silent'

export class Network {
  readonly #hosts = new Map<string, Host>()
  readonly #wires = new Set<Wire>()
  #partition: PartitionKind | undefined
  #count = 0
  /** Dials that wait until a cable is mended. */
  readonly #waiting = new Set<() => void>()

  /** A place at an address of its own. */
  place (side: number): Host {
    const host: Host = { address: `/memory/member-${this.#hosts.size}`, side, accept: undefined, since: 0 }
    this.#hosts.set(host.address, host)
    return host
  }

  listen (host: Host, accept: (end: MultiaddrConnection) => void): void {
    host.accept = accept
    host.since = ++this.#count
  }

  /** Those who have listened for longer. */
  earlier (host: Host): Host[] {
    return [...this.#hosts.values()].filter(other => other.accept !== undefined && other.since < host.since)
  }

  isOpen (one: Host, other: Host): boolean {
    return this.#partition === undefined || one.side === other.side
  }

  /**
   * The dialling end of a new connection.
   *
   * @throws as a socket does: ECONNREFUSED where nothing listens; the signal's reason when it aborts first
   */
  async dial (from: Host, address: string, signal: AbortSignal, log: Logger): Promise<WireEnd> {
    const to = this.#hosts.get(address)
    if (to === undefined) throw refusal(address)
    while (this.#partition === 'silent' && !this.isOpen(from, to)) await this.#change(signal)
    signal.throwIfAborted()
    const { accept } = to
    if (accept === undefined || !this.isOpen(from, to)) throw refusal(address)
    const wire = new Wire({ from, to, isOpen: () => this.isOpen(from, to), log, onEnd: ended => { this.#wires.delete(ended) } })
    this.#wires.add(wire)
    const [outbound, inbound] = wire.ends
    accept(inbound)
    return outbound
  }

  /** The process at a host is gone: nothing listens there, and its connections have ended. Its own ends notice nothing yet. */
  remove (host: Host): WireEnd[] {
    host.accept = undefined
    const orphaned = [...this.#wires].filter(({ ends }) => ends.some(end => end.host === host))
    for (const wire of orphaned) wire.orphan(host)
    return orphaned.flatMap(({ ends }) => ends).filter(end => end.host === host)
  }

  /** Hosts of different sides do not reach each other from now on. */
  partition (kind: PartitionKind): void {
    this.#partition = kind
    if (kind === 'refused') for (const wire of this.#wires) if (!this.isOpen(wire.ends[0].host, wire.ends[1].host)) wire.reset()
    this.#mended()
  }

  heal (): void {
    this.#partition = undefined
    this.#mended()
  }

  /** Where cables were mended, what waited goes on. */
  #mended (): void {
    for (const wire of this.#wires) wire.resume()
    for (const wake of [...this.#waiting]) wake()
  }

  async #change (signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wake = (): void => { resolve() }
    this.#waiting.add(wake)
    signal.addEventListener('abort', wake)
    await promise
    this.#waiting.delete(wake)
    signal.removeEventListener('abort', wake)
    signal.throwIfAborted()
  }
}

/** What Node says of a port that nobody listens on: the membership takes it for what it is, the end of a process. */
function refusal (address: string): Error {
  return Object.assign(new Error(`connect ECONNREFUSED ${address}`), { code: 'ECONNREFUSED' })
}
