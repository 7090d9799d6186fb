// How peers behave towards this node: whose turn it is, what each may still ask for, and what becomes of those who break the rules.

import { ProtocolViolationError } from '../errors.js'
import { Accounts } from './account.js'
import { FairTurns } from './fair-turns.js'
import { Offences } from './offences.js'
import { UnreadError } from './outbox.js'
import type { Account } from './account.js'
import type { Kind } from './allowance.js'
import type { OffencesInit } from './offences.js'

export class Conduct {
  /** Of all that is asked of this node, on whatever protocol. */
  readonly turns: FairTurns
  readonly #accounts: Accounts
  readonly #offences: Offences

  constructor (init: OffencesInit) {
    this.turns = new FairTurns(init.clock)
    this.#accounts = new Accounts(init.clock)
    this.#offences = new Offences(init)
  }

  account (id: string): Account {
    return this.#accounts.of(id)
  }

  isRefused (id: string): boolean {
    return this.#offences.isRefused(id)
  }

  /** @param what - it did, for the log */
  offence (id: string, what: string): void {
    this.#offences.note(id, what)
  }

  /** Whether it may have one more of these; that it may not is an offence. */
  grants (id: string, kind: Kind): boolean {
    if (this.isRefused(id)) return false
    try {
      this.account(id).spend(kind)
      return true
    } catch (err) {
      this.noteViolation(id, err)
      return false
    }
  }

  /** Notes an error if the peer is at fault; if it only may be, the log tells of it, and that is all. */
  noteViolation (id: string, err: unknown): void {
    if (err instanceof ProtocolViolationError) this.offence(id, err.message)
    else if (err instanceof UnreadError) this.#offences.remark(id, err.message)
  }

  clear (): void {
    this.#accounts.clear()
    this.#offences.clear()
  }
}
