// What becomes of the requests of one stream: their answers, at once or later, and refusals where there is no room.

import { FrameType, MAX_UNCUT_BYTES, Status } from './frames.js'
import { toFailure } from './remote-failure.js'
import type { Account } from './account.js'
import type { Value } from './ask.js'
import type { Lane } from './lane.js'
import type { Outbox } from './outbox.js'

/** A request that is refused counts for one more for each so many bytes: what it took to read them. MAX_SERVED_BYTES may be asked for anew. */
const REFUSED_BYTES = 4_096

export class Replies {
  readonly #outbox: Pick<Outbox, 'frames' | 'flushSoon'>
  readonly #account: Pick<Account, 'spend' | 'checkLong'>
  #isClosed = false

  /** @param account - what the peer has under way on all its streams */
  constructor (outbox: Pick<Outbox, 'frames' | 'flushSoon'>, account: Pick<Account, 'spend' | 'checkLong'>) {
    this.#outbox = outbox
    this.#account = account
  }

  /** Answers that are not ready yet are never written. */
  close (): void {
    this.#isClosed = true
  }

  /** @param write - what came of it; may throw, having written nothing */
  answer<T> (lane: Lane, id: number, bytes: number, work: () => T | Promise<T>, write: (result: T) => void): void {
    if (this.isRefused(lane, id, bytes)) return
    try {
      const result = work()
      if (result instanceof Promise) this.answerLater(lane, id, bytes, result, write)
      else write(result)
    } catch (err) {
      this.fail(id, err)
    }
  }

  /** @param onAnswered - the answer was written, and the stream is still open */
  answerLater<T> (lane: Lane, id: number, bytes: number, result: Promise<T>, write: (result: T) => void, onAnswered?: () => void): void {
    lane.enter(bytes)
    void result.then(value => { if (!this.#isClosed) write(value) }).catch((err: unknown) => { this.fail(id, err) }).then(() => {
      lane.leave(bytes)
      if (this.#isClosed) return
      onAnswered?.()
      this.#outbox.flushSoon()
    })
  }

  /** Whether there is no room for a request. @throws ProtocolViolationError when there were too many of these */
  isRefused (lane: Lane, id: number, bytes: number): boolean {
    const refusal = lane.refusal(bytes)
    if (refusal === undefined) return false
    if (lane.isOwn) this.#account.spend('refusals', 1 + Math.floor(bytes / REFUSED_BYTES))
    this.#outbox.frames.failed(id, Status.overloaded, refusal)
    return true
  }

  /** @throws OverloadedError when too much waits for the peer */
  value (id: number, group: string, value: Value | undefined): void {
    const { frames } = this.#outbox
    if (value === undefined) {
      frames.bare(FrameType.miss, id)
      return
    }
    if (value.bytes.byteLength > MAX_UNCUT_BYTES) this.#account.checkLong(group, value.bytes.byteLength)
    frames.value(id, value)
  }

  fail (id: number, err: unknown): void {
    if (this.#isClosed) return
    const { status, message } = toFailure(err)
    this.#outbox.frames.failed(id, status, message)
  }
}
