// What happens to the members that do not stay: they leave, are killed, frozen, and come back; guests come and go.

import type { SoakCluster } from './soak-cluster.js'

export interface ChurnEvent { at: number, what: string, name: string }

const KINDS = ['leaves', 'is killed', 'is frozen', 'guest'] as const

export class Churn {
  readonly events: ChurnEvent[] = []
  readonly #cluster: SoakCluster
  readonly #random: () => number
  readonly #interval: number
  #guests = 0

  /** @param interval - milliseconds from the end of one change to the beginning of the next, on average */
  constructor (cluster: SoakCluster, random: () => number, interval: number) {
    this.#cluster = cluster
    this.#random = random
    this.#interval = interval
  }

  /** One after the other, each of another kind than the one before, until `signal` aborts and the last one is over. */
  async run (signal: AbortSignal): Promise<void> {
    for (let i = 0; ; i++) {
      await pause(this.#interval * (0.5 + this.#random()), signal)
      if (signal.aborted) return
      await this.#change(KINDS[i % KINDS.length] as typeof KINDS[number])
    }
  }

  async #change (kind: typeof KINDS[number]): Promise<void> {
    const cluster = this.#cluster
    if (kind === 'guest') {
      const name = `guest ${++this.#guests}`
      this.#note('joins', name)
      await cluster.join(name)
      await pause(5_000)
      this.#note('leaves', name)
      await cluster.leave(name)
      return
    }
    const { passing } = cluster
    const name = passing[Math.floor(this.#random() * passing.length)] as string
    this.#note(kind, name)
    if (kind === 'is frozen') return cluster.freeze(name, 1_500)
    await (kind === 'leaves' ? cluster.leave(name) : cluster.kill(name))
    await pause(3_000)
    this.#note('is back', name)
    await cluster.join(name)
  }

  #note (what: string, name: string): void {
    this.events.push({ at: this.#cluster.seconds, what, name })
  }
}

/** Ends early when `signal` aborts. */
export function pause (ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted === true) return resolve()
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })
}
