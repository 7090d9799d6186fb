// A whole requester with all kinds of requests open, answered by somebody who means harm.

import { peerIdFromString } from '@libp2p/peer-id'
import { Cancellation } from '../../../src/flight/abortable.js'
import { RemoteFailure } from '../../../src/rpc/remote-failure.js'
import { ValueRequest } from '../../../src/rpc/value-request.js'
import { startAskingEnd } from '../../support/asking-end.js'
import { cut, mutated, shuffled } from '../mutate.js'
import { InvariantError, checkRefusal, must } from '../target.js'
import { bytesOf, sent, writeAnswer } from './valid-frames.js'
import type { Value } from '../../../src/rpc/ask.js'
import type { Requester } from '../../../src/rpc/requester.js'
import type { FrameWriter } from '../../../src/rpc/frame-writer.js'
import type { Random } from '../random.js'
import type { Target, Verdict } from '../target.js'

const PEER = peerIdFromString('12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg')
const KINDS = ['get', 'get', 'get', 'remove', 'forget', 'set', 'catchUp', 'ping', 'probe'] as const
type Kind = typeof KINDS[number]

interface Input {
  /** The requests that are open, whose ids are 1, 2, … */
  asked: Kind[]
  /** Those of them whose caller leaves before the answer comes. */
  leaving: number[]
  pieces: Uint8Array[]
}

/** What a get may fail with, whatever the answer: the failures that travel, and the loss of the stream. */
const FAILURES = ['LoadError', 'CodecError', 'ValueTooLargeError', 'GroupNotFoundError', 'OverloadedError', 'ConnectionLostError', 'AbortError', 'InvalidationIncompleteError', 'ProtocolViolationError', 'Error']

export const requester: Target<Input> = {
  name: 'requester',
  what: 'a whole requester: each request settles, with an answer or a typed error',
  weight: 3,
  generate (random) {
    const asked = [random.pick(KINDS), ...random.list(6, () => random.pick(KINDS))]
    const answers = sent(frames => { for (const [index, kind] of asked.entries()) writeFor(kind, frames, random, index + 1) })
    const bytes = Buffer.concat(shuffled(answers, random))
    const hostile = random.way<Uint8Array>([3, () => bytes], [6, () => mutated(bytes, random)], [1, () => random.bytes(random.size(200))])
    return { asked, leaving: asked.flatMap((_, index) => random.chance(0.1) ? index : []), pieces: cut(hostile, random) }
  },
  async run ({ asked, leaving, pieces }) {
    const { stream, requester, closed } = startAskingEnd()
    const outcomes: Outcome[] = asked.map(() => ({}))
    const callers = asked.map((kind, index) => ask(requester, kind, outcomes[index] as Outcome))
    await Promise.resolve()
    for (const index of leaving) callers[index]?.abort(new Error('it leaves'))
    for (const piece of pieces) stream.receive(piece)
    for (let i = 0; i < 4; i++) await Promise.resolve()
    const verdict = judge(outcomes, closed[0], requester.pending)
    requester.close(new Error('over'))
    for (let i = 0; i < 4; i++) await Promise.resolve()
    must(requester.pending === 0 && outcomes.every(({ count = 0 }) => count === 1), `requests settled ${outcomes.map(({ count = 0 }) => count).join(', ')} times`)
    await healthy()
    return verdict
  }
}

/** An answer as it should be, or one that belongs to another kind of request. */
function writeFor (kind: Kind, frames: FrameWriter, random: Random, id: number): void {
  if (random.chance(0.25)) writeAnswer(frames, random, id)
  else if (kind === 'get') frames.value(id, { bytes: random.bytes(random.size(200)), ttl: random.u32(), tags: random.list(2, () => random.text(8)), mayKeep: random.chance(0.5), isPopular: false })
  else if (kind === 'catchUp') frames.frame(133, id, Buffer.of(1, 0, 0, 0, 0))
  else frames.done(id, random.u32())
}

interface Outcome { count?: number, value?: unknown, error?: unknown }

function ask (requester: Requester, kind: Kind, outcome: Outcome): Cancellation {
  const caller = new Cancellation()
  const settle = (how: { value?: unknown, error?: unknown }): void => { Object.assign(outcome, how, { count: (outcome.count ?? 0) + 1 }) }
  if (kind === 'get') {
    const receiver = {
      answered: (value: Value | undefined) => { settle({ value }) },
      failed: (error: unknown) => { settle({ error }) },
      whenAborted: (callback: (reason: Error) => void) => { caller.whenAborted(callback) }
    }
    requester.ask(new ValueRequest({ peer: PEER, group: 'g', key: 'k', ask: 'get', receiver, onLost: (_request, error) => { settle({ error }) } }))
  } else {
    promised(requester, kind).then(value => { settle({ value }) }, (error: unknown) => { settle({ error }) })
  }
  return caller
}

function promised (requester: Requester, kind: Exclude<Kind, 'get'>): Promise<unknown> {
  switch (kind) {
    case 'remove': return requester.remove(1, { kind: 'keys', group: 'g', keys: ['k'] }, 'owner')
    case 'forget': return requester.forget(1, { kind: 'tag', group: 'g', tag: 't' })
    case 'set': return requester.set(1, { group: 'g', key: 'k', bytes: Buffer.of(1), ttl: 1, tags: [] }, 'owner')
    case 'catchUp': return requester.catchUp(10)
    case 'ping': return requester.ping()
    case 'probe': return requester.probe('p')
  }
}

function judge (outcomes: readonly Outcome[], closedWith: Error | undefined, pending: number): Verdict {
  if (closedWith !== undefined) {
    checkRefusal(['ProtocolViolationError'], closedWith)
    must(pending === 0, `${pending} requests are open on a stream that is closed`)
  }
  for (const { value, error } of outcomes) {
    // the reason of one that left is its own
    if (error !== undefined && (error as Error).message !== 'it leaves') checkRefusal(FAILURES, error)
    if (value instanceof RemoteFailure) checkRefusal(FAILURES, value.toError('g', 'k', PEER))
  }
  return closedWith === undefined && outcomes.some(({ value }) => value !== undefined) ? 'accepted' : 'refused'
}

const ANSWER = bytesOf(frames => { frames.value(1, { bytes: Buffer.from('well'), ttl: 1, tags: [], mayKeep: false, isPopular: false }) })

/** A good answer on a new stream is what its request gets. */
async function healthy (): Promise<void> {
  const { stream, requester } = startAskingEnd()
  const outcome: Outcome = {}
  ask(requester, 'get', outcome)
  stream.receive(ANSWER)
  const value = outcome.value as Value | undefined
  if (value === undefined || Buffer.from(value.bytes).toString() !== 'well') throw new InvariantError('a good answer on a new stream is not taken')
  requester.close(new Error('over'))
  await Promise.resolve()
}
