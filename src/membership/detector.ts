// The failure detector: probes one member per period, has others probe it when it does not answer, and says
// who is silent (Das, Gupta, Motivala: SWIM, 2002, §3.1), with Lifeguard's care for a node's own health.

import { AwakeTime } from './awake-time.js'
import { LocalHealth } from './local-health.js'
import { ProbeOrder } from './probe-order.js'
import type { Clock } from '../clock.js'
import type { MembershipTransport } from './membership-transport.js'
import type { Timers } from './timers.js'
import type { Timing } from '../interface/timing.js'

export interface DetectorInit {
  transport: Pick<MembershipTransport, 'ping' | 'pingBy' | 'isConnected'>
  clock: Clock
  timers: Timers
  random: () => number
  timing: Timing
  /** A member has answered, to us or to somebody we asked. */
  onAnswer: (id: string) => void
  /** Nobody hears a member. */
  onSilence: (id: string) => void
  /** Once a period. */
  onPeriod: () => void
}

/** Part of the probe's time after which others are asked: most answers have come by then, and theirs need as long again. */
const DIRECT_SHARE = 0.4

export class Detector {
  readonly order: ProbeOrder
  readonly health = new LocalHealth()
  readonly awake: AwakeTime
  readonly #init: DetectorInit
  readonly #probing = new Set<string>()
  #periods = 0

  constructor (init: DetectorInit) {
    this.#init = init
    this.order = new ProbeOrder(init.random)
    this.awake = new AwakeTime(init.clock, init.timing.probeInterval)
  }

  start (): void {
    this.#await(this.#init.timing.probeInterval * this.#init.random())
  }

  /** Probes a member now, unless that is under way. */
  async probe (id: string): Promise<void> {
    if (this.#probing.has(id)) return
    this.#probing.add(id)
    const { clock, timing, onAnswer, onSilence } = this.#init
    const timeout = timing.probeTimeout * this.health.multiplier
    const due = clock.now() + timeout
    const isHeard = await this.#isHeard(id, timeout)
    this.#probing.delete(id)
    if (isHeard) {
      onAnswer(id)
    } else if (this.awake.wasLate(due)) {
      // what it has answered is waiting to be read
      this.health.worse()
    } else {
      onSilence(id)
    }
  }

  #await (ms: number): void {
    const { clock, timers, timing, random, transport, onPeriod } = this.#init
    const due = clock.now() + ms
    timers.after(ms, () => {
      // others are in doubt as long as this node has not listened again
      if (this.awake.wasLate(due)) this.health.worse()
      onPeriod()
      // one that is not well itself probes less often
      if (++this.#periods % this.health.multiplier === 0) {
        // members that are not connected are seen to by whoever connects them
        const id = this.order.next(other => transport.isConnected(other))
        if (id !== undefined) void this.probe(id)
      }
      this.#await(timing.probeInterval * (0.9 + 0.2 * random()))
    })
  }

  async #isHeard (id: string, timeout: number): Promise<boolean> {
    const { transport, timers, timing, clock } = this.#init
    const begin = clock.now()
    const direct = transport.ping(id, timeout)
    const first = await Promise.race([direct, timers.pause(timeout * DIRECT_SHARE).then(() => 'late' as const)])
    if (first === true) {
      this.health.better()
      return true
    }
    const left = timeout - (clock.now() - begin)
    const helpers = left <= 0 ? [] : this.order.sample(timing.indirectProbes, other => other !== id && transport.isConnected(other))
    const asked = helpers.map(via => transport.pingBy(via, id, left))
    if (await anyOf([direct, ...asked.map(answer => answer.then(heard => heard === 'answers'))])) return true
    const answers = await Promise.all(asked)
    // one who is well hears at least those whom it asks
    if (answers.includes('unheard')) this.health.worse()
    return false
  }
}

/** Whether one of them is true, as soon as one is. None of them rejects. */
async function anyOf (answers: ReadonlyArray<Promise<boolean>>): Promise<boolean> {
  return new Promise(resolve => {
    let left = answers.length
    for (const answer of answers) {
      void answer.then(isTrue => {
        left--
        if (isTrue || left === 0) resolve(isTrue)
      })
    }
  })
}
