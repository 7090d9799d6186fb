// Runs the team's loader. It may do anything: throw, throw a non-Error, hang, resolve after abort.
// Whatever it does, the outcome is encoded bytes or one typed error.

import { TimeoutError } from '@libp2p/interface'
import { MAX_VALUE_BYTES } from '../constants.js'
import { CodecError, LoadError, ValueTooLargeError, show } from '../errors.js'
import { abortReason } from '../flight/flight.js'
import type { Clock } from '../clock.js'
import type { GroupSettings } from './settings.js'

export interface LoadCounts { loads: number, loadErrors: number }

export class LocalLoader<V> {
  readonly counts: LoadCounts = { loads: 0, loadErrors: 0 }
  readonly #group: string
  readonly #settings: GroupSettings<V>
  readonly #clock: Clock

  constructor (group: string, settings: GroupSettings<V>, clock: Clock) {
    this.#group = group
    this.#settings = settings
    this.#clock = clock
  }

  /** @throws LoadError | CodecError | ValueTooLargeError */
  async load (key: string, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted()
    this.counts.loads++
    try {
      return this.#encode(key, await this.#run(key, signal))
    } catch (err) {
      this.counts.loadErrors++
      throw err
    }
  }

  async #run (key: string, signal: AbortSignal): Promise<V> {
    const { load, loadTimeout } = this.#settings
    const controller = new AbortController()
    const stopped = Promise.withResolvers<never>()
    const stop = (reason: Error): void => {
      controller.abort(reason)
      stopped.reject(reason)
    }
    const onAbort = (): void => { stop(abortReason(signal)) }
    const timer = this.#clock.setTimeout(() => { stop(new TimeoutError(`the loader did not settle within ${loadTimeout} ms`)) }, loadTimeout)
    signal.addEventListener('abort', onAbort, { once: true })
    // the loader may throw at once and end the race before this is part of it
    stopped.promise.catch(() => {})
    try {
      // a loader that settles after its time has run out is not heard any more; race() has handled its promise
      return await Promise.race([stopped.promise, Promise.resolve(load(key, { signal: controller.signal }))])
    } catch (cause) {
      throw new LoadError({ group: this.#group, key, cause })
    } finally {
      this.#clock.clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
  }

  #encode (key: string, value: V): Uint8Array {
    const encoded = this.#callCodec(key, value)
    if (encoded.byteLength > MAX_VALUE_BYTES) {
      throw new ValueTooLargeError({ group: this.#group, key, bytes: encoded.byteLength, limit: MAX_VALUE_BYTES })
    }
    // codecs may return a view of a large or reused buffer: what is cached is exactly the value
    return new Uint8Array(encoded)
  }

  #callCodec (key: string, value: V): Uint8Array {
    try {
      const encoded: unknown = this.#settings.codec.encode(value)
      if (encoded instanceof Uint8Array) return encoded
      throw new TypeError(`the codec returned ${show(encoded)} instead of a Uint8Array`)
    } catch (cause) {
      throw new CodecError({ action: 'encode', group: this.#group, key, cause })
    }
  }
}
