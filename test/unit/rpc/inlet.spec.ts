// What a peer has sent, beside what others have.

import { expect } from 'chai'
import { MAX_OUTBOX_BYTES, UNREAD_PATIENCE } from '../../../src/constants.js'
import { FairTurns } from '../../../src/rpc/fair-turns.js'
import { FrameType } from '../../../src/rpc/frames.js'
import { startAnsweringEnd } from '../../support/answering-end.js'
import { plain } from '../../support/asking-end.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { FakeStream, written } from '../../support/fake-stream.js'
import type { AnsweringEnd } from '../../support/answering-end.js'

const FLOOD = 500
/** Milliseconds that a get takes. */
const GET = 0.02

/** Of one frame with many keys. */
const gets = (from: number, count: number): Uint8Array => written(frames => { for (let id = from; id < from + count; id++) frames.get(id, 'get', 'g', `k${id}`) })
/** Of many frames with one key. */
const singly = (from: number, count: number): Uint8Array => Buffer.concat(Array.from({ length: count }, (_, i) => gets(from + i, 1)))

describe('the reading end of a stream of requests', () => {
  let clock: FakeClock
  let rounds: Array<() => void>
  let turns: FairTurns
  let busy: AnsweringEnd
  let calm: AnsweringEnd

  /** An end whose gets take their time. */
  const end = (): AnsweringEnd => startAnsweringEnd({
    get: (_peer, _group, key) => {
      clock.jump(GET)
      return plain(Buffer.from(key))
    }
  }, { stream: new FakeStream(), clock, turns })

  beforeEach(() => {
    clock = new FakeClock()
    rounds = []
    turns = new FairTurns(clock, task => { rounds.push(task) });
    [busy, calm] = [end(), end()]
    calm.stream.receive(gets(0, 1))
  })

  async function round (): Promise<void> {
    for (const task of rounds.splice(0)) task()
    await settled()
  }

  async function untilDone (): Promise<void> {
    for (let n = 0; rounds.length > 0; n++) {
      expect(n).to.be.lessThan(1_000)
      await round()
    }
  }

  for (const [what, flood] of [['one frame', gets], ['many frames', singly]] as const) {
    it(`leaves time for others than who asks for much in ${what}, does not read it meanwhile, and answers all in the end, in order`, async () => {
      busy.stream.receive(flood(0, FLOOD))
      expect([busy.stream.frames.length < FLOOD / 4, busy.stream.isPaused]).to.deep.equal([true, true])
      calm.stream.receive(gets(1, 3))
      expect(calm.stream.frames.map(({ id }) => id)).to.deep.equal([0, 1, 2, 3])
      // it is paused, so this waits in the stream
      busy.stream.receive(flood(FLOOD, FLOOD))
      await untilDone()
      expect(busy.stream.frames.map(({ id }) => id)).to.deep.equal(Array.from({ length: 2 * FLOOD }, (_, id) => id))
      expect(busy.stream.isPaused).to.equal(false)
    })
  }

  it('keeps the order of what comes while something waits, wherever it is cut', async () => {
    const bytes = Buffer.concat([gets(0, FLOOD / 2), singly(FLOOD / 2, FLOOD / 2)])
    // a transport that is told to pause may have some more on its way
    busy.stream.pause = () => {}
    for (let at = 0; at < bytes.length; at += 7) busy.stream.receive(bytes.subarray(at, at + 7))
    await untilDone()
    expect(busy.stream.frames.map(({ id }) => id)).to.deep.equal(Array.from({ length: FLOOD }, (_, id) => id))
  })

  it('keeps what is left of a large frame that came in two pieces, and what stands behind it', async () => {
    const ping = written(frames => { frames.bare(FrameType.ping, FLOOD) })
    const bytes = Buffer.concat([gets(0, FLOOD), ping])
    for (const cut of [1, 3, 4, 100, bytes.length - ping.length - 1, bytes.length - ping.length, bytes.length - 1]) {
      busy = end()
      busy.stream.receive(bytes.subarray(0, cut))
      busy.stream.receive(bytes.subarray(cut))
      calm.stream.receive(gets(1, 1))
      await untilDone()
      expect(busy.stream.frames.map(({ id }) => id), `cut at ${cut}`).to.deep.equal(Array.from({ length: FLOOD + 1 }, (_, id) => id))
      expect(busy.stream.isPaused).to.equal(false)
    }
  })

  it('forgets what waits when the stream ends', async () => {
    busy.stream.receive(gets(0, FLOOD))
    const answered = busy.stream.frames.length
    busy.stream.closeByPeer('close')
    await untilDone()
    expect([busy.stream.frames.length, busy.closed(), turns.waiting]).to.deep.equal([answered, 1, 0])
  })

  it('cuts off who has sent nonsense when its turn comes', async () => {
    busy.stream.receive(Buffer.concat([gets(0, FLOOD), written(frames => { frames.frame(99, 1) })]))
    expect(busy.stream.abortedWith).to.equal(undefined)
    await untilDone()
    expect([busy.stream.abortedWith?.name, busy.closed()]).to.deep.equal(['ProtocolViolationError', 1])
  })

  it('answers no more than the other side reads, and goes on when it has read', async () => {
    busy.stream.accepts = false
    busy.stream.receive(gets(0, FLOOD))
    busy.stream.writeBufferLength = MAX_OUTBOX_BYTES + 1
    const answered = busy.stream.frames.length
    for (let n = 0; n < 10; n++) await round()
    expect([busy.stream.frames.length, rounds.length]).to.deep.equal([answered, 0])
    busy.stream.writeBufferLength = 0
    busy.stream.drain()
    await settled()
    await untilDone()
    expect(busy.stream.frames.map(({ id }) => id)).to.deep.equal(Array.from({ length: FLOOD }, (_, id) => id))
  })

  it('does not read from who reads nothing, until it reads', async () => {
    busy.stream.accepts = false
    busy.stream.writeBufferLength = 1_000
    busy.stream.receive(gets(0, 1))
    await clock.advance(UNREAD_PATIENCE)
    busy.stream.receive(gets(1, 1))
    expect(busy.stream.isPaused).to.equal(true)
    busy.stream.receive(gets(2, 1))
    busy.stream.writeBufferLength = 0
    busy.stream.drain()
    await settled()
    await untilDone()
    expect([busy.stream.isPaused, busy.stream.frames.map(({ id }) => id)]).to.deep.equal([false, [0, 1, 2]])
  })
})
