// What is between processes: who can reach whom, how long it takes, and who listens.

import { ConnectionEnd } from './sim-connection.js'
import type { Scheduler } from './sim-clock.js'
import type { SimNode } from './sim-node.js'

/** The handshake, and everything else that has to be answered by a living process. */
const CONNECT_TIMEOUT = 5_000

export interface Weather {
  /** Milliseconds that a message takes at least. */
  latency: number
  jitter: number
  /** Part of the messages that take much longer, and how much at most. */
  spikes: number
  spike: number
  /** Part of the gossip that is lost. */
  loss: number
}

export class SimNetwork {
  readonly scheduler: Scheduler
  /** Processes that run, frozen ones included, by id. */
  readonly processes = new Map<string, SimNode>()
  readonly random: () => number
  readonly weather: Weather
  /** When something was done to it that a cluster is not expected to carry on through as if nothing had been. */
  disturbedAt = 0
  /** The same, but for processes that were frozen. */
  upsetAt = 0
  /** When a direction was last cut or healed. */
  cutAt = -1
  readonly #cutAt = new Map<string, number>()
  readonly #connections = new Set<ConnectionEnd>()
  /** Directions in which nothing arrives, and how often they were cut. */
  readonly #cuts = new Map<string, number>()

  constructor (scheduler: Scheduler, random: () => number, weather: Weather) {
    this.scheduler = scheduler
    this.random = random
    this.weather = weather
  }

  get isWhole (): boolean {
    return this.#cuts.size === 0
  }

  disturbed (): void {
    this.disturbedAt = this.scheduler.now
  }

  upset (): void {
    this.upsetAt = this.scheduler.now
    this.disturbed()
  }

  delay (): number {
    const { latency, jitter, spikes, spike } = this.weather
    const usual = latency + jitter * this.random()
    return this.random() < spikes ? usual + spike * this.random() : usual
  }

  isBlocked (from: SimNode, to: SimNode): boolean {
    return this.#cuts.size > 0 && this.#cuts.has(`${from.id}>${to.id}`)
  }

  isCut (a: SimNode, b: SimNode): boolean {
    return this.isBlocked(a, b) || this.isBlocked(b, a)
  }

  /** Nothing arrives any more from one at the other; what is on its way, and what is sent, is held up. */
  cut (from: string, to: string): void {
    this.#noteCut(from, to)
    const direction = `${from}>${to}`
    this.#cuts.set(direction, (this.#cuts.get(direction) ?? 0) + 1)
  }

  heal (from: string, to: string): void {
    this.#noteCut(from, to)
    const direction = `${from}>${to}`
    const left = (this.#cuts.get(direction) ?? 0) - 1
    if (left > 0) this.#cuts.set(direction, left)
    else this.#cuts.delete(direction)
    if (left > 0) return
    for (const end of this.#connections) {
      if (end.process.id === from && end.peer.id === to) end.flush()
    }
  }

  /** Whether two processes could not reach each other at some time since then. */
  wasCut (a: SimNode, b: SimNode, since: number): boolean {
    return this.isCut(a, b) || (this.#cutAt.get([a.id, b.id].sort().join()) ?? -1) >= since
  }

  #noteCut (from: string, to: string): void {
    this.cutAt = this.scheduler.now
    this.#cutAt.set([from, to].sort().join(), this.scheduler.now)
    this.upset()
  }

  /** The ends at which a process that is there holds a connection for open. */
  endsBetween (a: string, b: string): ConnectionEnd[] {
    return [...this.#connections].filter(end => end.process.id === a && end.peer.id === b && end.isOpen && !end.process.isGone)
  }

  /** A new connection. @throws as a dial does: refused by the host, or no answer in time */
  dial (from: SimNode, id: string): Promise<ConnectionEnd> {
    const { promise, resolve, reject } = Promise.withResolvers<ConnectionEnd>()
    let isOver = false
    const timer = from.clock.setTimeout(() => {
      isOver = true
      reject(Object.assign(new Error('the dial timed out'), { name: 'TimeoutError' }))
    }, CONNECT_TIMEOUT)
    const settle = (action: () => void): void => {
      if (isOver) return
      isOver = true
      from.clock.clearTimeout(timer)
      action()
    }
    this.scheduler.after(this.delay(), () => {
      const there = this.processes.get(id)
      if (this.isCutBetween(from.id, id)) return
      if (there === undefined) {
        this.scheduler.after(this.delay(), () => { settle(() => { reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })) }) }, from)
        return
      }
      there.run(() => {
        if (isOver) return
        const [here, end] = ConnectionEnd.pair(this, from, there)
        this.#connections.add(here).add(end)
        end.open()
        end.transmit(() => {
          if (isOver) here.abort()
          else settle(() => { here.open(); resolve(here) })
        })
      })
    })
    return promise
  }

  isCutBetween (a: string, b: string): boolean {
    return this.#cuts.size > 0 && (this.#cuts.has(`${a}>${b}`) || this.#cuts.has(`${b}>${a}`))
  }

  /** Ends all that a process had: the others hear of it from its host. */
  vanish (process: SimNode): void {
    this.processes.delete(process.id)
    this.upset()
    for (const end of this.#connections) {
      if (end.process === process) end.transmit(() => { end.other.closed() })
    }
  }

  forget (end: ConnectionEnd): void {
    // what was sent before it closed is still on its way
    this.scheduler.after(60_000, () => { this.#connections.delete(end) })
  }
}
