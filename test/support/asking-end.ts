// A requester on a stream and a clock of the test's own.

import { Requester } from '../../src/rpc/requester.js'
import { FakeClock } from './fake-clock.js'
import { FakeStream } from './fake-stream.js'
import type { Value } from '../../src/rpc/ask.js'

/** Milliseconds that the peer may be silent. */
export const TIMEOUT = 1_000
export const PEER = 'peer'

export interface AskingEnd {
  stream: FakeStream
  clock: FakeClock
  requester: Requester
  /** Why the requester closed, once it has. */
  closed: Error[]
}

export function startAskingEnd (timeout = TIMEOUT): AskingEnd {
  const stream = new FakeStream()
  const clock = new FakeClock()
  const closed: Error[] = []
  const requester = new Requester({ stream: stream.stream, peer: PEER, clock, timeout, onClose: err => { closed.push(err) } })
  return { stream, clock, requester, closed }
}

/** A value of these bytes with nothing special about it. */
export function plain (bytes: Uint8Array, ttl = Infinity): Value {
  return { bytes, ttl, tags: [], mayKeep: false, isPopular: false }
}
