// A responder on a stream and a clock of the test's own.

import { ProtocolViolationError } from '../../src/errors.js'
import { Account } from '../../src/rpc/account.js'
import { Responder } from '../../src/rpc/responder.js'
import { plain } from './asking-end.js'
import { FakeClock } from './fake-clock.js'
import { fakeLog } from './fake-log.js'
import { FakeStream } from './fake-stream.js'
import type { FairTurns } from '../../src/rpc/fair-turns.js'
import type { RequestHandler } from '../../src/rpc/request-handler.js'
import type { FakeLog } from './fake-log.js'

export interface AnsweringEnd {
  stream: FakeStream
  clock: FakeClock
  log: FakeLog
  responder: Responder
  /** How often it has closed. */
  closed: () => number
}

/** A handler that has every key in memory, the key being the value, unless `handler` has something else. */
export function fullHandler (handler: Partial<RequestHandler> = {}): RequestHandler {
  return {
    get: (_peer, _group, key) => plain(Buffer.from(key)),
    remove: () => Promise.resolve(0),
    forget: () => {},
    set: () => Promise.resolve(0),
    catchUp: () => [],
    probe: () => Promise.resolve(true),
    ...handler
  }
}

/** Of a peer called 'far'. */
export function startAnsweringEnd (handler: Partial<RequestHandler> = {}, { stream = new FakeStream(), clock = new FakeClock(), ready, turns }: { stream?: FakeStream, clock?: FakeClock, ready?: Promise<void>, turns?: FairTurns } = {}): AnsweringEnd {
  const log = fakeLog()
  let closed = 0
  const account = new Account(clock)
  const responder = new Responder({
    stream: stream.stream,
    peer: 'far',
    account,
    handler: fullHandler(handler),
    clock,
    turns,
    ...(ready === undefined ? {} : { ready }),
    onClose: reason => {
      closed++
      if (reason instanceof ProtocolViolationError) log.error('%s', reason.message)
    }
  })
  return { stream, clock, log, responder, closed: () => closed }
}
