// One end of a stream between two processes, as far as the RPC uses one: in order, with delay, held up
// while the network between them is cut.

import type { ConnectionEnd, Pipe } from './sim-connection.js'
import type { Stream } from '@libp2p/interface'

type Listener = (event: { data: Uint8Array }) => void

const NOTHING = new Uint8Array(0)

export class SimStream {
  readonly writeBufferLength = 0
  readonly #end: ConnectionEnd
  readonly #pipe: Pipe
  readonly #listeners = new Map<string, Listener[]>()
  #other: SimStream | undefined
  #isOpen = true
  #isPaused = false
  #unread: Uint8Array[] = []

  constructor (end: ConnectionEnd) {
    this.#end = end
    this.#pipe = end.newPipe()
    end.streams.add(this)
  }

  get stream (): Stream {
    return this as unknown as Stream
  }

  get status (): Stream['status'] {
    return this.#isOpen ? 'open' : 'reset'
  }

  join (other: SimStream): void {
    this.#other = other
    other.#other = this
  }

  addEventListener (type: string, listener: Listener): void {
    const listeners = this.#listeners.get(type)
    if (listeners === undefined) this.#listeners.set(type, [listener])
    else listeners.push(listener)
  }

  send (data: { subarray: () => Uint8Array }): boolean {
    if (!this.#isOpen) throw new Error('the stream is not open')
    // the sender uses its buffer on
    const bytes = Uint8Array.from(data.subarray())
    this.#end.transmit(() => { this.#other?.receive(bytes) }, this.#pipe)
    return true
  }

  abort (_reason: Error): void {
    if (!this.#isOpen) return
    this.#end.transmit(() => { this.#other?.reset() }, this.#pipe)
    this.reset()
  }

  receive (bytes: Uint8Array): void {
    if (!this.#isOpen) return
    if (this.#isPaused) this.#unread.push(bytes)
    else this.#dispatch('message', bytes)
  }

  /** It has ended, for a reason that the other end knows or will find out. */
  reset (): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#end.streams.delete(this)
    this.#dispatch('close', NOTHING)
  }

  pause (): void {
    this.#isPaused = true
  }

  resume (): void {
    this.#isPaused = false
    const unread = this.#unread
    this.#unread = []
    for (const bytes of unread) this.receive(bytes)
  }

  #dispatch (type: string, data: Uint8Array): void {
    for (const listener of this.#listeners.get(type) ?? []) listener({ data })
  }
}
