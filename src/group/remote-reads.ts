// Values of keys that other members own: who is asked, and what becomes of the answer. Without a promise on the way.

import { MAX_ASKED } from '../constants.js'
import { OverloadedError, PeerUnreachableError, ProtocolViolationError, isLoadFailure } from '../errors.js'
import type { Entry } from '../cache/entry.js'
import type { Clock } from '../clock.js'
import type { GroupMemory } from '../cache/group-memory.js'
import type { Flight } from '../flight/flight.js'
import type { GroupStats } from '../interface/group.js'
import type { Value } from '../rpc/ask.js'
import type { Receiver } from '../rpc/value-request.js'
import type { Peers } from './peers.js'
import type { GroupSettings } from './settings.js'
import type { Logger } from '@libp2p/interface'

/** Milliseconds until the others have given up, too, whom this node has: each judges for itself, within half a second of the others. */
const VERDICTS_WITHIN = 600

export interface RemoteReadsInit<V> {
  name: string
  settings: Pick<GroupSettings<V>, 'hot' | 'loadLocallyOnLoadError'>
  cache: GroupMemory<V>
  peers: Peers
  counts: Pick<GroupStats, 'peerGets' | 'peerErrors' | 'peerHits'>
  clock: Clock
  log: Logger
  /** @throws NotStartedError */
  checkOpen: () => void
  /** @param earlier - why the members asked before could not answer */
  loadHere: (key: string, flight: Flight<Entry<V>>, earlier: Error) => Promise<Entry<V>>
}

export class RemoteReads<V> {
  readonly #init: RemoteReadsInit<V>

  constructor (init: RemoteReadsInit<V>) {
    this.#init = init
  }

  /** Asks the owner of a key, then its successor, then whoever comes after those that are gone; when none can answer, the value is loaded here. */
  begin (owner: string, flight: Flight<Entry<V>>): void {
    this.#ask(owner, 1, flight)
  }

  /** @param turn - 1 for the owner, 2 for the next one that is asked, and so on */
  #ask (member: string, turn: number, flight: Flight<Entry<V>>): void {
    const { name, peers, counts } = this.#init
    counts.peerGets++
    peers.ask(member, name, flight.key, turn === 1 ? 'get' : 'forwarded', new Asked(this, member, turn, flight))
  }

  /** Keeps a copy of what a member answered, if it is one to be kept. */
  answered (member: string, turn: number, flight: Flight<Entry<V>>, value: Value | undefined): void {
    if (value === undefined) {
      this.failed(member, turn, flight, new ProtocolViolationError(`${member} answered a request for a value without one`))
      return
    }
    const { cache, peers, counts } = this.#init
    counts.peerHits++
    const keep = this.#isWorthACopy(value) && flight.mayKeep(value.tags) && peers.owner(flight.key) === member
    flight.land(cache.storeCopy(flight.key, value, { keep, lease: value.lease }))
  }

  failed (member: string, turn: number, flight: Flight<Entry<V>>, err: unknown): void {
    const { peers, counts, clock } = this.#init
    counts.peerErrors++
    // 1. this node gives the owner up; 2. its successor, which has not yet, loads in its place; 3. it has, and loads as the owner
    if (isGivenUp(err) && !peers.members.includes(member)) {
      const timer = clock.setTimeout(() => { this.#goOn(member, turn, flight, err) }, VERDICTS_WITHIN)
      flight.whenAborted(() => { clock.clearTimeout(timer) })
    } else this.#goOn(member, turn, flight, err)
  }

  #goOn (member: string, turn: number, flight: Flight<Entry<V>>, err: unknown): void {
    const { peers, loadHere } = this.#init
    try {
      const failure = this.mayGoOn(err)
      flight.throwIfAborted()
      const next = this.#next(member, turn, flight.key, failure)
      const held = this.#held(flight.key)
      if (held !== undefined) flight.land(held.hold())
      else if (next !== undefined && next !== peers.self) this.#ask(next, turn + 1, flight)
      else flight.follow(loadHere(flight.key, flight, failure))
    } catch (reason) {
      flight.fail(reason)
    }
  }

  /** What was loaded here for others while this get waited for a member that could not answer. */
  #held (key: string): Entry<V> | undefined {
    const { cache, clock, peers } = this.#init
    const now = clock.now()
    return now < peers.standing.until ? cache.owned(key, now) ?? cache.copy(key, now) : undefined
  }

  /**
   * Who is asked when a member could not be. A successor that is only silent ends it: waiting for a third one in vain would take longer
   * than a load. The ring may have another owner by now, whose successor is not to load: where the member is off it, that is who is asked.
   */
  #next (member: string, turn: number, key: string, failure: Error): string | undefined {
    const { peers } = this.#init
    if (isLoadFailure(failure) || turn === MAX_ASKED) return undefined
    if (turn > 1 && peers.members.includes(member)) return isGone(failure) ? peers.after(key, member) : undefined
    const owner = peers.owner(key)
    return owner === member ? peers.after(key, member) : owner
  }

  /** Whether a get goes on elsewhere after a member's failure: returns the failure, or throws what ends the get. */
  mayGoOn (err: unknown): Error {
    const { name, settings, log, checkOpen } = this.#init
    const failure = err instanceof Error ? err : new Error(String(err))
    checkOpen()
    // a busy member is not helped by its requests going elsewhere: they would take the next one down as well
    if (failure instanceof OverloadedError) throw failure
    if (isLoadFailure(failure) && !settings.loadLocallyOnLoadError) throw failure
    log('a get in group %s goes on elsewhere - %e', name, failure)
    return failure
  }

  #isWorthACopy (value: Value): boolean {
    const { hot } = this.#init.settings
    return value.mayKeep && hot !== false && (hot.promote === 'always' || value.isPopular)
  }
}

/** Whether its process is, for certain. */
function isGone (failure: Error): boolean {
  return failure instanceof PeerUnreachableError && failure.refused
}

/** Whether it does not answer, be it frozen or cut off. */
function isGivenUp (err: unknown): boolean {
  return err instanceof PeerUnreachableError && !err.refused
}

/** One question to one member. */
class Asked<V> implements Receiver {
  readonly #reads: RemoteReads<V>
  readonly #member: string
  readonly #turn: number
  readonly #flight: Flight<Entry<V>>

  constructor (reads: RemoteReads<V>, member: string, turn: number, flight: Flight<Entry<V>>) {
    this.#reads = reads
    this.#member = member
    this.#turn = turn
    this.#flight = flight
  }

  whenAborted (callback: (reason: Error) => void): void {
    this.#flight.whenAborted(callback)
  }

  answered (value: Value | undefined): void {
    this.#reads.answered(this.#member, this.#turn, this.#flight, value)
  }

  failed (err: unknown): void {
    this.#reads.failed(this.#member, this.#turn, this.#flight, err)
  }
}
