// The GETs of one stream: what is in memory is answered without a promise, the rest when it is there, unless nobody wants it any more.

import { AbortError } from '@libp2p/interface'
import { OverloadedError, ProtocolViolationError } from '../errors.js'
import { toKeep } from './ask.js'
import { Caller, abortLater } from './caller.js'
import { LOAD_CHARGE } from './fair-turns.js'
import { idAfter } from './frames.js'
import type { Clock } from '../clock.js'
import type { Carrier } from '../tracing.js'
import type { Account } from './account.js'
import type { Ask, Value } from './ask.js'
import type { FairTurns } from './fair-turns.js'
import type { Rest } from './inlet.js'
import type { Outbox } from './outbox.js'
import type { Replies } from './replies.js'
import type { RequestHandler } from './request-handler.js'

export interface ServedGetsInit {
  /** The peer id of the other end. */
  peer: string
  account: Account
  handler: RequestHandler
  clock: Clock
  turns: FairTurns
  outbox: Pick<Outbox, 'frames'>
  replies: Replies
  /** As {@link ResponderInit.ready}. */
  ready: Promise<void> | undefined
}

/** What is asked of several keys alike. */
export interface Question { readonly ask: Ask, readonly group: string, readonly trace: Carrier | undefined }

export class ServedGets {
  readonly #init: ServedGetsInit
  /** Of those that are being worked on, by id. */
  readonly #callers = new Map<number, Caller>()
  /** Those that wait until this end is ready. */
  #early: Array<() => void> = []
  #isReady: boolean
  #isClosed = false

  constructor (init: ServedGetsInit) {
    this.#init = init
    this.#isReady = init.ready === undefined
    // what a rejection means is the stream's affair: it is closed by then
    init.ready?.then(() => { this.#beReady() }, () => { this.#beReady() })
  }

  /** Work goes on for a moment: a peer whose stream was lost asks again on a new one, and joins it. If it does not, nobody waits any more. */
  close (reason: Error): void {
    this.#isClosed = true
    abortLater([...this.#callers.values()], reason, this.#init.clock)
    this.#callers.clear()
  }

  /** Answers for one key after the other. @param id - of the first @returns what is left when the turn is over */
  answer (id: number, keys: readonly string[], question: Question): Rest | undefined {
    const { turns } = this.#init
    let next = 0
    const goOn = (): boolean => {
      do {
        this.#get(idAfter(id, next), keys[next] as string, question)
        next++
      } while (next < keys.length && !turns.isOver)
      return next < keys.length
    }
    return goOn() ? goOn : undefined
  }

  /** Where there is nothing to cancel any more, the answer crossed the frame that does on its way. */
  cancel (id: number): void {
    const { outbox, replies } = this.#init
    const reason = new AbortError('nobody waits for the value any more')
    this.#callers.get(id)?.abort(reason)
    // for its id is taken until it is answered
    if (outbox.frames.drop(id)) replies.fail(id, reason)
  }

  #get (id: number, key: string, question: Question): void {
    if (this.#callers.size > 0 && this.#callers.has(id)) throw new ProtocolViolationError(`a second request ${id} while the first one is open`)
    const { account, replies, turns } = this.#init
    const caller = new Caller()
    if (replies.isRefused(account.requests, id, key.length)) return
    const reason = account.whyNotToLoad(question.group)
    if (reason !== undefined) caller.abort(new OverloadedError(reason))
    try {
      const value = this.#isReady ? this.#ask(key, question, caller) : this.#askWhenReady(key, question, caller)
      if (!(value instanceof Promise)) replies.value(id, question.group, value)
      else {
        turns.charge(LOAD_CHARGE)
        this.#callers.set(id, caller)
        replies.answerLater(account.requests, id, key.length, value, value => { replies.value(id, question.group, value) }, () => { this.#callers.delete(id) })
      }
    } catch (err) {
      replies.fail(id, err)
    }
  }

  #ask (key: string, { ask, group, trace }: Question, caller: Caller): ReturnType<RequestHandler['get']> {
    return this.#init.handler.get(this.#init.peer, group, key, ask, caller, trace)
  }

  async #askWhenReady (key: string, question: Question, caller: Caller): Promise<Value | undefined> {
    await new Promise<void>(resolve => { this.#early.push(resolve) })
    if (this.#isClosed || caller.reason !== undefined) throw caller.reason ?? new AbortError('the stream was closed')
    return toKeep(this.#ask(key, question, caller))
  }

  /** Thousands may have come meanwhile: they have turns, as if they came now. */
  #beReady (): void {
    const { turns, account } = this.#init
    this.#isReady = true
    const early = this.#early
    this.#early = []
    if (early.length === 0) return
    let next = 0
    turns.wait(account.share, () => {
      do {
        early[next++]?.()
        turns.charge(LOAD_CHARGE)
      } while (next < early.length && !turns.isOver)
      return next < early.length
    })
  }
}
