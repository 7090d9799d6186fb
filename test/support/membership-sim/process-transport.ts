// The transport of one process: what its membership rules see of the network.

import { hostOf } from './sim-process.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'
import type { MembershipTransport } from '../../../src/membership/membership-transport.js'
import type { End } from './connections.js'
import type { Network } from './network.js'
import type { SimProcess } from './sim-process.js'

type Outcome = Awaited<ReturnType<MembershipTransport['connect']>>
type Heard = Awaited<ReturnType<MembershipTransport['pingBy']>>

/** Milliseconds that a dial into nowhere takes. */
const DIAL_TIMEOUT = 5_000
const EXCHANGE_TIMEOUT = 5_000
/** Of the time for an indirect ping, what the member that was asked waits itself: its answer has to get back. */
const SHARE_OF_ASKED = 0.8

export class ProcessTransport implements MembershipTransport {
  readonly #process: SimProcess
  readonly #network: Network
  readonly #dials = new Map<string, Promise<Outcome>>()

  constructor (process: SimProcess) {
    this.#process = process
    this.#network = process.network
  }

  isConnected (id: string): boolean {
    return this.#process.ends.has(id)
  }

  publish (news: MemberRecord): void {
    this.#network.published++
    this.#network.trace.add(this.#process.name, 'publishes', news.state, news.id, `@${news.incarnation}`)
    this.#network.gossip.publish(this.#process, news)
  }

  // ---- pings ----

  ping (id: string, timeout: number): Promise<boolean> {
    this.#network.onPing(this.#process, id)
    return this.#ping(id, timeout, 'pings')
  }

  #ping (id: string, timeout: number, kind: 'pings' | 'indirect'): Promise<boolean> {
    const { traffic } = this.#network
    return this.#ask<boolean>(id, timeout, false, false, (end, answer) => {
      traffic[kind]++
      this.#network.send(end, () => {
        traffic[kind]++
        this.#network.reply(end, () => { answer(true) })
      })
    })
  }

  pingBy (via: string, id: string, timeout: number): Promise<Heard> {
    const { traffic } = this.#network
    return this.#ask<Heard>(via, timeout, 'unheard', 'unheard', (end, answer) => {
      traffic.indirect++
      this.#network.send(end, () => {
        void end.there.transport.#ping(id, timeout * SHARE_OF_ASKED, 'indirect').then(isThere => {
          if (end.there.isGone) return
          traffic.indirect++
          this.#network.reply(end, () => { answer(isThere ? 'answers' : 'silent') })
        })
      })
    })
  }

  /** Has `ask` send a request over a connection to a member, once there is one; whatever happens first settles it. */
  #ask<T> (id: string, timeout: number, inVain: T, whenLost: T, ask: (end: End, answer: (value: T) => void) => void): Promise<T> {
    const { ends, wire } = this.#process
    return new Promise<T>(resolve => {
      let end: End | undefined
      let isSettled = false
      const settle = (value: T): void => {
        if (isSettled) return
        isSettled = true
        wire.clearTimeout(timer)
        end?.waiting?.delete(fail)
        resolve(value)
      }
      const fail = (): void => { settle(whenLost) }
      const timer = wire.setTimeout(() => { settle(inVain) }, timeout)
      const go = (): void => {
        end = ends.get(id)
        if (end === undefined) {
          fail()
          return
        }
        end.waiting ??= new Set()
        end.waiting.add(fail)
        ask(end, settle)
      }
      if (ends.has(id)) go()
      else void this.connect(id).then(outcome => { if (!isSettled) (outcome === 'connected' ? go : fail)() })
    })
  }

  // ---- tables ----

  async exchange (id: string): Promise<void> {
    const { membership } = this.#process
    const { traffic, connections } = this.#network
    if (!this.isConnected(id) && await this.connect(id) !== 'connected') throw new Error(`${this.#process.name} does not reach ${id}`)
    const theirs = await this.#ask<readonly MemberRecord[] | undefined>(id, EXCHANGE_TIMEOUT, undefined, undefined, (end, answer) => {
      const mine = membership.records()
      traffic.exchanges++
      connections.send(end, true, () => {
        const { there } = end
        there.membership.learn(this.#process.id, mine)
        // a process that ends answers no more
        if (there.isGone) return
        const table = there.membership.records()
        traffic.exchanges++
        const back = there.ends.get(this.#process.id)
        if (back?.there === this.#process) connections.send(back, true, () => { answer(table) })
      })
    })
    if (theirs === undefined) throw new Error(`${id} did not answer ${this.#process.name} with its table`)
    if (!this.#process.isGone) membership.learn(id, theirs)
  }

  // ---- connections ----

  connect (id: string): Promise<Outcome> {
    if (this.isConnected(id)) return Promise.resolve('connected')
    const address = this.#process.membership.addressesOf(id)[0]
    return address === undefined ? Promise.resolve('failed') : this.dial(address, id)
  }

  /** @param id - who is expected there; undefined = anybody */
  dial (address: string, id?: string): Promise<Outcome> {
    const key = id ?? address
    let dial = this.#dials.get(key)
    if (dial === undefined) {
      dial = this.#dial(address, id)
      this.#dials.set(key, dial)
      void dial.then(() => { this.#dials.delete(key) })
    }
    return dial
  }

  #dial (address: string, id: string | undefined): Promise<Outcome> {
    const { scheduler, weathers, connections, listening, traffic } = this.#network
    const process = this.#process
    const host = hostOf(address)
    traffic.dials++
    return new Promise<Outcome>(resolve => {
      let isOver = false
      const settle = (outcome: Outcome): void => {
        if (isOver) return
        isOver = true
        process.wire.clearTimeout(timer)
        resolve(outcome)
      }
      const timer = process.wire.setTimeout(() => { settle('failed') }, DIAL_TIMEOUT)
      // one step of the handshake; into a cut none arrives
      const pass = (from: number, to: number, at: SimProcess, step: () => void): void => {
        if (!connections.isReachable(from, to)) return
        scheduler.after(weathers.delay() + weathers.retransmission(from, to), step, at)
      }
      const there = listening.get(address)
      if (there === undefined) {
        if (connections.isReachable(process.host, host)) scheduler.after(2 * weathers.delay(), () => { settle('refused') }, process)
        return
      }
      pass(process.host, host, there, () => {
        pass(host, process.host, process, () => {
          if (isOver) return
          if ((id !== undefined && there.id !== id) || there === process) {
            settle('refused')
            return
          }
          pass(process.host, host, there, () => {
            // it was ending, or the dialler has given up and closed
            if (isOver) return
            connections.open(there, process)
            pass(host, process.host, process, () => {
              if (isOver) {
                connections.abandon(there, process)
                return
              }
              connections.open(process, there)
              settle('connected')
              this.#tell(there)
            })
          })
        })
      })
    })
  }

  /** As libp2p's topology: who dialled is told, once each knows what the other speaks. */
  #tell (there: SimProcess): void {
    const { scheduler, weathers } = this.#network
    scheduler.after(2 * weathers.delay(), () => {
      if (this.#process.isUp && this.#process.ends.get(there.id)?.there === there) this.#process.membership.connected(there.id)
    }, this.#process)
  }
}
