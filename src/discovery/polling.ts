// Asks for a list of addresses again and again. Whatever goes wrong, what is known stays, and is looked after.

import { LIST_TIMEOUT } from '../constants.js'
import { backoff } from './backoff.js'
import { Complaint } from './complaint.js'
import { readList } from './found-lists.js'
import { systemClock } from '../clock.js'
import type { Clock, Timer } from '../clock.js'
import type { DiscoveryContext, DiscoverySource } from '../interface/groupcache.js'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface PollingInit {
  /** What is asked, for the log. */
  what: string
  /** Milliseconds between an answer and the next question. */
  interval: number
  /** The part of the interval by which it varies, and the first pause after a failure while nothing is known. Absent = neither. */
  eager?: { jitter: number, first: number }
  ask: (options: { signal: AbortSignal }) => unknown
  clock?: Clock | undefined
  random?: (() => number) | undefined
}

export class Polling implements DiscoverySource {
  readonly #context: DiscoveryContext
  readonly #init: PollingInit
  readonly #clock: Clock
  readonly #random: () => number
  readonly #complaint = new Complaint()
  #timer: Timer | undefined
  #running: AbortController | undefined
  #known: readonly Multiaddr[] = []
  #failures = 0

  constructor (context: DiscoveryContext, init: PollingInit) {
    this.#context = context
    this.#init = init
    this.#clock = init.clock ?? systemClock
    this.#random = init.random ?? Math.random
  }

  start (): void {
    this.#running = new AbortController()
    void this.#turn(this.#running.signal)
  }

  stop (): void {
    this.#running?.abort()
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
  }

  async #turn (signal: AbortSignal): Promise<void> {
    const list = await this.#list(signal)
    if (!signal.aborted && list.length > 0) {
      try {
        await this.#context.replace([...list])
      } catch (err) {
        if (!signal.aborted) this.#context.log.error('what %s has found could not be used - %e', this.#init.what, err)
      }
    }
    if (!signal.aborted) this.#timer = this.#clock.setTimeout(() => { void this.#turn(signal) }, this.#pause())
  }

  /** What there is now, or what there was before. */
  async #list (signal: AbortSignal): Promise<ReadonlyArray<string | Multiaddr>> {
    const { log } = this.#context
    const { what } = this.#init
    try {
      const { addresses, fault } = readList(await this.#ask(signal))
      if (addresses.length === 0) throw new Error(fault ?? 'it has no address')
      if (signal.aborted) return []
      this.#failures = 0
      if (fault === undefined && this.#complaint.isOver()) log('%s answers again', what)
      if (fault !== undefined && this.#complaint.isNew(fault)) log.error('%s answers with what is no address - %s', what, fault)
      // whom the part that cannot be read named, nobody knows
      this.#known = fault === undefined ? addresses : readList([...addresses, ...this.#known]).addresses
    } catch (err) {
      this.#failures++
      if (!signal.aborted && this.#complaint.isNew(err)) log.error('%s failed, what is known stays - %e', what, err)
    }
    return this.#known
  }

  async #ask (signal: AbortSignal): Promise<unknown> {
    const silence = new AbortController()
    const late = Promise.withResolvers<never>()
    const timer = this.#clock.setTimeout(() => {
      const reason = new Error(`no answer within ${LIST_TIMEOUT} ms`)
      late.reject(reason)
      silence.abort(reason)
    }, LIST_TIMEOUT)
    // who stops does not wait for a registry
    const onStop = (): void => { this.#clock.clearTimeout(timer) }
    signal.addEventListener('abort', onStop)
    try {
      const asking = (async () => this.#init.ask({ signal: AbortSignal.any([signal, silence.signal]) }))()
      return await Promise.race([asking, late.promise])
    } finally {
      onStop()
      signal.removeEventListener('abort', onStop)
    }
  }

  #pause (): number {
    const { interval, eager } = this.#init
    if (eager === undefined) return interval
    if (this.#known.length === 0) return backoff(this.#failures, this.#random, { first: Math.min(eager.first, interval), max: interval })
    return interval * (1 - eager.jitter + 2 * eager.jitter * this.#random())
  }
}
