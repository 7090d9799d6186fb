// A GET, from the request to what it brings: without a promise, since every get of another member's key passes here.

import { ConnectionLostError } from '../errors.js'
import { isMoved } from './ask.js'
import { RPC, begin, finish, isTraced } from '../tracing.js'
import { failureIn, gotValue } from './open-request.js'
import type { Lease } from '../cache/lease.js'
import type { RpcTrace } from '../tracing.js'
import type { RequestKind } from '../observer.js'
import type { Abortable } from '../flight/abortable.js'
import type { Ask, Value } from './ask.js'
import type { FrameWriter } from './frame-writer.js'
import type { OpenRequest } from './open-request.js'
import type { PeerId } from '@libp2p/interface'

/** Who wants a value. When it aborts, the peer is told that nobody waits any more. One of the others is called, and must not throw. */
export interface Receiver extends Abortable {
  /** @param value - its bytes are a view of a larger buffer; undefined = a miss */
  answered (value: Value | undefined): void
  failed (err: unknown): void
}

const NOBODY: Receiver = { answered: () => {}, failed: () => {}, whenAborted: () => {} }

export interface ValueRequestInit {
  peer: PeerId
  group: string
  key: string
  ask: Ask
  receiver: Receiver
  /** Its stream was lost, for the first time: it may be sent once more. */
  onLost: (request: ValueRequest, err: ConnectionLostError) => void
}

export class ValueRequest implements OpenRequest {
  id = 0
  sentAt = 0
  receiver: Receiver
  readonly peer: PeerId
  readonly #group: string
  readonly #key: string
  readonly #ask: Ask
  readonly #onLost: (request: ValueRequest, err: ConnectionLostError) => void
  /** Where requests are traced. */
  readonly #trace: RpcTrace | undefined
  #wasLost = false
  #isAnswered = false

  constructor ({ peer, group, key, ask, receiver, onLost }: ValueRequestInit) {
    this.receiver = receiver
    this.peer = peer
    this.#group = group
    this.#key = key
    this.#ask = ask
    this.#onLost = onLost
    if (!isTraced(RPC)) return
    this.#trace = { peer: peer.toString(), group, key, ask, carrier: {} }
    begin(RPC, this.#trace)
  }

  get kind (): RequestKind {
    if (isMoved(this.#ask)) return 'moved'
    return this.#ask === 'look' ? 'look' : 'get'
  }

  write (frames: FrameWriter): void {
    if (this.#trace === undefined) frames.get(this.id, this.#ask, this.#group, this.#key)
    else frames.traced(this.#trace.carrier, this.id, this.#ask, this.#group, this.#key)
  }

  settle (frame: Buffer, lease: Lease): void {
    const failure = failureIn(frame)
    const value = failure === undefined ? gotValue(frame, lease) : undefined
    this.#isAnswered = true
    if (failure !== undefined) {
      this.#fail(failure.toError(this.#group, this.#key, this.peer))
      return
    }
    if (this.#trace !== undefined) finish(RPC, this.#trace)
    this.receiver.answered(value)
  }

  /** The receiver does not wait any more, and hears nothing but the reason: whatever comes is nobody's. */
  leave (reason: Error): void {
    const { receiver } = this
    this.receiver = NOBODY
    receiver.failed(reason)
  }

  /**
   * A stream can be lost although its peer is well: when both sides dialled at once, libp2p closes one
   * of the two connections. So a request that was cut off is made once more.
   */
  reject (err: Error): void {
    if (this.#isAnswered) return
    if (this.#wasLost || this.receiver === NOBODY || !(err instanceof ConnectionLostError)) {
      this.#fail(err)
      return
    }
    this.#wasLost = true
    this.#onLost(this, err)
  }

  #fail (err: Error): void {
    if (this.#trace !== undefined) finish(RPC, this.#trace, err)
    this.receiver.failed(err)
  }
}
