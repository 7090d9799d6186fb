// How many large values a node has under way at a time, and what becomes of those that are too many, or that nobody wants.

import { expect } from 'chai'
import { MAX_ALL_LONG_BYTES } from '../../../src/constants.js'
import { OverloadedError } from '../../../src/errors.js'
import { Assembly, NO_ROOM } from '../../../src/rpc/assembly.js'
import { FrameReader } from '../../../src/rpc/frame-reader.js'
import { FrameWriter } from '../../../src/rpc/frame-writer.js'
import { FrameType, HEAD_BYTES, PIECE_BYTES, Status, readFailure, failedFrame, idOf, typeOf } from '../../../src/rpc/frames.js'
import { Room, leftOut } from '../../../src/rpc/room.js'
import { startAnsweringEnd } from '../../support/answering-end.js'
import { plain } from '../../support/asking-end.js'
import { settled } from '../../support/fake-clock.js'
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

  it('is shared by all streams of a node; one for which there is none is left out and said to be, and the next one comes', () => {
    const room = new Room(3 * MIB)
    const seen: string[] = []
    const reader = (name: string): FrameReader => new FrameReader(frame => { seen.push(`${name} got ${idOf(frame)}`) }, { room, onLeftOut: id => { seen.push(`${name} left out ${id}`) } })
    const [one, two] = [reader('one'), reader('two')]
    const first = bytes(1, 2)
    one.push(first.subarray(0, first.length / 2))
    two.push(bytes(7, 2))
    expect(seen).to.deep.equal(['two left out 7'])
    one.push(first.subarray(first.length / 2))
    two.push(bytes(8, 2))
    expect(seen).to.deep.equal(['two left out 7', 'one got 1', 'two got 8'])
    expect(room.taken).to.equal(0)
  })

  it('is free again when a stream is lost, and what still comes on it takes none', () => {
    const room = new Room(3 * MIB)
    const reader = new FrameReader(() => {}, { room })
    const value = bytes(1, 2)
    reader.push(value.subarray(0, MIB))
    expect(room.taken).to.be.greaterThan(0)
    reader.close()
    expect(room.taken).to.equal(0)
    reader.push(value.subarray(0, MIB))
    expect(room.taken).to.equal(0)
  })

  it('keeps to the rules for parts of a value that is left out', () => {
    const room = new Room(MIB)
    room.take(1)
    const assembly = new Assembly(room)
    const part = (left: number, length = PIECE_BYTES): Buffer => {
      const head = Buffer.alloc(HEAD_BYTES + 4)
      head.writeUInt8(FrameType.part, 0)
      head.writeUInt32BE(left, HEAD_BYTES)
      return Buffer.concat([head, Buffer.alloc(length)])
    }
    const left = 2 * MIB
    expect(assembly.add(part(left))).to.equal(NO_ROOM)
    expect(assembly.add(part(left - PIECE_BYTES))).to.equal(undefined)
    expect(() => assembly.add(part(left))).to.throw('a part that makes for')
  })

  it('is said to be none in a frame that reads as an overloaded peer\'s', () => {
    const frame = failedFrame(7, leftOut())
    expect([typeOf(frame), idOf(frame), readFailure(frame)]).to.deep.equal([FrameType.failed, 7, { status: Status.overloaded, message: leftOut().message }])
  })
})
