// A connection between two processes. Each end has a state of its own: the other one hears of the end later.

import type { SimNetwork } from './sim-network.js'
import type { SimNode } from './sim-node.js'
import type { SimStream } from './sim-stream.js'

/** One direction of a stream. What was sent and has not arrived, in its order. */
export interface Pipe {
  readonly queue: Array<() => void>
  /** Deliveries that are due and held up by the network. */
  stalled: number
  /** Nothing arrives before what was sent before it. */
  lastAt: number
}

/** Processes that share no state: what one has learned of the other came as a message. */
export class ConnectionEnd {
  readonly process: SimNode
  /** This process dialled. */
  readonly isOutbound: boolean
  readonly streams = new Set<SimStream>()
  readonly #network: SimNetwork
  readonly #pipes = new Set<Pipe>()
  readonly #control: Pipe
  readonly #onClose = new Set<() => void>()
  #other: ConnectionEnd | undefined
  #state: 'opening' | 'open' | 'closed' = 'opening'
  #openedAt = Infinity

  constructor (network: SimNetwork, process: SimNode, isOutbound: boolean) {
    this.#network = network
    this.process = process
    this.isOutbound = isOutbound
    this.#control = this.newPipe()
  }

  /** @returns the ends of a connection that neither process knows of yet */
  static pair (network: SimNetwork, from: SimNode, to: SimNode): [ConnectionEnd, ConnectionEnd] {
    const ends: [ConnectionEnd, ConnectionEnd] = [new ConnectionEnd(network, from, true), new ConnectionEnd(network, to, false)]
    ends[0].#other = ends[1]
    ends[1].#other = ends[0]
    return ends
  }

  get isOpen (): boolean {
    return this.#state === 'open'
  }

  get age (): number {
    return this.#network.scheduler.now - this.#openedAt
  }

  get other (): ConnectionEnd {
    return this.#other as ConnectionEnd
  }

  get peer (): SimNode {
    return this.other.process
  }

  open (): void {
    this.#state = 'open'
    this.#openedAt = this.#network.scheduler.now
    this.process.onConnection(this)
  }

  newPipe (): Pipe {
    const pipe: Pipe = { queue: [], stalled: 0, lastAt: 0 }
    this.#pipes.add(pipe)
    return pipe
  }

  /** Has `task` run at the other process, unless that is gone. In order with what else goes through the pipe. */
  transmit (task: () => void, pipe = this.#control): void {
    const { scheduler } = this.#network
    pipe.queue.push(task)
    pipe.lastAt = Math.max(pipe.lastAt, scheduler.now + this.#network.delay())
    scheduler.after(pipe.lastAt - scheduler.now, () => { this.#arrive(pipe) })
  }

  /** What was held up arrives after all, in its order. */
  flush (): void {
    const { scheduler } = this.#network
    for (const pipe of this.#pipes) {
      for (; pipe.stalled > 0; pipe.stalled--) {
        pipe.lastAt = Math.max(pipe.lastAt, scheduler.now + this.#network.delay() * 3)
        scheduler.after(pipe.lastAt - scheduler.now, () => { this.#arrive(pipe) })
      }
    }
  }

  /** @returns what takes the callback back */
  onClose (callback: () => void): () => void {
    this.#onClose.add(callback)
    return () => { this.#onClose.delete(callback) }
  }

  /** Ends it from this side. */
  abort (): void {
    if (this.#state === 'closed') return
    this.transmit(() => { this.other.closed() })
    this.closed()
  }

  /** The process has heard of the end. */
  closed (): void {
    if (this.#state === 'closed') return
    const wasOpen = this.#state === 'open'
    this.#state = 'closed'
    for (const stream of [...this.streams]) stream.reset()
    for (const callback of [...this.#onClose]) callback()
    this.#onClose.clear()
    if (wasOpen) this.process.onDisconnection(this)
  }

  #arrive (pipe: Pipe): void {
    const { peer } = this
    if (this.#network.isBlocked(this.process, peer)) {
      pipe.stalled++
      return
    }
    const task = pipe.queue.shift() as () => void
    // its kernel answers that there is no such connection
    if (peer.isGone) this.#network.scheduler.after(this.#network.delay(), () => { if (!this.#network.isBlocked(peer, this.process)) this.closed() }, this.process)
    else peer.run(task)
  }
}
