// What the network between the hosts is like, and what is the matter with it at the moment.

import type { Scheduler } from '../sim/sim-clock.js'

export interface Weather {
  /** Milliseconds that a message takes: at least, and at random on top. */
  latency: number
  jitter: number
  /** Part of the messages that take up to `spike` ms more. */
  spikes: number
  spike: number
  /** Part of the messages that the network loses, each way. */
  loss: number
  /** Part of the gossip that arrives twice, the second time up to some seconds later. */
  duplicates: number
  /**
   * What a loss does to pings and gossip: 'datagram' = the message is gone, as in SWIM's own figures;
   * 'stream' = it is sent again, so that it and all behind it come later, as over TCP.
   */
  kind: 'datagram' | 'stream'
}

export const CALM: Weather = { latency: 0.5, jitter: 5, spikes: 0, spike: 0, loss: 0, duplicates: 0, kind: 'stream' }

/** The first retransmission of a lost TCP segment; each further one takes twice as long. */
const RETRANSMISSION = 200
const MOST_RETRANSMISSIONS = 5

/** Hosts are numbered; this many at the most. */
const MOST_HOSTS = 2 ** 15

export class Weathers {
  weather: Weather
  readonly random: () => number
  readonly #scheduler: Scheduler
  /** Directions that are cut, and by how many faults. */
  readonly #cuts = new Map<number, number>()
  /** When each direction that ever was cut was so last. */
  readonly #cutAt = new Map<number, number>()
  /** What waits until a direction is whole again. */
  readonly #parked = new Map<number, Array<() => void>>()
  /** Hosts that gossip does not reach, nor come from. */
  readonly #deaf = new Set<number>()
  /** Hosts that lose more than the others do. */
  readonly #flaky = new Map<number, number>()

  constructor (scheduler: Scheduler, random: () => number, weather: Weather) {
    this.#scheduler = scheduler
    this.random = random
    this.weather = weather
  }

  delay (): number {
    const { latency, jitter, spikes, spike } = this.weather
    const ms = latency + jitter * this.random()
    return spikes > 0 && this.random() < spikes ? ms + spike * this.random() : ms
  }

  /** Whether a message between two hosts gets lost. */
  isLost (from: number, to: number): boolean {
    const { loss } = this.weather
    const worst = this.#flaky.size === 0 ? loss : Math.max(loss, this.#flaky.get(from) ?? 0, this.#flaky.get(to) ?? 0)
    return worst > 0 && this.random() < worst
  }

  /** Milliseconds that losses add to what goes over TCP. */
  retransmission (from: number, to: number): number {
    let ms = 0
    for (let i = 0; i < MOST_RETRANSMISSIONS && this.isLost(from, to); i++) ms += RETRANSMISSION * 2 ** i
    return ms
  }

  isDuplicated (): boolean {
    return this.weather.duplicates > 0 && this.random() < this.weather.duplicates
  }

  // ---- cuts ----

  isCut (from: number, to: number): boolean {
    return this.#cuts.size > 0 && this.#cuts.has(key(from, to))
  }

  /** Whether there was a cut between two hosts, in either direction, at some time since. */
  wasCut (a: number, b: number, since: number): boolean {
    return [key(a, b), key(b, a)].some(at => this.#cuts.has(at) || (this.#cutAt.get(at) ?? -Infinity) >= since)
  }

  cut (from: number, to: number): void {
    this.#cuts.set(key(from, to), (this.#cuts.get(key(from, to)) ?? 0) + 1)
  }

  /** Ends one of the cuts; what was sent meanwhile is sent once more. */
  heal (from: number, to: number): void {
    const at = key(from, to)
    const left = (this.#cuts.get(at) ?? 0) - 1
    if (left > 0) {
      this.#cuts.set(at, left)
      return
    }
    this.#cuts.delete(at)
    this.#cutAt.set(at, this.#scheduler.now)
    const parked = this.#parked.get(at)
    this.#parked.delete(at)
    // the pauses between retransmissions have grown meanwhile
    if (parked !== undefined) this.#scheduler.after(this.random() * 3_000, () => { for (const each of parked) each() })
  }

  /** Keeps what was sent into a cut until it heals. */
  park (from: number, to: number, send: () => void): void {
    const parked = this.#parked.get(key(from, to))
    if (parked === undefined) this.#parked.set(key(from, to), [send])
    else parked.push(send)
  }

  isDeaf (from: number, to: number): boolean {
    return this.#deaf.size > 0 && (this.#deaf.has(from) || this.#deaf.has(to))
  }

  deafen (host: number): void {
    this.#deaf.add(host)
  }

  undeafen (host: number): void {
    this.#deaf.delete(host)
  }

  flaky (host: number, loss: number): void {
    this.#flaky.set(host, loss)
  }

  steady (host: number): void {
    this.#flaky.delete(host)
  }
}

function key (from: number, to: number): number {
  return from * MOST_HOSTS + to
}
