// A TCP proxy in front of one member. Connections through it may be delayed, silenced, cut short, reset and corrupted,
// each direction for itself. Who dials is known by its address: each process dials from a loopback address of its own.

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { Pipe } from './pipe.js'
import type { Socket } from 'node:net'
import type { Flows } from './flow.js'

export interface Endpoint { host: string, port: number }

export interface FaultProxyInit {
  /** The member behind it. */
  name: string
  listen: Endpoint
  target: Endpoint
  flows: Flows
  /** The member that dials from an address. */
  nameOf: (address: string) => string
}

interface Connection { dialler: string, inner: Socket, outer: Socket, inward: Pipe, outward: Pipe }

export class FaultProxy {
  readonly name: string
  readonly #init: FaultProxyInit
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true }, socket => { this.#accept(socket) })
  readonly #connections = new Set<Connection>()

  private constructor (init: FaultProxyInit) {
    this.name = init.name
    this.#init = init
  }

  static async start (init: FaultProxyInit): Promise<FaultProxy> {
    const proxy = new FaultProxy(init)
    await once(proxy.#server.listen(init.listen), 'listening')
    return proxy
  }

  get connections (): number {
    return this.#connections.size
  }

  get port (): number {
    return (this.#server.address() as { port: number }).port
  }

  /** From now on, and before this returns, connections are refused, as by a host where nothing listens. Those that are open stay. */
  refuse (): void {
    this.#server.close()
  }

  /** RST at both ends of the connections with that member. */
  reset (other: string): void {
    for (const { inner, outer } of this.#with(other)) {
      inner.resetAndDestroy()
      outer.resetAndDestroy()
    }
  }

  /** Connections are closed after so many bytes more in that direction. */
  truncate (from: string, to: string, bytes: number): void {
    for (const { inward, outward } of this.#with(from === this.name ? to : from)) (to === this.name ? inward : outward).truncateAfter(bytes)
  }

  /** Nothing is left of it. */
  close (): void {
    this.#server.close()
    for (const { inner, outer } of this.#connections) {
      inner.destroy()
      outer.destroy()
    }
  }

  #with (other: string): Connection[] {
    return [...this.#connections].filter(({ dialler }) => dialler === other)
  }

  #accept (outer: Socket): void {
    const { name, target, flows, nameOf } = this.#init
    const address = outer.remoteAddress
    // it is gone already
    if (address === undefined) return
    const dialler = nameOf(address)
    const inner = connect({ ...target, localAddress: address, allowHalfOpen: true, noDelay: true })
    const closeBoth = (): void => {
      inner.destroySoon()
      outer.destroySoon()
    }
    // 'close' follows
    for (const socket of [inner, outer]) socket.on('error', () => {})
    const connection: Connection = {
      dialler,
      inner,
      outer,
      inward: new Pipe(outer, inner, flows.between(dialler, name), closeBoth),
      outward: new Pipe(inner, outer, flows.between(name, dialler), closeBoth)
    }
    this.#connections.add(connection)
    const leave = (): void => { if (inner.destroyed && outer.destroyed) this.#connections.delete(connection) }
    inner.on('close', leave)
    outer.on('close', leave)
  }
}
