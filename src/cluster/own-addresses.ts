// Where this node is reached, which libp2p knows only once it listens, and which may change.

import { MAX_ADDRESSES } from '../constants.js'
import type { GroupcacheComponents } from '../interface/groupcache.js'

/** After these this node may be reached elsewhere. */
const EVENTS = ['transport:listening', 'transport:close', 'self:peer:update'] as const

export class OwnAddresses {
  readonly #components: Pick<GroupcacheComponents, 'addressManager' | 'events'>
  readonly #onChange: () => void
  #stopWaiting: (() => void) | undefined

  /** @param onChange - the addresses may be other ones now; called between start and stop */
  constructor (components: Pick<GroupcacheComponents, 'addressManager' | 'events'>, onChange: (addresses: string[]) => void) {
    this.#components = components
    this.#onChange = () => {
      const addresses = this.current()
      if (addresses.length > 0) onChange(addresses)
    }
  }

  current (): string[] {
    return this.#components.addressManager.getAddresses().slice(0, MAX_ADDRESSES).map(String)
  }

  /**
   * Resolves when there is an address, or when {@link stop} is called: libp2p begins to listen while
   * it starts its services, not before. A node that is not to listen has nothing to wait for.
   */
  async known (): Promise<void> {
    const { addressManager, events } = this.#components
    if (addressManager.getListenAddrs().length === 0 || this.current().length > 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#stopWaiting = resolve
    events.addEventListener('transport:listening', this.#stopWaiting)
    await promise
    events.removeEventListener('transport:listening', this.#stopWaiting)
  }

  start (): void {
    for (const type of EVENTS) this.#components.events.addEventListener(type, this.#onChange)
  }

  stop (): void {
    this.#stopWaiting?.()
    for (const type of EVENTS) this.#components.events.removeEventListener(type, this.#onChange)
  }
}
