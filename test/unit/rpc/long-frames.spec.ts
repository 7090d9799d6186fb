// Frames that travel in parts, from the writer to the reader.

import { expect } from 'chai'
import * as fc from 'fast-check'
import { systemClock } from '../../../src/clock.js'
import { MAX_LONG_BYTES } from '../../../src/constants.js'
import { OverloadedError, ProtocolViolationError } from '../../../src/errors.js'
import { Arrivals } from '../../../src/rpc/arrivals.js'
import { Assembly } from '../../../src/rpc/assembly.js'
import { FrameReader } from '../../../src/rpc/frame-reader.js'
import { FrameWriter } from '../../../src/rpc/frame-writer.js'
import { FrameType, HEAD_BYTES, MAX_FRAME_BYTES, MAX_UNCUT_BYTES, PIECE_BYTES, readValue, typeOf } from '../../../src/rpc/frames.js'
import { plain } from '../../support/asking-end.js'
import { allOf, framesIn } from '../../support/fake-stream.js'

/** So many bytes that a piece in the wrong place shows. */
const content = (length: number, seed = 0): Buffer => Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) + seed) % 251))

const partOf = (id: number, left: number, piece: Uint8Array): Buffer => {
  const head = Buffer.alloc(HEAD_BYTES + 4)
  head.writeUInt8(FrameType.part, 0)
  head.writeUInt32BE(id, 1)
  head.writeUInt32BE(left, HEAD_BYTES)
  return Buffer.concat([head, piece])
}

/** The frames that pass, those of one take in one list. */
function takes (frames: FrameWriter): number[][] {
  const found: number[][] = []
  while (frames.byteLength + frames.longBytes > 0) {
    const bytes = Buffer.from(frames.take().subarray())
    const types: number[] = []
    for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) types.push(bytes.readUInt8(at + 4))
    found.push(types)
  }
  return found
}

describe('long frames', () => {
  const overhead = HEAD_BYTES + 5
  for (const length of [MAX_UNCUT_BYTES - overhead, MAX_UNCUT_BYTES - overhead + 1, 2 * PIECE_BYTES - overhead, 2 * PIECE_BYTES - overhead + 1, 1_000_000]) {
    it(`come out as they went in: a value of ${length} bytes`, () => {
      const frames = new FrameWriter()
      const value = { ...plain(content(length), 5), tags: ['t'] }
      frames.value(7, value)
      const bytes = allOf(frames)
      for (const size of [bytes.length, 1_000, 65_537]) {
        const seen: unknown[] = []
        const reader = new FrameReader(frame => { seen.push(readValue(frame)) })
        for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size))
        expect(seen).to.deep.equal([value])
      }
    })
  }

  it('do not hold up what is short: each take has all of that, and one part', () => {
    const frames = new FrameWriter()
    frames.value(1, plain(content(3 * PIECE_BYTES), 5))
    frames.bare(FrameType.ping, 2)
    expect(Buffer.from(frames.take().subarray()).readUInt8(4)).to.equal(FrameType.ping)
    frames.done(3, 0)
    frames.done(4, 0)
    expect(takes(frames)).to.deep.equal([[FrameType.done, FrameType.done, FrameType.part], [FrameType.part], [FrameType.part]])
  })

  it('leave one after the other, the shortest of those that wait first', () => {
    const frames = new FrameWriter()
    const lengths = new Map([[1, 6], [2, 9], [3, 2], [4, 4], [5, 2]])
    const add = (id: number): void => { frames.value(id, plain(content((lengths.get(id) ?? 0) * PIECE_BYTES, id), 5)) }
    add(1)
    const taken = [Uint8Array.from(frames.take().subarray())]
    for (const id of [2, 3, 4, 5]) add(id)
    const seen = framesIn(...taken, allOf(frames))
    expect(seen.map(({ id }) => id)).to.deep.equal([1, 3, 5, 4, 2])
    for (const { id, rest } of seen) expect(rest.subarray(5).equals(content((lengths.get(id) ?? 0) * PIECE_BYTES, id))).to.equal(true)
  })

  it('of any kind are cut, and read as if they had not been', () => {
    fc.assert(fc.property(fc.array(fc.record({ id: fc.nat({ max: 0xffffffff }), lengths: fc.array(fc.nat({ max: 150_000 }), { maxLength: 3 }) }), { maxLength: 4 }), steps => {
      const frames = new FrameWriter()
      for (const { id, lengths } of steps) frames.frame(FrameType.set, id, ...lengths.map((length, i) => content(length, i)))
      const seen = framesIn(allOf(frames)).map(({ id, rest }) => `${id} ${rest.toString('latin1')}`)
      expect(seen).to.have.members(steps.map(({ id, lengths }) => `${id} ${Buffer.concat(lengths.map((length, i) => content(length, i))).toString('latin1')}`))
    }), { numRuns: 30 })
  })

  it('are refused when too many bytes of them wait, and one is always taken', () => {
    const frames = new FrameWriter()
    const large = plain(new Uint8Array(MAX_LONG_BYTES / 4), 5)
    for (let id = 1; id <= 3; id++) frames.value(id, large)
    const { longBytes } = frames
    expect(() => { frames.value(4, large) }).to.throw(OverloadedError, String(longBytes))
    expect(() => { frames.frame(FrameType.set, 4, large.bytes) }).to.throw(OverloadedError)
    expect([frames.longBytes, frames.byteLength]).to.deep.equal([longBytes, 0])
    frames.value(4, plain(content(MAX_UNCUT_BYTES), 5))
    frames.done(5, 0)
    expect(frames.longBytes).to.be.greaterThan(longBytes)
  })
})

describe('parts', () => {
  const whole = Buffer.concat([Buffer.from([FrameType.value, 0, 0, 0, 9]), content(3 * PIECE_BYTES - HEAD_BYTES - 10)])
  const [one, two, three] = [0, 1, 2].map(i => whole.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES)) as [Buffer, Buffer, Buffer]
  const leftAfter = (count: number): number => whole.length - count * PIECE_BYTES

  it('make the frame once all have come, and then the next one', () => {
    const assembly = new Assembly(new Arrivals(systemClock))
    for (let i = 0; i < 2; i++) {
      expect(assembly.add(partOf(9, leftAfter(1), one))).to.equal(undefined)
      expect(assembly.add(partOf(9, leftAfter(2), two))).to.equal(undefined)
      expect(whole.equals(assembly.add(partOf(9, 0, three)) as Buffer)).to.equal(true)
    }
  })

  const wrong: Array<[string, Buffer[]]> = [
    ['too short before the end', [partOf(9, leftAfter(1) + 1, one.subarray(1))]],
    ['too long', [partOf(9, leftAfter(1) - 1, Buffer.concat([one, Buffer.alloc(1)]))]],
    ['empty at the end', [partOf(9, leftAfter(1), one), partOf(9, leftAfter(2), two), partOf(9, 0, Buffer.alloc(0))]],
    ['of a frame that need not be cut', [partOf(9, MAX_UNCUT_BYTES - PIECE_BYTES, one)]],
    ['of a frame that is too long', [partOf(9, MAX_FRAME_BYTES - PIECE_BYTES + 1, one)]],
    ['of 4 GiB', [partOf(9, 0xffffffff, one)]],
    ['with another number to follow than is left', [partOf(9, leftAfter(1), one), partOf(9, leftAfter(2) + 1, two)]],
    ['of two frames mixed', [partOf(9, leftAfter(1), one), partOf(8, leftAfter(1), one)]],
    ['with another id than the frame', [partOf(8, leftAfter(1), one), partOf(8, leftAfter(2), two), partOf(8, 0, three)]],
    ['without a number', [partOf(9, 0, one).subarray(0, HEAD_BYTES + 3)]],
    ['that make a part', [partOf(9, leftAfter(1), Buffer.concat([Buffer.of(FrameType.part), one.subarray(1)])), partOf(9, leftAfter(2), two), partOf(9, 0, three)]]
  ]
  for (const [what, parts] of wrong) {
    it(`${what} are a protocol violation`, () => {
      const assembly = new Assembly(new Arrivals(systemClock))
      const last = parts.at(-1) as Buffer
      for (const part of parts.slice(0, -1)) expect(assembly.add(part)).to.equal(undefined)
      expect(() => assembly.add(last)).to.throw(ProtocolViolationError)
    })
  }

  it('that are announced and do not come cost two megabytes of addresses, which nobody writes to', () => {
    const before = process.memoryUsage().arrayBuffers
    const assemblies = Array.from({ length: 50 }, () => {
      const assembly = new Assembly(new Arrivals(systemClock))
      assembly.add(partOf(9, MAX_FRAME_BYTES - PIECE_BYTES, one))
      return assembly
    })
    expect(process.memoryUsage().arrayBuffers - before, `held by ${assemblies.length}`).to.be.lessThan(50 * 2.1 * 1024 * 1024)
  })

  it('are types that the reader keeps to itself', () => {
    const frames = new FrameWriter()
    frames.value(1, plain(content(200_000), 5))
    const types: number[] = []
    new FrameReader(frame => { types.push(typeOf(frame)) }).push(allOf(frames))
    expect(types).to.deep.equal([FrameType.value])
  })
})
