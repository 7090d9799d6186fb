// Runs the team's loader. It may do anything: throw, throw a non-Error, hang, resolve after abort.
// Whatever it does, the outcome is an encoded value or one typed error.

import { TimeoutError } from '@libp2p/interface'
import { TTL_JITTER } from '../constants.js'
import { LoadError } from '../errors.js'
import { LOAD, inThisContext, isTraced } from '../tracing.js'
import { Breather } from './breather.js'
import { LoadQueue } from './load-queue.js'
import { LoadRun } from './load-run.js'
import type { Content } from '../cache/content.js'
import type { Clock } from '../clock.js'
import type { Abortable } from '../flight/abortable.js'
import type { LoadOutcome, Observer } from '../observer.js'
import type { Encoder } from './encoder.js'
import type { GroupSettings } from './settings.js'

/** What a loader brought. */
export interface Loaded extends Content {
  /** It said that it lives for 0 ms: nothing is to be kept, not even for when it cannot be loaded anew. */
  isForNow?: boolean
}

export interface LoadCounts { loads: number, loadErrors: number }

export interface LocalLoaderInit<V> {
  group: string
  settings: Pick<GroupSettings<V>, 'load' | 'loadTimeout' | 'maxConcurrentLoads' | 'ttl'>
  encoder: Encoder<V>
  clock: Clock
  /** From 0 to 1, as Math.random. */
  random: () => number
  isOwner: (key: string) => boolean
  observer?: Observer | undefined
}

export class LocalLoader<V> {
  readonly counts: LoadCounts = { loads: 0, loadErrors: 0 }
  readonly #init: LocalLoaderInit<V>
  readonly #queue: LoadQueue<Loaded>
  readonly #breather: Breather

  constructor (init: LocalLoaderInit<V>) {
    this.#init = init
    this.#queue = new LoadQueue(init.settings.maxConcurrentLoads, init.clock)
    this.#breather = new Breather(init.clock)
  }

  /** @throws LoadError | CodecError | ValueTooLargeError | OverloadedError */
  load (key: string, caller: Abortable): Promise<Loaded> {
    const { group, isOwner } = this.#init
    const run = (callers: Abortable): Promise<Loaded> => this.#load(key, callers)
    if (!isTraced(LOAD)) return this.#queue.run(key, caller, run)
    return this.#queue.run(key, caller, inThisContext(callers => LOAD.tracePromise(run, { group, key, isOwner: isOwner(key) }, undefined, callers)))
  }

  async #load (key: string, caller: Abortable): Promise<Loaded> {
    const { group, clock, observer, isOwner } = this.#init
    this.counts.loads++
    const run = new LoadRun()
    const begin = observer === undefined ? 0 : clock.now()
    const ends = (outcome: LoadOutcome): void => { observer?.loadEnded(isOwner(key), outcome, clock.now() - begin) }
    try {
      const value = await this.#settle(key, caller, run)
      const { encoder, settings, random } = this.#init
      if (this.#breather.isDue) {
        await this.#breather.breath()
        // nobody wants it any more
        if (run.abortedWith !== undefined) throw new LoadError({ group, key, cause: run.abortedWith })
      }
      const bytes = this.#breather.work(() => encoder.encode(key, value))
      ends('ok')
      return { bytes, ttl: jittered(run.ttl ?? settings.ttl, random), tags: run.tags, isForNow: run.ttl === 0 }
    } catch (err) {
      this.counts.loadErrors++
      ends(run.abortedWith !== undefined ? causeOf(err) instanceof TimeoutError ? 'timeout' : 'left' : 'error')
      throw err
    }
  }

  /** What comes first: the loader's value, its time, or that nobody waits any more. */
  #settle (key: string, caller: Abortable, run: LoadRun): Promise<V> {
    const { group, clock, settings: { load, loadTimeout } } = this.#init
    return new Promise<V>((resolve, reject) => {
      const fail = (cause: unknown): void => {
        clock.clearTimeout(timer)
        reject(new LoadError({ group, key, cause }))
      }
      const stop = (reason: Error): void => {
        run.abort(reason)
        fail(reason)
      }
      const timer = clock.setTimeout(() => { stop(new TimeoutError(`the loader did not settle within ${loadTimeout} ms`)) }, loadTimeout)
      // a loader that settles after it was stopped is not heard any more
      const succeed = (value: V): void => {
        clock.clearTimeout(timer)
        resolve(value)
      }
      let hasLeft = false
      caller.whenAborted(reason => {
        hasLeft = true
        stop(reason)
      })
      if (hasLeft) return
      try {
        const loaded = load(key, run.context)
        if (loaded instanceof Promise) loaded.then(succeed, fail)
        // one of somebody else's making may say more than one thing, or bring another thenable
        else if (isThenable(loaded)) Promise.resolve(loaded).then(succeed, fail)
        else succeed(loaded)
      } catch (err) {
        fail(err)
      }
    })
  }
}

/** A little shorter than was said, so that keys that were loaded together are not loaded together for ever. */
export function jittered (ttl: number, random: () => number): number {
  return ttl === Infinity ? ttl : ttl * (1 - TTL_JITTER * random())
}

function causeOf (err: unknown): unknown {
  return err instanceof Error ? err.cause : undefined
}

function isThenable<V> (value: V | PromiseLike<V>): value is PromiseLike<V> {
  return typeof (value as Partial<PromiseLike<V>> | null | undefined)?.then === 'function'
}
