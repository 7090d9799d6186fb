// A group as its users see it: checks what they hand in, and has it done.

import { InvalidParametersError, TimeoutError } from '@libp2p/interface'
import { inspect } from 'node:util'
import { show } from '../errors.js'
import { abortReason, onAbortOf, untilAborted } from '../flight/abort-signal.js'
import { GET, GET_MANY, REMOVE, isTraced } from '../tracing.js'
import { checkKey, durationOption, lifetimeOption, optionsObject, signalOption, tagOption, tagsOption } from '../validation.js'
import { Batch } from './batch.js'
import { jittered } from './local-loader.js'
import type { Clock } from '../clock.js'
import type { GetOptions, Group, GroupStats, Located, SetOptions } from '../interface/group.js'
import type { GetTrace } from '../tracing.js'
import type { Member } from '../interface/member.js'
import type { Removal } from '../rpc/removal.js'
import type { CacheGroup } from './cache-group.js'
import type { Peers } from './peers.js'
import type { AbortOptions } from '@libp2p/interface'

export interface GroupHandleInit<V> {
  group: CacheGroup<V>
  /** Of values that are set without one of their own. */
  ttl: number
  peers: Peers
  clock: Clock
  /** From 0 to 1, as Math.random. */
  random: () => number
}

export class GroupHandle<V> implements Group<V> {
  readonly #init: GroupHandleInit<V>
  readonly #group: CacheGroup<V>

  constructor (init: GroupHandleInit<V>) {
    this.#init = init
    this.#group = init.group
  }

  get name (): string {
    return this.#group.name
  }

  // ---- reading ----

  async get (key: string, options?: GetOptions): Promise<V> {
    if (isTraced(GET)) return this.#tracedGet(key, options)
    checkKey(key)
    if (options !== undefined) checkGetOptions(options)
    const group = this.#group
    const now = group.begin()
    const entry = group.inMemory(key, now) ?? await group.flightFor(key, now).wait(options)
    return group.decode(key, entry)
  }

  /** The same, told of. */
  #tracedGet (key: string, options?: GetOptions): Promise<V> {
    const trace: GetTrace = { group: this.name, key }
    return GET.tracePromise(async () => {
      checkKey(key)
      if (options !== undefined) checkGetOptions(options)
      const group = this.#group
      const now = group.begin()
      let entry = group.inMemory(key, now)
      if (entry !== undefined) {
        trace.from = entry.lease === undefined ? 'main' : 'hot'
      } else {
        const flight = group.flightFor(key, now)
        trace.from = flight.waiters === 0 ? 'begun' : 'joined'
        entry = await flight.wait(options)
      }
      return group.decode(key, entry)
    }, trace)
  }

  async getMany (keys: readonly string[], options?: GetOptions): Promise<V[]> {
    return (await this.#getAll(keys, options, true)).values
  }

  async getManySettled (keys: readonly string[], options?: GetOptions): Promise<Array<PromiseSettledResult<V>>> {
    return (await this.#getAll(keys, options, false)).outcomes
  }

  #getAll (keys: readonly string[], options: GetOptions | undefined, endsAtFailure: boolean): Promise<Batch<V>> {
    const get = (): Promise<Batch<V>> => this.#getEach(keys, options, endsAtFailure)
    return isTraced(GET_MANY) ? GET_MANY.tracePromise(get, { group: this.name, keys }) : get()
  }

  peek (key: string): V | undefined {
    checkKey(key)
    return this.#group.peek(key)
  }

  /** One timer and one listener for all. */
  async #getEach (keys: readonly string[], options: GetOptions = {}, endsAtFailure: boolean): Promise<Batch<V>> {
    checkKeys(keys)
    checkGetOptions(options)
    const { clock } = this.#init
    const { signal, timeout } = options
    const batch = new Batch(this.#group, keys, endsAtFailure)
    const listenNoMore = onAbortOf(signal, () => { batch.abort(abortReason(signal)) })
    const timer = timeout === undefined ? undefined : clock.setTimeout(() => { batch.abort(new TimeoutError(`not all of ${keys.length} values within ${timeout} ms`)) }, timeout)
    try {
      batch.begin()
      await batch.settled
      return batch
    } finally {
      listenNoMore()
      if (timer !== undefined) clock.clearTimeout(timer)
    }
  }

  // ---- changing ----

  async set (key: string, value: V, options: SetOptions = {}): Promise<void> {
    checkKey(key)
    checkOptions<SetOptions>(options, ['ttl', 'tags', 'signal'])
    const { group, peers, ttl: groupTtl, random } = this.#init
    const ttl = lifetimeOption('ttl', options.ttl, groupTtl)
    const tags = tagsOption('tags', options.tags)
    this.#group.checkOpen()
    const replacement = { group: this.name, key, bytes: group.encoder.encode(key, value), ttl: jittered(ttl, random), tags }
    const run = (): Promise<void> => peers.set(replacement, options.signal)
    await (isTraced(REMOVE) ? REMOVE.tracePromise(run, { group: this.name, kind: 'set', keys: [key] }) : run())
  }

  async remove (key: string, options?: AbortOptions): Promise<void> {
    checkKey(key)
    await this.#remove({ kind: 'keys', group: this.name, keys: [key] }, options)
  }

  async removeMany (keys: readonly string[], options?: AbortOptions): Promise<void> {
    checkKeys(keys)
    for (const key of keys) checkKey(key)
    if (keys.length > 0) await this.#remove({ kind: 'keys', group: this.name, keys: [...new Set(keys)] }, options)
  }

  async removeByTag (tag: string, options?: AbortOptions): Promise<void> {
    await this.#remove({ kind: 'tag', group: this.name, tag: tagOption('tag', tag) }, options)
  }

  async clear (options?: AbortOptions): Promise<void> {
    await this.#remove({ kind: 'all', group: this.name }, options)
  }

  async #remove (removal: Removal, options: AbortOptions = {}): Promise<void> {
    checkOptions<AbortOptions>(options, ['signal'])
    this.#group.checkOpen()
    const run = (): Promise<void> => this.#init.peers.remove(removal, options.signal)
    await (isTraced(REMOVE) ? REMOVE.tracePromise(run, { ...removal }) : run())
  }

  // ---- looking ----

  owner (key: string): Member {
    checkKey(key)
    const { peers } = this.#init
    return peers.member(peers.owner(key) ?? peers.self)
  }

  async locate (key: string, options: GetOptions = {}): Promise<Located> {
    checkKey(key)
    checkGetOptions(options)
    return untilAborted(options.signal, this.#group.locate(key, options.timeout))
  }

  successor (key: string): Member | undefined {
    checkKey(key)
    const { peers } = this.#init
    const successor = peers.successor(key)
    return successor === undefined ? undefined : peers.member(successor)
  }

  stats (): GroupStats {
    return this.#group.stats()
  }

  /** How `console.log` shows it. */
  [inspect.custom] (): string {
    return `Group { name: ${show(this.name)}, items: ${this.stats().items} }`
  }
}

/** @throws the reason of a signal that is aborted already */
function checkOptions<T extends AbortOptions> (options: T, known: ReadonlyArray<keyof T & string>): void {
  const signal = signalOption('signal', optionsObject<T>('options', options, known).signal)
  if (signal?.aborted === true) throw abortReason(signal)
}

function checkGetOptions (options: GetOptions): void {
  checkOptions<GetOptions>(options, ['signal', 'timeout'])
  durationOption('timeout', options.timeout, 0, 0)
}

function checkKeys (keys: unknown): asserts keys is readonly unknown[] {
  if (!Array.isArray(keys)) throw new InvalidParametersError(`keys: expected an array of strings, got ${show(keys)}`)
}
