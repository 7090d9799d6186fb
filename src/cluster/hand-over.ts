// Hands values over to the members that own their keys now, without being asked: at leisure after each change of the
// ring, and as quickly as it goes before this node stops. What is offered are keys; the new owner comes for the values
// as for those that somebody asks it for, so that whatever is removed meanwhile is dealt with in the same way.

import { HAND_OVER_DELAY, MAX_OFFER_KEYS, TAKE_OVER_WINDOW } from '../constants.js'
import type { Lease } from '../cache/lease.js'
import type { Clock, Timer } from '../clock.js'
import type { GroupServer } from '../group/peers.js'
import type { HandOverProgress } from '../interface/hand-over.js'
import type { Offer, Taken } from '../rpc/offer-exchange.js'
import type { Logger } from '@libp2p/interface'

type OnTaken = (offer: Offer, taken: Taken) => void

/** Makes offers to a member, one after the other. Rejects when it cannot be reached, or `signal` aborts. */
export type MakeOffers = (id: string, offers: readonly Offer[], onTaken: OnTaken, signal: AbortSignal) => Promise<void>

export interface HandOverInit {
  self: string
  groups: ReadonlyMap<string, GroupServer>
  owner: (key: string) => string | undefined
  hasOthers: () => boolean
  makeOffers: MakeOffers
  touch: (id: string) => Promise<Lease | 'dead' | 'lost'>
  onProgress: (progress: HandOverProgress) => void
  clock: Clock
  log: Logger
}

export interface HandOverLimits {
  /** Milliseconds. */
  timeout: number
  /** Of entries, their keys and bookkeeping counted. */
  maxBytes: number
}

/** Values of so many bytes are on their way together: as many as one offer names. */
const MAX_OFFERED_BYTES = 1024 * 1024
/** UTF-16 units of keys in one offer, of three bytes each at the most: far below MAX_OFFER_MESSAGE_BYTES. */
const MAX_KEY_UNITS = 64 * 1024
/** Before what was not taken is offered again: the new owner may not have heard of the change, or not have the group yet. */
const PAUSES = [200, 400, 1_000, 3_000, 10_000]
/** In a longer pause nobody is expected to be late any more. */
const LATE = 400
/** So often at a stop. */
const HURRIED_PAUSES = PAUSES.slice(0, 2)

interface Total extends Pick<HandOverProgress, 'reason'> { offered: number, taken: number, bytes: number }

export class HandOver {
  readonly #init: HandOverInit
  #timer: Timer | undefined
  /** Of the work in the background. */
  #background: AbortController | undefined
  /** It was offered in vain for as long as members need to hear of a change. */
  #isPausing = false

  constructor (init: HandOverInit) {
    this.#init = init
  }

  /** Whether there is anything to hand over at a stop, and anybody to hand it to. */
  get hasSomething (): boolean {
    const { groups, hasOthers } = this.#init
    return hasOthers() && [...groups.values()].some(group => !group.isEmpty)
  }

  /** Whether something that moved waits to be offered to its new owner, or is just being; but for what was not taken three times. */
  get isPending (): boolean {
    return this.#background?.signal.aborted === false && !this.#isPausing && [...this.#init.groups.values()].some(hasMoved)
  }

  /** The ring has changed: once it is quiet, what moved is offered to its new owners. */
  ringChanged (): void {
    this.stop()
    const controller = this.#background = new AbortController()
    this.#isPausing = false
    const limits = { timeout: TAKE_OVER_WINDOW, maxBytes: Infinity }
    // aborted: nothing is pending any more
    this.#timer = this.#init.clock.setTimeout(() => { void this.#run('ring change', PAUSES, limits, controller).finally(() => { controller.abort() }) }, HAND_OVER_DELAY)
  }

  /** Offers all that this node has, for it is about to stop. Never rejects; resolves when it is done, or its limits are reached. */
  async finish (limits: HandOverLimits): Promise<void> {
    // the groups hear of a change of the ring at the end of its tick
    await Promise.resolve()
    this.stop()
    await this.#run('stop', HURRIED_PAUSES, limits, new AbortController())
  }

  stop (): void {
    if (this.#timer !== undefined) this.#init.clock.clearTimeout(this.#timer)
    this.#background?.abort()
  }

  async #run (reason: HandOverProgress['reason'], pauses: readonly number[], { timeout, maxBytes }: HandOverLimits, controller: AbortController): Promise<void> {
    const { clock, onProgress } = this.#init
    const { signal } = controller
    const deadline = clock.setTimeout(() => { controller.abort() }, timeout)
    const total: Total = { reason, offered: 0, taken: 0, bytes: 0 }
    for (const pause of [0, ...pauses]) {
      this.#isPausing = pause > LATE
      if (pause > 0) await this.#pause(pause, signal)
      if (signal.aborted) break
      this.#isPausing = false
      if (await this.#pass(total, maxBytes - total.bytes, signal) === 0) break
    }
    clock.clearTimeout(deadline)
    if (total.offered > 0) onProgress({ ...total, isDone: true })
  }

  /** Offers everything that has moved once. @returns how many keys were not taken */
  async #pass (total: Total, maxBytes: number, signal: AbortSignal): Promise<number> {
    const { groups, onProgress, makeOffers, touch, clock, log } = this.#init
    const { offers, sizes } = this.#offers(maxBytes)
    let left = 0
    for (const each of offers.values()) for (const { keys } of each) left += keys.length
    // what is offered again is not counted twice, and what was removed meanwhile was offered all the same
    total.offered = Math.max(total.offered, total.taken + left)
    const onTaken: OnTaken = ({ group, keys }, taken) => {
      keys.forEach((key, i) => {
        if (taken?.[i] !== true) return
        groups.get(group)?.forgetMovedKey(key)
        left--
        total.taken++
        total.bytes += sizes.get(group)?.get(key) ?? 0
      })
      onProgress({ ...total, isDone: false })
    }
    const made = Promise.all([...offers].map(async ([id, each]) => {
      try {
        // while there is something for a member here, contact with it is kept up: see MovedValues
        const lease = await touch(id)
        if (typeof lease === 'object') lease.need(clock.now() + TAKE_OVER_WINDOW)
        await makeOffers(id, each, onTaken, signal)
      } catch (err) {
        log('%s could not be offered what it owns now - %e', id, err)
      }
    }))
    // a member that is frozen may take longer to be found silent than there is time
    await Promise.race([made, aborted(signal)])
    return left
  }

  /** By new owner, in small parts, the most valuable first. */
  #offers (maxBytes: number): { offers: Map<string, Offer[]>, sizes: Map<string, Map<string, number>> } {
    const { self, groups, owner } = this.#init
    const offers = new Map<string, Offer[]>()
    const sizes = new Map<string, Map<string, number>>()
    const open = new Map<string, Part>()
    let bytes = 0
    for (const { group, key, bytes: size } of inTurns(groups)) {
      bytes += size
      if (bytes > maxBytes) break
      const to = owner(key)
      if (to === undefined || to === self) continue
      let ofGroup = sizes.get(group)
      if (ofGroup === undefined) sizes.set(group, ofGroup = new Map<string, number>())
      ofGroup.set(key, size)
      // a name holds no line break
      const name = `${to}\n${group}`
      let part = open.get(name)
      if (part?.hasRoomFor(key, size) !== true) {
        open.set(name, part = new Part(group))
        const list = offers.get(to)
        if (list === undefined) offers.set(to, [part])
        else list.push(part)
      }
      part.add(key, size)
    }
    return { offers, sizes }
  }

  #pause (ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#init
    return new Promise(resolve => {
      const finish = (): void => {
        clock.clearTimeout(timer)
        signal.removeEventListener('abort', finish)
        resolve()
      }
      const timer = clock.setTimeout(finish, ms)
      signal.addEventListener('abort', finish)
      if (signal.aborted) finish()
    })
  }
}

function aborted (signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => { resolve() }, { once: true })
  })
}

class Part implements Offer {
  readonly group: string
  readonly keys: string[] = []
  #bytes = 0
  #units = 0

  constructor (group: string) {
    this.group = group
  }

  hasRoomFor (key: string, bytes: number): boolean {
    return this.keys.length < MAX_OFFER_KEYS && this.#bytes + bytes <= MAX_OFFERED_BYTES && this.#units + key.length <= MAX_KEY_UNITS
  }

  add (key: string, bytes: number): void {
    this.keys.push(key)
    this.#bytes += bytes
    this.#units += key.length
  }
}

function hasMoved (group: GroupServer): boolean {
  return group.moved()[Symbol.iterator]().next().done !== true
}

/** One of each group after the other. */
function * inTurns (groups: ReadonlyMap<string, GroupServer>): Generator<{ group: string, key: string, bytes: number }> {
  let sources = [...groups].map(([group, server]) => ({ group, moved: server.moved()[Symbol.iterator]() }))
  while (sources.length > 0) {
    const left: typeof sources = []
    for (const source of sources) {
      const next = source.moved.next()
      if (next.done === true) continue
      yield { group: source.group, ...next.value }
      left.push(source)
    }
    sources = left
  }
}
