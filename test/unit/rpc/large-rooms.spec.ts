// How many large values a node has under way at a time, and what becomes of those that are too many, or that nobody wants.

import { expect } from 'chai'
import { ARRIVAL_PATIENCE, MAX_ALL_LONG_BYTES, SLOWEST_ARRIVAL } from '../../../src/constants.js'
import { OverloadedError } from '../../../src/errors.js'
import { Arrivals } from '../../../src/rpc/arrivals.js'
import { Assembly, NO_ROOM } from '../../../src/rpc/assembly.js'
import { FrameReader } from '../../../src/rpc/frame-reader.js'
import { FrameWriter } from '../../../src/rpc/frame-writer.js'
import { FrameType, HEAD_BYTES, PIECE_BYTES, Status, readFailure, failedFrame, idOf, typeOf } from '../../../src/rpc/frames.js'
import { Room } from '../../../src/rpc/room.js'
import { leftOut } from '../../../src/rpc/rooms.js'
import { startAnsweringEnd } from '../../support/answering-end.js'
import { plain } from '../../support/asking-end.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { allOf, written } from '../../support/fake-stream.js'
import { until } from '../../support/until.js'

const MIB = 1024 * 1024
const large = (mib: number): ReturnType<typeof plain> => plain(new Uint8Array(mib * MIB))

describe('the room for large values that wait to be sent', () => {
  it('is shared by all streams of a node, and is free again as they leave', () => {
    const room = new Room(10 * MIB)
    const [one, two] = [new FrameWriter(room), new FrameWriter(room)]
    one.value(1, large(6))
    expect(() => { two.value(1, large(6)) }).to.throw(OverloadedError, 'wait for all peers')
    two.value(1, large(3))
    allOf(one)
    two.value(2, large(6))
    allOf(two)
    expect(room.taken).to.equal(0)
  })

  it('takes one value always, however large', () => {
    const room = new Room(MIB)
    const frames = new FrameWriter(room)
    frames.value(1, large(2))
    expect(() => { frames.value(2, large(1)) }).to.throw(OverloadedError)
  })

  it('is free again when a stream is lost', () => {
    const room = new Room(10 * MIB)
    const frames = new FrameWriter(room)
    frames.value(1, large(6))
    frames.value(2, large(3))
    frames.take()
    frames.close()
    expect([room.taken, frames.longBytes]).to.deep.equal([0, 0])
  })

  it('is eight of the largest by default', () => {
    const room = new Room(MAX_ALL_LONG_BYTES)
    expect([room.has(MAX_ALL_LONG_BYTES + 1), room.has(MAX_ALL_LONG_BYTES)]).to.deep.equal([true, true])
    room.take(1)
    expect(room.has(MAX_ALL_LONG_BYTES)).to.equal(false)
  })
})

describe('a large value that nobody waits for any more', () => {
  it('does not leave, if it had not begun to: its request is answered in a few bytes', async () => {
    const { stream } = startAnsweringEnd({ get: (_peer, _group, key) => large(key === 'first' ? 2 : 1) })
    stream.accepts = false
    stream.receive(written(frames => { frames.get(1, 'get', 'g', 'first') }))
    stream.receive(written(frames => { frames.get(2, 'get', 'g', 'second') }))
    // the first one is on its way: it cannot be taken back
    for (const id of [1, 2]) stream.receive(written(frames => { frames.bare(FrameType.cancel, id) }))
    stream.drain()
    await until(() => stream.frames.length === 2)
    await settled()
    expect(stream.frames.map(({ type, id }) => [type, id])).to.deep.equal([[FrameType.failed, 2], [FrameType.value, 1]])
    expect(stream.frames[0]?.rest.readUInt8(0)).to.equal(Status.cancelled)
  })
})

describe('the room for large values that are put together', () => {
  const bytes = (id: number, mib: number): Uint8Array => {
    const frames = new FrameWriter()
    frames.value(id, large(mib))
    return allOf(frames)
  }

  const part = (left: number, length = PIECE_BYTES): Buffer => {
    const head = Buffer.alloc(HEAD_BYTES + 4)
    head.writeUInt8(FrameType.part, 0)
    head.writeUInt32BE(left, HEAD_BYTES)
    return Buffer.concat([head, Buffer.alloc(length)])
  }

  it('is shared by all streams of a node; one for which there is none is left out and said to be, and the next one comes', () => {
    const arrivals = new Arrivals(new FakeClock(), 3 * MIB)
    const seen: string[] = []
    const reader = (name: string): FrameReader => new FrameReader(frame => { seen.push(`${name} got ${idOf(frame)}`) }, { arrivals, onLeftOut: id => { seen.push(`${name} left out ${id}`) } })
    const [one, two] = [reader('one'), reader('two')]
    const first = bytes(1, 2)
    one.push(first.subarray(0, first.length / 2))
    two.push(bytes(7, 2))
    expect(seen).to.deep.equal(['two left out 7'])
    one.push(first.subarray(first.length / 2))
    two.push(bytes(8, 2))
    expect(seen).to.deep.equal(['two left out 7', 'one got 1', 'two got 8'])
    expect(arrivals.taken).to.equal(0)
  })

  it('is free again when a stream is lost, and what still comes on it takes none', () => {
    const arrivals = new Arrivals(new FakeClock(), 3 * MIB)
    const reader = new FrameReader(() => {}, { arrivals })
    const value = bytes(1, 2)
    reader.push(value.subarray(0, MIB))
    expect(arrivals.taken).to.be.greaterThan(0)
    reader.close()
    expect(arrivals.taken).to.equal(0)
    reader.push(value.subarray(0, MIB))
    expect(arrivals.taken).to.equal(0)
  })

  it('keeps to the rules for parts of a value that is left out', () => {
    const arrivals = new Arrivals(new FakeClock(), MIB)
    arrivals.admit(1, () => {})
    const assembly = new Assembly(arrivals)
    const left = 2 * MIB
    expect(assembly.add(part(left))).to.equal(NO_ROOM)
    expect(assembly.add(part(left - PIECE_BYTES))).to.equal(undefined)
    expect(() => assembly.add(part(left))).to.throw('a part that makes for')
  })

  describe('of which too little comes', () => {
    const LENGTH = 2 * MIB
    const start = () => {
      const clock = new FakeClock()
      const arrivals = new Arrivals(clock, 3 * MIB)
      const [slow, other] = [new Assembly(arrivals), new Assembly(arrivals)]
      let left = LENGTH - PIECE_BYTES
      const goOn = (): unknown => {
        left -= PIECE_BYTES
        return slow.add(part(left))
      }
      expect(slow.add(part(left))).to.equal(undefined)
      return { clock, arrivals, goOn, ask: () => other.add(part(LENGTH - PIECE_BYTES)) }
    }

    it('makes way once there is no room for another one: it is left out from then on, which is said at its next part', async () => {
      const { clock, arrivals, goOn, ask } = start()
      await clock.advance(ARRIVAL_PATIENCE)
      expect(ask(), 'in time').to.equal(NO_ROOM)
      await clock.advance(1_000)
      expect(arrivals.taken).to.equal(LENGTH)
      // the one that asked before is left out to its end
      expect(new Assembly(arrivals).add(part(LENGTH - PIECE_BYTES)), 'late').to.equal(undefined)
      expect(arrivals.taken).to.equal(LENGTH)
      expect([goOn(), goOn()]).to.deep.equal([NO_ROOM, undefined])
      expect(arrivals.taken).to.equal(LENGTH)
    })

    it('stays while there is room for all', async () => {
      const { clock, arrivals, goOn } = start()
      await clock.advance(10 * ARRIVAL_PATIENCE)
      expect(arrivals.admit(MIB, () => {})).to.not.equal(undefined)
      expect(goOn()).to.equal(undefined)
      expect(arrivals.taken).to.equal(LENGTH + MIB)
    })

    it('does not make way while a megabyte comes each second, nor for what came at once before', async () => {
      const { clock, arrivals, goOn } = start()
      const perPiece = PIECE_BYTES / SLOWEST_ARRIVAL * 1_000
      for (let i = 0; i < 20; i++) {
        await clock.advance(perPiece)
        goOn()
      }
      await clock.advance(ARRIVAL_PATIENCE)
      expect(arrivals.admit(LENGTH, () => {}), 'in time').to.equal(undefined)
      await clock.advance(perPiece)
      expect(arrivals.admit(LENGTH, () => {}), 'stopped').to.not.equal(undefined)
    })

    it('is free as it ends, once', async () => {
      const { clock, arrivals } = start()
      const one = arrivals.admit(MIB, () => {})
      one?.end()
      one?.end()
      expect(arrivals.taken).to.equal(LENGTH)
      await clock.advance(ARRIVAL_PATIENCE + 1)
      const two = arrivals.admit(LENGTH, () => {})
      one?.end()
      expect(arrivals.taken).to.equal(LENGTH)
      two?.end()
      expect(arrivals.taken).to.equal(0)
    })
  })

  it('is said to be none in a frame that reads as an overloaded peer\'s', () => {
    const frame = failedFrame(7, leftOut())
    expect([typeOf(frame), idOf(frame), readFailure(frame)]).to.deep.equal([FrameType.failed, 7, { status: Status.overloaded, message: leftOut().message }])
  })
})
