// The transport of libp2p over the network of a test cluster.

import { setMaxListeners } from 'node:events'
import { serviceCapabilities, transportSymbol } from '@libp2p/interface'
import { CODE_MEMORY, multiaddr } from '@multiformats/multiaddr'
import { TypedEventEmitter } from 'main-event'
import type { Host } from './host.js'
import type { Network } from './network.js'
import type { ComponentLogger, Connection, CreateListenerOptions, DialTransportOptions, Listener, ListenerEvents, Logger, Transport, Upgrader } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export function networkTransport (network: Network, host: Host): (components: { logger: ComponentLogger }) => Transport {
  return ({ logger }) => new NetworkTransport(network, host, logger.forComponent('groupcache:testing'))
}

class NetworkTransport implements Transport {
  readonly [transportSymbol] = true
  readonly [Symbol.toStringTag] = 'groupcache/testing'
  readonly [serviceCapabilities] = ['@libp2p/transport']
  readonly #network: Network
  readonly #host: Host
  readonly #log: Logger

  constructor (network: Network, host: Host, log: Logger) {
    this.#network = network
    this.#host = host
    this.#log = log
  }

  async dial (address: Multiaddr, options: DialTransportOptions): Promise<Connection> {
    options.signal.throwIfAborted()
    const [memory] = address.getComponents()
    const end = await this.#network.dial(this.#host, `/memory/${memory?.value ?? ''}`, options.signal, this.#log)
    try {
      return await options.upgrader.upgradeOutbound(end, options)
    } catch (err) {
      end.abort(err as Error)
      throw err
    }
  }

  createListener ({ upgrader }: CreateListenerOptions): Listener {
    return new NetworkListener(this.#network, this.#host, upgrader)
  }

  listenFilter (addresses: Multiaddr[]): Multiaddr[] {
    return addresses.filter(address => address.getComponents()[0]?.code === CODE_MEMORY)
  }

  dialFilter (addresses: Multiaddr[]): Multiaddr[] {
    return this.listenFilter(addresses)
  }
}

class NetworkListener extends TypedEventEmitter<ListenerEvents> implements Listener {
  readonly #network: Network
  readonly #host: Host
  readonly #upgrader: Upgrader
  readonly #closing = new AbortController()

  constructor (network: Network, host: Host, upgrader: Upgrader) {
    super()
    this.#network = network
    this.#host = host
    this.#upgrader = upgrader
    // one for each connection whose handshake is under way
    setMaxListeners(0, this.#closing.signal)
  }

  async listen (): Promise<void> {
    this.#network.listen(this.#host, end => {
      this.#upgrader.upgradeInbound(end, { signal: this.#closing.signal }).catch((err: unknown) => { end.abort(err as Error) })
    })
    queueMicrotask(() => { this.safeDispatchEvent('listening') })
  }

  getAddrs (): Multiaddr[] {
    return this.#host.accept === undefined ? [] : [multiaddr(this.#host.address)]
  }

  updateAnnounceAddrs (): void {}

  async close (): Promise<void> {
    this.#host.accept = undefined
    this.#closing.abort()
    queueMicrotask(() => { this.safeDispatchEvent('close') })
  }
}
