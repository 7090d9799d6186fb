import { expect } from 'chai'
import { MAX_SERVED_REQUESTS } from '../../../src/constants.js'
import { FairTurns, Share } from '../../../src/rpc/fair-turns.js'
import { FrameType, Status } from '../../../src/rpc/frames.js'
import { writeCatchUp, writeForget, writeRemove } from '../../../src/rpc/removal-frames.js'
import { startAnsweringEnd } from '../../support/answering-end.js'
import { plain } from '../../support/asking-end.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { written } from '../../support/fake-stream.js'
import type { Value } from '../../../src/rpc/ask.js'
import type { AnsweringEnd } from '../../support/answering-end.js'

const get = (id: number): Uint8Array => written(frames => { frames.get(id, 'get', 'g', `k${id}`) })

function start (): AnsweringEnd & { ready: PromiseWithResolvers<void>, asked: string[] } {
  const ready = Promise.withResolvers<void>()
  const asked: string[] = []
  const end = startAnsweringEnd({
    get: (_peer, _group, key) => {
      asked.push(key)
      return plain(Buffer.from(key))
    }
  }, { ready: ready.promise })
  return { ...end, ready, asked }
}
/** Answers with memory that is used for something else before the tick is over. */
const lent = (key: string): Value => {
  const bytes = Buffer.from(key)
  queueMicrotask(() => { bytes.fill(0) })
  return plain(bytes)
}
const seen = ({ stream }: AnsweringEnd): Array<[number, number]> => stream.frames.map(({ type, id }) => [type, id])

describe('the answering end of a stream, before it is ready,', () => {
  it('keeps gets waiting, and answers them in their order when it is', async () => {
    const end = start()
    end.stream.receive(Buffer.concat([get(1), get(2)]))
    end.stream.receive(get(3))
    await settled()
    expect([end.asked, seen(end)]).to.deep.equal([[], []])
    end.ready.resolve()
    await settled()
    // in their turn
    await settled()
    expect(end.asked).to.deep.equal(['k1', 'k2', 'k3'])
    expect(seen(end)).to.deep.equal([[129, 1], [129, 2], [129, 3]])
    end.stream.receive(get(4))
    expect(seen(end).at(-1)).to.deep.equal([129, 4])
  })

  it('works on what has come meanwhile in turns, however much it is', async () => {
    const rounds: Array<() => void> = []
    const clock = new FakeClock()
    const turns = new FairTurns(clock, task => { rounds.push(task) })
    const ready = Promise.withResolvers<void>()
    let asked = 0
    const { stream } = startAnsweringEnd({
      get: (_peer, _group, key) => {
        asked++
        return plain(Buffer.from(key))
      }
    }, { ready: ready.promise, clock, turns })
    turns.take(new Share(), () => {})
    for (let id = 0; id < 500; id++) stream.receive(get(id))
    const round = async (): Promise<number> => {
      const before = asked
      for (const task of rounds.splice(0)) task()
      await settled()
      return asked - before
    }
    while (rounds.length > 0) expect(await round()).to.equal(0)
    ready.resolve()
    await settled()
    // somebody else asks, too
    turns.take(new Share(), () => {})
    const counts: number[] = []
    while (rounds.length > 0) counts.push(await round())
    expect([Math.max(...counts) < 50, asked, stream.frames.length]).to.deep.equal([true, 500, 500])
  })

  it('answers what was in memory as it was then', async () => {
    const ready = Promise.withResolvers<void>()
    const { stream } = startAnsweringEnd({ get: (_peer, _group, key) => lent(key) }, { ready: ready.promise })
    stream.receive(get(1))
    ready.resolve()
    await settled()
    stream.receive(get(2))
    await settled()
    expect(stream.frames.map(({ rest }) => rest.subarray(5).toString())).to.deep.equal(['k1', 'k2'])
  })

  it('answers everything else', async () => {
    const end = start()
    end.stream.receive(written(frames => {
      frames.bare(FrameType.ping, 1)
      writeForget(frames, 2, 2, { kind: 'all', group: 'g' })
      writeCatchUp(frames, 3, 5)
      writeRemove(frames, 4, 4, { kind: 'all', group: 'g' }, 'owner')
    }))
    await settled()
    expect(seen(end)).to.deep.equal([[131, 1], [131, 2], [133, 3], [131, 4]])
  })

  it('keeps no more waiting than it works on at a time', () => {
    const end = start()
    end.stream.receive(Buffer.concat(Array.from({ length: MAX_SERVED_REQUESTS + 1 }, (_, i) => get(i))))
    expect(seen(end)).to.deep.equal([[FrameType.failed, MAX_SERVED_REQUESTS]])
    expect(end.stream.frames[0]?.rest[0]).to.equal(Status.overloaded)
  })

  it('does not ask for what was cancelled while it waited', async () => {
    const end = start()
    end.stream.receive(Buffer.concat([get(1), get(2), written(frames => { frames.bare(FrameType.cancel, 1) })]))
    end.ready.resolve()
    await settled()
    expect(end.asked).to.deep.equal(['k2'])
    expect(end.stream.frames.map(({ type, id, rest }) => [type, id, rest[0]]).sort()).to.deep.equal([[FrameType.value, 2, 0], [FrameType.failed, 1, Status.cancelled]])
  })

  it('aborts the stream when it does not become ready', async () => {
    const end = start()
    end.stream.receive(get(1))
    end.ready.reject(new Error('nobody said what was missed'))
    await settled()
    expect(end.stream.abortedWith?.message).to.equal('nobody said what was missed')
    expect([end.asked, seen(end), end.closed(), end.log.errors]).to.deep.equal([[], [], 1, []])
  })

  it('asks for nothing when the stream has ended meanwhile', async () => {
    const end = start()
    end.stream.receive(get(1))
    end.stream.closeByPeer('close')
    end.ready.resolve()
    await settled()
    expect(end.asked).to.deep.equal([])
    expect(end.responder.activeAt).to.equal(-Infinity)
  })

  it('does not count as contact: what was missed is still to be found out', async () => {
    const end = start()
    await end.clock.advance(10)
    end.stream.receive(Buffer.concat([get(1), written(frames => { frames.bare(FrameType.ping, 2) })]))
    expect(end.responder.activeAt).to.equal(-Infinity)
    end.ready.resolve()
    await end.clock.advance(10)
    expect(end.responder.activeAt).to.equal(10)
  })

  it('counts as contact once it is ready, although nothing is answered then: what came before it is from then on', async () => {
    const end = startAnsweringEnd({ get: () => new Promise(() => {}) }, { ready: Promise.resolve() })
    end.stream.receive(get(1))
    expect(end.responder.activeAt).to.equal(-Infinity)
    await settled()
    expect([end.responder.activeAt, end.stream.sends.length]).to.deep.equal([0, 0])
  })
})

describe('the answering end of a stream', () => {
  it('knows when the peer was last heard, and last answered', async () => {
    const slow = Promise.withResolvers<undefined>()
    const { stream, clock, responder } = startAnsweringEnd({ get: () => slow.promise })
    expect(responder.activeAt).to.equal(-Infinity)
    await clock.advance(10)
    stream.receive(get(1))
    expect(responder.activeAt).to.equal(10)
    await clock.advance(10)
    expect(responder.activeAt).to.equal(10)
    // part of a frame is a sign of life as well
    stream.receive(get(2).subarray(0, 3))
    expect(responder.activeAt).to.equal(20)
    await clock.advance(10)
    slow.resolve(undefined)
    await settled()
    expect(responder.activeAt).to.equal(30)
    await clock.advance(10)
    responder.close(new Error('enough'))
    stream.receive(get(3))
    expect(responder.activeAt).to.equal(30)
  })
})
