// Where the members of a run listen, and what is between them.

import { Lan } from '../support/namespaces.js'
import { FaultProxy } from './fault-proxy.js'
import { Flows } from './flow.js'
import type { Host } from '../support/namespaces.js'
import type { Link } from './fault.js'
import type { Schedule } from './schedule.js'

/** What a process is started with. */
export interface Seat {
  listen: string
  announce?: string
  localAddress?: string
  namespace?: string
  secret?: string
  /** Its process has ended, or is being killed: from now on, and before this returns, connections to it are refused. */
  vacate: () => void
}

export interface Place {
  /** Where a process of that name listens, by its number among all. @param port - of its address */
  seat (name: string, life: number, port: number): Promise<Seat>
  /** Where others find it. */
  address (name: string, port: number): string
  /** @returns what heals it */
  part (side: readonly string[], others: readonly string[]): () => void
  /** @throws where there are no proxies */
  flows: Flows
  reset (links: readonly Link[]): void
  truncate (links: readonly Link[], bytes: number): void
  close (): void
}

/** Each member behind a proxy, and dialling from an address of its own: all on loopback. */
export class ProxyPlace implements Place {
  readonly flows = new Flows()
  readonly #proxies: FaultProxy[] = []
  readonly #names = new Map<string, string>()
  /** Of this process alone. */
  readonly #net = `127.${16 + process.pid % 200}.${Math.floor(process.pid / 200) % 250}`

  async seat (name: string, life: number, port: number): Promise<Seat> {
    const own = `${this.#net}.${100 + life}`
    this.#names.set(own, name)
    const proxy = await FaultProxy.start({
      name,
      listen: { host: this.#host(name), port },
      target: { host: own, port },
      flows: this.flows,
      nameOf: address => this.#names.get(address) ?? address
    })
    this.#proxies.push(proxy)
    return { listen: `/ip4/${own}/tcp/${port}`, announce: this.address(name, port), localAddress: own, vacate: () => { proxy.refuse() } }
  }

  address (name: string, port: number): string {
    return `/ip4/${this.#host(name)}/tcp/${port}`
  }

  part (side: readonly string[], others: readonly string[]): () => void {
    const ends = side.flatMap(one => others.flatMap(other => [this.flows.between(one, other).impede('hold'), this.flows.between(other, one).impede('hold')]))
    return () => { for (const end of ends) end() }
  }

  reset (links: readonly Link[]): void {
    for (const [from, to] of links) {
      this.#each(from, proxy => { proxy.reset(to) })
      this.#each(to, proxy => { proxy.reset(from) })
    }
  }

  truncate (links: readonly Link[], bytes: number): void {
    for (const [from, to] of links) {
      this.#each(from, proxy => { proxy.truncate(from, to, bytes) })
      this.#each(to, proxy => { proxy.truncate(from, to, bytes) })
    }
  }

  close (): void {
    for (const proxy of this.#proxies) proxy.close()
  }

  #each (name: string, does: (proxy: FaultProxy) => void): void {
    for (const proxy of this.#proxies) if (proxy.name === name) does(proxy)
  }

  #host (name: string): string {
    return `${this.#net}.${1 + Number(name.slice(1))}`
  }
}

/** Hosts in network namespaces at two switches. Needs root. */
export class LanPlace implements Place {
  readonly #lan = new Lan('10.231.9')
  readonly #hosts = new Map<string, Host>()
  readonly #schedule: Schedule

  constructor (schedule: Schedule) {
    this.#schedule = schedule
    this.#lan.addSwitch()
    this.#lan.addSwitch()
    // all addresses are known before the first one starts
    for (const name of schedule.members) this.#host(name)
  }

  get flows (): Flows {
    throw new Error('there are no proxies in namespaces')
  }

  async seat (name: string, _life: number, port: number): Promise<Seat> {
    // who listens on more than loopback without a secret warns of it
    return { listen: this.address(name, port), namespace: this.#host(name).namespace, secret: 'of the chaos suite', vacate: () => {} }
  }

  address (name: string, port: number): string {
    return `/ip4/${this.#host(name).address}/tcp/${port}`
  }

  part (): () => void {
    this.#lan.cut(1)
    return () => { this.#lan.heal(1) }
  }

  reset (): void {
    throw new Error('there are no proxies in namespaces')
  }

  truncate (): void {
    throw new Error('there are no proxies in namespaces')
  }

  close (): void {
    this.#lan.remove()
  }

  #host (name: string): Host {
    const host = this.#hosts.get(name) ?? this.#lan.addHost(this.#schedule.switches[this.#schedule.members.indexOf(name)] ?? 0)
    this.#hosts.set(name, host)
    return host
  }
}
