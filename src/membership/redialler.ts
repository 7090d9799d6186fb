// Redials members that are dead: after a partition that is what brings the halves together again.

import type { MembershipTransport } from './membership-transport.js'
import type { Timers } from './timers.js'

export interface RediallerInit {
  transport: Pick<MembershipTransport, 'connect' | 'exchange' | 'isConnected'>
  timers: Timers
  random: () => number
  interval: number
  /** Those who are dead, and not forgotten yet. */
  dead: () => string[]
}

export class Redialler {
  readonly #init: RediallerInit
  readonly #underWay = new Set<string>()

  constructor (init: RediallerInit) {
    this.#init = init
  }

  start (): void {
    this.#init.timers.every(this.#init.interval, () => { void this.#redialOne() })
  }

  async #redialOne (): Promise<void> {
    const { transport, random, dead } = this.#init
    const waiting = dead().filter(id => !this.#underWay.has(id))
    const id = waiting[Math.floor(random() * waiting.length)]
    if (id === undefined) return
    this.#underWay.add(id)
    // in an exchange a member that is not dead says so; a new connection makes for one by itself
    if (transport.isConnected(id)) await transport.exchange(id).catch(() => {})
    else await transport.connect(id)
    this.#underWay.delete(id)
  }
}
