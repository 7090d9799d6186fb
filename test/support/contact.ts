// What tests of contact do to an asking end.

import { LEASE } from '../../src/constants.js'
import { FrameType } from '../../src/rpc/frames.js'
import { plain, startAskingEnd } from './asking-end.js'
import { settled } from './fake-clock.js'
import { written } from './fake-stream.js'
import { getOn } from './get-on.js'
import type { Value } from '../../src/rpc/ask.js'
import type { AskingEnd } from './asking-end.js'

/** As by default, the peer may be silent for longer than a lease. */
export const startPatiently = (timeout = 2 * LEASE): AskingEnd => startAskingEnd(timeout)
/** The peer answers a get with a miss. */
export const miss = (end: AskingEnd, id: number): void => { end.stream.receive(written(frames => { frames.bare(FrameType.miss, id) })) }
/** The ids of the pings that were sent. */
export const pings = ({ stream }: AskingEnd): number[] => stream.frames.filter(({ type }) => type === FrameType.ping).map(({ id }) => id)

/** A get that was answered as soon as it was asked. */
export async function answered (end: AskingEnd, id: number): Promise<Value> {
  const answer = getOn(end.requester, 'g', 'k', 'get')
  await settled()
  end.stream.receive(written(frames => { frames.value(id, { ...plain(Uint8Array.of(1)), mayKeep: true }) }))
  return await answer as Value
}

/** Answers each ping from now on as soon as it is sent. */
export async function advanceAnswering (end: AskingEnd, ms: number, seen = new Set<number>()): Promise<void> {
  for (let left = ms; left > 0; left -= 50) {
    await end.clock.advance(Math.min(50, left))
    for (const id of pings(end).filter(id => !seen.has(id))) {
      seen.add(id)
      end.stream.receive(written(frames => { frames.done(id, 0) }))
    }
  }
}

/** As when the event loop is blocked: no timer runs before all that time is over. */
export async function standStill ({ clock }: AskingEnd, ms: number): Promise<void> {
  const end = clock.now() + ms
  clock.now = () => end
  await clock.advance(ms)
}
