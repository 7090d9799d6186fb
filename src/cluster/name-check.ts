// Whether this node's name is another live process's, which has it for longer. Who has died is not told from who has not by what others
// say: after a crash the next process is there under the name before anybody has noticed. So that one is asked.

import { NameTakenError } from '../errors.js'
import type { Clock, Timer } from '../clock.js'
import type { View } from './view.js'
import type { Logger } from '@libp2p/interface'

export interface NameCheckInit {
  self: string
  name: string
  view: View
  /** Resolves when a member answers, rejects when it does not. */
  ping: (id: string) => Promise<void>
  /** The answer is known, and may be another one than before. */
  onAnswer: (taken: NameTakenError | undefined) => void
  clock: Clock
  log: Logger
}

/** Milliseconds until one is asked again that did not answer and is a member all the same. */
const ASKED_AGAIN_AFTER = 1_000

export class NameCheck {
  /** Why this node is not on the ring; undefined = it is, or was not found out not to be. */
  taken: NameTakenError | undefined
  readonly #init: NameCheckInit
  /** Who is being asked. */
  #asked: string | undefined
  #timer: Timer | undefined

  constructor (init: NameCheckInit) {
    this.#init = init
  }

  /** Nobody knows yet whether this node keeps its name. */
  get isPending (): boolean {
    return this.#asked !== undefined
  }

  /** What was found out is forgotten: the node stops. */
  clear (): void {
    this.#asked = this.taken = undefined
    this.#cancelNext()
  }

  /** To be called at each change of the members. */
  check (): void {
    const { self, name, view, ping, onAnswer, log } = this.#init
    this.#cancelNext()
    const holder = view.holder(name)
    // one that is about to leave has given its name up
    const hasGivenUp = view.get(self)?.weight === 0
    const other = holder === self || hasGivenUp ? undefined : holder
    if (this.#asked === other && other !== undefined) return
    if (other === undefined) {
      const wasOpen = this.isPending || this.taken !== undefined
      this.#asked = this.taken = undefined
      if (wasOpen) onAnswer(undefined)
      return
    }
    if (this.taken?.peerId.toString() === other) return
    this.#asked = other
    const settle = (taken: NameTakenError | undefined): void => {
      if (this.#asked !== other) return
      this.#asked = undefined
      this.taken = taken
      if (taken !== undefined) log.error('%s', taken.message)
      // whether it is dead the membership will say; it may also be busy, or not to be reached from here
      else this.#timer = this.#init.clock.setTimeout(() => { this.check() }, ASKED_AGAIN_AFTER)
      onAnswer(taken)
    }
    ping(other).then(() => { settle(new NameTakenError({ name, peerId: view.peerId(other) })) }, () => { settle(undefined) })
  }

  #cancelNext (): void {
    if (this.#timer !== undefined) this.#init.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
