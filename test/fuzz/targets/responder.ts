// A whole responder on a stream, fed with requests of all kinds and what becomes of them, and what it answers.

import { startAnsweringEnd } from '../../support/answering-end.js'
import { plain } from '../../support/asking-end.js'
import { settled } from '../../support/fake-clock.js'
import { FrameReader } from '../../../src/rpc/frame-reader.js'
import { FrameType, Status, idOf, restOf, typeOf } from '../../../src/rpc/frames.js'
import { toFailure } from '../../../src/rpc/remote-failure.js'
import { GroupNotFoundError, LoadError } from '../../../src/errors.js'
import { cut, mutated, shuffled } from '../mutate.js'
import { InvariantError, checkRefusal, must } from '../target.js'
import { bytesOf, sent, writeAnswer, writeRequest } from './valid-frames.js'
import type { AnsweringEnd } from '../../support/answering-end.js'
import type { RequestHandler } from '../../../src/rpc/request-handler.js'
import type { SeenFrame } from '../../support/fake-stream.js'
import type { Random } from '../random.js'
import type { Target, Verdict } from '../target.js'

interface Input {
  pieces: Uint8Array[]
  /** How the handler answers, one after the other. */
  ways: number[]
  /** Whether it is ready: at once, later, or never. */
  ready: 'now' | 'later' | 'never'
  /** Behind which piece what was held up is answered. */
  answerAfter: number
}

const WAYS = 5
const ANSWERS: ReadonlySet<number> = new Set([FrameType.value, FrameType.miss, FrameType.done, FrameType.failed, FrameType.missed])
/** An error that is none of this library's would be a mistake of the responder's own. */
const MEANT: ReadonlySet<number> = new Set([Status.loadFailed, Status.groupNotFound, Status.overloaded, Status.cancelled])

export const responder: Target<Input> = {
  name: 'responder',
  what: 'a whole responder: what it does, and what it answers',
  weight: 3,
  generate (random) {
    const frames = shuffled(sent(frames => {
      for (let i = random.int(8); i >= 0; i--) writeRequest(frames, random)
      if (random.chance(0.1)) writeAnswer(frames, random)
    }), random)
    const bytes = Buffer.concat(frames)
    const hostile = random.way<Uint8Array>([4, () => bytes], [4, () => mutated(bytes, random)], [1, () => afterwards(bytes, random)])
    return {
      pieces: cut(hostile, random),
      ways: Array.from({ length: 8 }, () => random.int(WAYS)),
      ready: random.pick(['now', 'now', 'later', 'never'] as const),
      answerAfter: random.int(4)
    }
  },
  async run (input) {
    const verdict = await feed(input)
    await healthy()
    return verdict
  }
}

/** Good requests, and nonsense behind them. */
function afterwards (bytes: Uint8Array, random: Random): Uint8Array {
  return Buffer.concat([bytes, random.bytes(1 + random.int(20))])
}

async function feed ({ pieces, ways, ready, answerAfter }: Input): Promise<Verdict> {
  const held: Array<() => void> = []
  const opened = Promise.withResolvers<void>()
  const end = startAnsweringEnd(handler(ways, held), ready === 'now' ? {} : { ready: opened.promise })
  for (const [index, piece] of pieces.entries()) {
    end.stream.receive(piece)
    if (index !== answerAfter) continue
    if (ready === 'later') opened.resolve()
    for (const answer of held.splice(0)) answer()
    await Promise.resolve()
  }
  if (ready === 'later') opened.resolve()
  for (let i = 0; i < 20; i++) {
    for (const answer of held.splice(0)) answer()
    await Promise.resolve()
  }
  return judge(end)
}

function judge ({ stream, log, closed }: AnsweringEnd): Verdict {
  const { abortedWith } = stream
  must(closed() === (abortedWith === undefined ? 0 : 1), `it closed ${closed()} times`)
  if (abortedWith !== undefined) checkRefusal(['ProtocolViolationError'], abortedWith)
  must(log.errors.length === (abortedWith === undefined ? 0 : 1), `the log has ${log.errors.length} lines`)
  const frames = framesOf(stream.sends)
  for (const { type, id, rest } of frames) {
    must(ANSWERS.has(type), `a frame of type ${type} as an answer`)
    if (type === FrameType.failed && !MEANT.has(rest[0] as number)) throw new InvariantError(`request ${id} failed with status ${rest[0]}: ${rest.toString('utf8', 1)}`)
  }
  return abortedWith === undefined && frames.length > 0 ? 'accepted' : 'refused'
}

/** A handler that answers at once, later, not at all, or fails. */
function handler (ways: readonly number[], held: Array<() => void>): RequestHandler {
  let turn = 0
  const answer = <T>(value: T, mayWait = true): T | Promise<T> => {
    switch (ways[turn++ % ways.length] ?? 0) {
      case 0: return value
      case 1: return mayWait ? Promise.resolve(value) : value
      case 2: return mayWait ? new Promise(resolve => { held.push(() => { resolve(value) }) }) : value
      case 3: throw new GroupNotFoundError('g')
      default: return mayWait ? Promise.reject(new LoadError({ group: 'g', key: 'k', cause: new Error('it failed') })) : value
    }
  }
  return {
    get: (_peer, _group, key, _ask, caller) => {
      caller.whenAborted(() => {})
      return answer(key === '' ? undefined : plain(Buffer.from(key)))
    },
    remove: async () => answer(7),
    forget: () => answer(undefined),
    set: async () => answer(7),
    probe: async () => answer(true),
    catchUp: () => answer([], false) as []
  }
}

/** As the frames of a fake stream; what cannot be read of its own answers is its mistake. */
function framesOf (sends: readonly Uint8Array[]): SeenFrame[] {
  const frames: SeenFrame[] = []
  const reader = new FrameReader(frame => { frames.push({ type: typeOf(frame), id: idOf(frame), rest: Buffer.from(restOf(frame)) }) })
  try {
    for (const bytes of sends) reader.push(bytes)
  } catch (err) {
    throw new InvariantError(`its answers cannot be read: ${toFailure(err).message}`, { cause: err })
  }
  return frames
}

const GET = bytesOf(frames => { frames.get(1, 'get', 'g', 'key') })
let turns = 0

/** A good request on a new stream is answered. */
async function healthy (): Promise<void> {
  // a turn of the event loop costs as much as the rest, and brings up nothing that another case does not
  if (++turns % 16 === 0) await settled()
  const { stream } = startAnsweringEnd()
  stream.receive(GET)
  must(framesOf(stream.sends).some(({ type, id, rest }) => type === FrameType.value && id === 1 && rest.toString('utf8', 5) === 'key'), 'a good request on a new stream is not answered')
}
