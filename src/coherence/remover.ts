// Removals and replacements on behalf of callers of this node: finds who is to see to them, and keeps at it.

import { pause } from '../clock.js'
import { INVALIDATION_TIMEOUT, MAX_BATCH_KEYS, MAX_BATCH_UNITS } from '../constants.js'
import { GroupNotFoundError, InvalidationIncompleteError, OwnerUnreachableError } from '../errors.js'
import { digestOf } from './announcer.js'
import { groupByOwner } from './coordinator.js'
import type { Clock } from '../clock.js'
import type { Hop, Removal, Replacement, Ticket } from '../rpc/removal.js'
import type { Announcer } from './announcer.js'
import type { Coordinator } from './coordinator.js'
import type { CoherenceNetwork } from './network.js'
import type { Logger } from '@libp2p/interface'

/** Between attempts to reach an owner that could not be. The ring may have another one then. */
const RETRY_PAUSE = 250

export interface RemoverInit {
  network: CoherenceNetwork
  coordinator: Coordinator
  announcer: Announcer
  clock: Clock
  random: () => number
  log: Logger
}

/** An attempt that may be made again: resolves with what is left to do, and who could not be reached. */
interface Left<T> { what: T[], unreached: Map<string, unknown> }

export class Remover {
  readonly #init: RemoverInit

  constructor (init: RemoverInit) {
    this.#init = init
  }

  /** @throws InvalidationIncompleteError naming the members that were not reached */
  async remove (removal: Removal, isStopped: () => boolean): Promise<void> {
    const { network } = this.#init
    const { group } = removal
    const unreached = removal.kind === 'keys'
      ? await this.#persist(removal.keys, keys => this.#removeKeys(group, keys), isStopped)
      : await this.#persist([network.self, ...network.members()], this.#removeAt(this.#newTicket(), removal), isStopped)
    if (unreached.size > 0) throw new InvalidationIncompleteError({ group, members: [...unreached.keys()].map(id => network.peerId(id)), cause: [...unreached.values()][0] })
  }

  /** @throws OwnerUnreachableError */
  async set (replacement: Replacement, isStopped: () => boolean): Promise<void> {
    const { group, key } = replacement
    const ticket = this.#newTicket()
    const unreached = await this.#persist([key], async () => this.#attempt([key], this.#ownerOf(key), async (owner, hop) => {
      const digest = await this.#setAt(owner, ticket, replacement, hop)
      if (owner !== this.#init.network.self) await this.#tellTheRest(digest, ticket, { kind: 'keys', group, keys: [key] })
    }), isStopped)
    const [first] = unreached
    if (first !== undefined) throw new OwnerUnreachableError({ group, key, peerId: this.#init.network.peerId(first[0]), cause: first[1] })
  }

  /** Each owner its keys, in one frame; those that are left are tried again with the ring there is then. */
  async #removeKeys (group: string, keys: readonly string[]): Promise<Left<string>> {
    const batches = [...groupByOwner(keys, key => this.#ownerOf(key))].flatMap(([owner, owned]) => chunks(owned).map(chunk => ({ owner, chunk })))
    return merge(await Promise.all(batches.map(({ owner, chunk }) => {
      const removal: Removal = { kind: 'keys', group, keys: chunk }
      const ticket = this.#newTicket()
      return this.#attempt(chunk, owner, async (id, hop) => {
        const digest = await this.#askToRemove(id, ticket, removal, hop)
        // as the owner this node has told all it knows of
        if (id !== this.#init.network.self) await this.#tellTheRest(digest, ticket, removal)
      })
    })))
  }

  /** Everybody has keys of its own, so everybody is an owner. Who is off the ring meanwhile has none any more. */
  #removeAt (ticket: Ticket, removal: Removal): (ids: readonly string[]) => Promise<Left<string>> {
    const { network } = this.#init
    return async ids => merge(await Promise.all(ids.map(async id => {
      if (id !== network.self && !network.members().includes(id)) return nothingLeft
      return this.#attempt([id], id, async owner => { await this.#askToRemove(owner, ticket, removal, 'forwarded') }, 'needs no successor')
    })))
  }

  /** Whose process is gone holds nothing any more, nor does who lacks the group: its successor does it in its place. */
  async #attempt (what: readonly string[], owner: string, work: (id: string, hop: Hop) => Promise<void>, successor?: 'needs no successor'): Promise<Left<string>> {
    const { network, log } = this.#init
    try {
      await work(owner, 'owner')
      return nothingLeft
    } catch (err) {
      log('%s could not be asked to remove - %e', owner, err)
      if (!network.isGone(owner) && !(err instanceof GroupNotFoundError)) return { what: [...what], unreached: new Map([[owner, err]]) }
    }
    if (successor === 'needs no successor') return nothingLeft
    // all of these keys had one owner; their successors may differ
    return merge(await Promise.all(what.map(async key => {
      // off the ring by now, it has no successor there but a new owner in its place
      const isReplaced = this.#ownerOf(key) !== owner
      const next = isReplaced ? this.#ownerOf(key) : network.successor(key) ?? network.self
      try {
        await work(next, isReplaced ? 'owner' : 'forwarded').catch(async (err: unknown) => {
          if (!(err instanceof GroupNotFoundError)) throw err
          // neither has the group, as in a deploy that brings it: this node has
          await work(network.self, 'forwarded')
        })
        return nothingLeft
      } catch (err) {
        return { what: [key], unreached: new Map([[next, err]]) }
      }
    })))
  }

  #askToRemove (id: string, ticket: Ticket, removal: Removal, hop: Hop): Promise<number> {
    const { network, coordinator } = this.#init
    return id === network.self ? coordinator.remove(ticket, removal, hop) : network.remove(id, ticket, removal, hop)
  }

  async #setAt (id: string, ticket: Ticket, replacement: Replacement, hop: Hop): Promise<number> {
    const { network, coordinator } = this.#init
    return id === network.self ? coordinator.set(ticket, replacement, hop) : network.set(id, ticket, replacement, hop)
  }

  /** The owner's members are not ours: those that it knows nothing of, or could not reach, are told from here. */
  async #tellTheRest (digest: number, ticket: Ticket, removal: Removal): Promise<void> {
    const { network, announcer, coordinator } = this.#init
    const members = network.members()
    // no member of the owner's, this node is not told by it
    if (!coordinator.knows(ticket)) await coordinator.forget(network.self, ticket, removal)
    if (digest !== digestOf([network.self, ...members])) await announcer.tell(members, ticket, removal)
  }

  /** @returns who could not be reached in all that time */
  async #persist (what: readonly string[], attempt: (what: readonly string[]) => Promise<Left<string>>, isStopped: () => boolean): Promise<Map<string, unknown>> {
    const { clock } = this.#init
    const deadline = clock.now() + INVALIDATION_TIMEOUT
    for (let left = await attempt(what); ; left = await attempt(left.what)) {
      if (left.what.length === 0 || clock.now() >= deadline || isStopped()) return left.unreached
      await pause(clock, RETRY_PAUSE)
    }
  }

  #ownerOf (key: string): string {
    return this.#init.network.owner(key) ?? this.#init.network.self
  }

  #newTicket (): Ticket {
    return Math.floor(this.#init.random() * 2 ** 53)
  }
}

const nothingLeft: Left<string> = { what: [], unreached: new Map() }

function merge (parts: ReadonlyArray<Left<string>>): Left<string> {
  return { what: parts.flatMap(({ what }) => what), unreached: new Map(parts.flatMap(({ unreached }) => [...unreached])) }
}

function chunks (keys: readonly string[]): string[][] {
  const found: string[][] = []
  let units = Infinity
  for (const key of keys) {
    const last = found.at(-1)
    if (last === undefined || last.length >= MAX_BATCH_KEYS || units + key.length > MAX_BATCH_UNITS) {
      found.push([key])
      units = key.length
    } else {
      last.push(key)
      units += key.length
    }
  }
  return found
}
