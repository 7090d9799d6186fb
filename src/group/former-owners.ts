// A value is where it was before the ring changed: members that owned its key are asked before the origin is.

import { TAKE_OVER_TIMEOUT } from '../constants.js'
import type { Abortable } from '../flight/abortable.js'
import type { MovedAsk, Value } from '../rpc/ask.js'
import type { FormerOwner, Peers } from './peers.js'
import type { Logger } from '@libp2p/interface'

export interface FormerOwnersInit {
  name: string
  peers: Peers
  log: Logger
}

export class FormerOwners {
  readonly #init: FormerOwnersInit
  /** Keys that are being asked for: who is asked for one meanwhile, by a member that it asks itself, says what it has. */
  readonly #sought = new Set<string>()

  constructor (init: FormerOwnersInit) {
    this.#init = init
  }

  /**
   * What one of them still has, or one that owned the key before it and that it asks in its turn; all at once, the first answer
   * counts. That they cannot be asked only means that the origin is.
   *
   * @returns nothing, at once, where there is nobody to ask
   */
  fetch (key: string, ask: MovedAsk, caller: Abortable): Promise<Value | undefined> | undefined {
    if (this.#sought.has(key)) return undefined
    const former = this.#init.peers.formerOwners(this.#init.name, key)
    if (former.length === 0) return undefined
    this.#sought.add(key)
    return first(former.map(owner => this.#ask(owner, key, ask, caller))).finally(() => { this.#sought.delete(key) })
  }

  async #ask ({ id, since }: FormerOwner, key: string, ask: MovedAsk, caller: Abortable): Promise<Value | undefined> {
    const { name, peers, log } = this.#init
    try {
      const moved = await peers.fetch(id, name, key, ask, { timeout: TAKE_OVER_TIMEOUT, caller })
      // 1. it answers; 2. the key, or a tag of the value, is removed; 3. the answer arrives
      return moved === undefined || peers.mayBeRemoved(name, key, moved.tags, since) ? undefined : moved
    } catch (err) {
      log('former owner %s could not be asked - %e', id, err)
      return undefined
    }
  }
}

/** The first that is something; undefined when none is. */
function first<T> (answers: ReadonlyArray<Promise<T | undefined>>): Promise<T | undefined> {
  return new Promise(resolve => {
    let left = answers.length
    for (const answer of answers) {
      void answer.then(value => {
        if (value !== undefined || --left === 0) resolve(value)
      })
    }
  })
}
