import { expect } from 'chai'
import * as fc from 'fast-check'
import { MAX_BATCH_KEYS, MAX_KEY_BYTES, MAX_LOGGED_REMOVALS, MAX_NAME_BYTES, MAX_REMOVAL_BYTES, MAX_TAGS, MAX_TAG_BYTES, MAX_VALUE_BYTES } from '../../../src/constants.js'
import { ProtocolViolationError } from '../../../src/errors.js'
import { FrameReader } from '../../../src/rpc/frame-reader.js'
import { FrameWriter } from '../../../src/rpc/frame-writer.js'
import { FrameType, HEAD_BYTES, MAX_FRAME_BYTES } from '../../../src/rpc/frames.js'
import { readCatchUp, readForget, readMissed, readRemove, readSet, writeCatchUp, writeForget, writeMissed, writeRemove, writeSet } from '../../../src/rpc/removal-frames.js'
import { written } from '../../support/fake-stream.js'
import { thrownBy } from '../../support/thrown.js'
import type { Announced, Hop, Removal, Replacement } from '../../../src/rpc/removal.js'

const name = fc.string({ unit: 'binary', maxLength: 40 })
const removal: fc.Arbitrary<Removal> = fc.oneof(
  fc.record({ kind: fc.constant('keys' as const), group: name, keys: fc.array(name, { minLength: 1, maxLength: 6 }) }),
  fc.record({ kind: fc.constant('tag' as const), group: name, tag: name }),
  fc.record({ kind: fc.constant('all' as const), group: name }))
const hop = fc.constantFrom<Hop>('owner', 'forwarded')
const ticket = fc.maxSafeNat()
const replacement: fc.Arbitrary<Replacement> = fc.record({
  group: name,
  key: name,
  bytes: fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.nat({ max: 10_000 }).map(n => new Uint8Array(n).fill(3))).map(bytes => Buffer.from(bytes)),
  ttl: fc.oneof(fc.nat({ max: 0xfffffffe }), fc.constant(Infinity)),
  tags: fc.array(name, { maxLength: 4 })
})

/** The frame that `write` writes, without its length. */
function frameOf (write: (frames: FrameWriter) => void): Buffer {
  const frames: Buffer[] = []
  new FrameReader(frame => { frames.push(Buffer.from(frame)) }).push(written(write))
  expect(frames).to.have.length(1)
  return frames[0] as Buffer
}
const hex = (write: (frames: FrameWriter) => void): string => frameOf(write).toString('hex')

describe('frames of removals', () => {
  it('are refused when more was missed than anybody tells', () => {
    const long = Buffer.alloc(16 * 1024 * 1024 + HEAD_BYTES + 1)
    expect(() => readMissed(long)).to.throw(ProtocolViolationError, 'missed removals')
  })

  it('come out as they went in', () => {
    fc.assert(fc.property(removal, hop, ticket, replacement, (removal, hop, ticket, replacement) => {
      expect(readRemove(frameOf(frames => { writeRemove(frames, 1, ticket, removal, hop) }))).to.deep.equal({ hop, ticket, removal })
      expect(readForget(frameOf(frames => { writeForget(frames, 1, ticket, removal) }))).to.deep.equal({ ticket, removal })
      expect(readSet(frameOf(frames => { writeSet(frames, 1, ticket, replacement, hop) }))).to.deep.equal({ hop, ticket, replacement })
    }))
    fc.assert(fc.property(fc.array(fc.record({ ticket, removal }), { maxLength: 8 }), missed => {
      expect(readMissed(frameOf(frames => { writeMissed(frames, 1, missed) }))).to.deep.equal(missed)
    }))
    expect(readMissed(frameOf(frames => { writeMissed(frames, 1, 'all') }))).to.equal('all')
  })

  it('are these bytes: a test vector for other languages', () => {
    const [ticketHex, keysHex] = ['433fffffffffffff', '00' + '0167' + '0002' + '0003' + '6bc3a9' + '0000']
    const keys: Removal = { kind: 'keys', group: 'g', keys: ['ké', ''] }
    expect(hex(frames => { writeRemove(frames, 258, Number.MAX_SAFE_INTEGER, keys, 'forwarded') })).to.equal('02' + '00000102' + '01' + ticketHex + keysHex)
    expect(hex(frames => { writeForget(frames, 1, 0, { kind: 'tag', group: 'g', tag: 't' }) })).to.equal('04' + '00000001' + '0000000000000000' + '01' + '0167' + '0174')
    expect(hex(frames => { writeForget(frames, 1, 1, { kind: 'all', group: 'g' }) })).to.equal('04' + '00000001' + '3ff0000000000000' + '02' + '0167')
    expect(hex(frames => { writeSet(frames, 1, 1, { group: 'g', key: 'k', bytes: Uint8Array.of(0xc0), ttl: Infinity, tags: ['t'] }, 'owner') }))
      .to.equal('05' + '00000001' + '00' + '3ff0000000000000' + 'ffffffff' + '0167' + '00016b' + '01' + '0174' + 'c0')
    expect(hex(frames => { writeCatchUp(frames, 1, 258) })).to.equal('06' + '00000001' + '00000102')
    expect(hex(frames => { writeMissed(frames, 1, [{ ticket: Number.MAX_SAFE_INTEGER, removal: keys }, { ticket: 1, removal: { kind: 'all', group: '' } }]) })).to.equal('85' + '00000001' + '00' + '00000002' + ticketHex + keysHex + '3ff0000000000000' + '0200')
    expect(hex(frames => { writeMissed(frames, 1, 'all') })).to.equal('85' + '00000001' + '01' + '00000000')
  })

  it('say for how long somebody was away, in whole milliseconds, rather too many, up to what there is room for', () => {
    for (const [elapsed, seen] of [[-1, 0], [0, 0], [1.2, 2], [0xfffffffe, 0xfffffffe], [0xffffffff, 0xffffffff], [2 ** 40, 0xffffffff], [Infinity, 0xffffffff], [NaN, 0xffffffff]] as const) {
      expect(readCatchUp(frameOf(frames => { writeCatchUp(frames, 1, elapsed) })), String(elapsed)).to.equal(seen)
    }
  })

  it('either parse or are a protocol violation, whatever the bytes, and mean exactly them', () => {
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      // a frame with one byte changed, put in or left out is the interesting one
      fc.record({ removal, ticket, hop, replacement, which: fc.nat({ max: 3 }), at: fc.nat({ max: 80 }), change: fc.constantFrom('set', 'insert', 'delete'), byte: fc.nat({ max: 255 }) })
        .map(({ removal, ticket, hop, replacement, which, at, change, byte }) => {
          const writers = [writeRemove, (frames: FrameWriter) => { writeForget(frames, 1, ticket, removal) }, (frames: FrameWriter) => { writeSet(frames, 1, ticket, replacement, hop) }, (frames: FrameWriter) => { writeMissed(frames, 1, [{ ticket, removal }, { ticket, removal }]) }]
          const rest = [...frameOf(frames => { if (which === 0) writeRemove(frames, 1, ticket, removal, hop); else (writers[which] as (frames: FrameWriter) => void)(frames) }).subarray(HEAD_BYTES)]
          rest.splice(at % (rest.length + 1), change === 'insert' ? 0 : 1, ...(change === 'delete' ? [] : [byte]))
          return Uint8Array.from(rest)
        }))
    const again: Array<[number, (frame: Buffer, frames: FrameWriter) => void]> = [
      [FrameType.remove, (frame, frames) => {
        const { ticket, removal, hop } = readRemove(frame)
        writeRemove(frames, 1, ticket, removal, hop)
      }],
      [FrameType.forget, (frame, frames) => {
        const { ticket, removal } = readForget(frame)
        writeForget(frames, 1, ticket, removal)
      }],
      [FrameType.set, (frame, frames) => {
        const { ticket, replacement, hop } = readSet(frame)
        writeSet(frames, 1, ticket, replacement, hop)
      }],
      [FrameType.catchUp, (frame, frames) => { writeCatchUp(frames, 1, readCatchUp(frame)) }],
      [FrameType.missed, (frame, frames) => { writeMissed(frames, 1, readMissed(frame)) }]
    ]
    fc.assert(fc.property(body, bytes => {
      for (const [type, rewrite] of again) {
        const frame = Buffer.from([type, 0, 0, 0, 1, ...bytes])
        const frames = new FrameWriter()
        const err = thrownBy(() => { rewrite(frame, frames) })
        if (err !== undefined) expect(err).to.be.instanceOf(ProtocolViolationError)
        else expect(Buffer.from(frames.take().subarray()).subarray(4).toString('hex')).to.equal(frame.toString('hex'))
      }
    }), { numRuns: 3_000 })
  })

  it('of more bytes than any member sends are a protocol violation: they would be worked on in one go', () => {
    const frame = (keyBytes: number): Removal => ({ kind: 'keys', group: 'g', keys: Array.from({ length: 64 }, (_, i) => `${i}`.padEnd(keyBytes, 'x')) })
    for (const [removal, isTooLong] of [[frame(MAX_REMOVAL_BYTES / 64 - 10), false], [frame(MAX_REMOVAL_BYTES / 64 - 1), true]] as const) {
      const read = [
        () => readForget(frameOf(frames => { writeForget(frames, 1, 1, removal) })),
        () => readRemove(frameOf(frames => { writeRemove(frames, 1, 1, removal, 'owner') }))
      ]
      for (const each of read) expect(thrownBy(each) instanceof ProtocolViolationError).to.equal(isTooLong)
    }
  })

  it('with a ticket that is no whole number below 2⁵³ are a protocol violation', () => {
    for (const ticket of [-1, -0, 0.5, NaN, Infinity, -Infinity, 2 ** 53]) {
      const frame = frameOf(frames => { writeForget(frames, 1, ticket, { kind: 'all', group: 'g' }) })
      expect(() => readForget(frame), String(ticket)).to.throw(ProtocolViolationError, 'ticket')
    }
  })

  it('carry the largest value under the longest names', () => {
    const largest: Replacement = {
      group: 'g'.repeat(MAX_NAME_BYTES), key: 'k'.repeat(MAX_KEY_BYTES), bytes: Buffer.alloc(MAX_VALUE_BYTES), ttl: 5, tags: Array<string>(MAX_TAGS).fill('t'.repeat(MAX_TAG_BYTES))
    }
    const frame = frameOf(frames => { writeSet(frames, 1, 1, largest, 'owner') })
    expect(frame.length).to.equal(MAX_FRAME_BYTES)
    expect(readSet(frame).replacement.bytes.length).to.equal(MAX_VALUE_BYTES)
  })

  it('that cannot be written leave the writer as it was', () => {
    const frames = new FrameWriter()
    const good: Replacement = { group: 'g', key: 'k', bytes: Uint8Array.of(1), ttl: 5, tags: [] }
    const bad: Array<() => void> = [
      () => { writeForget(frames, 1, 1, { kind: 'keys', group: 'g', keys: [] }) },
      () => { writeForget(frames, 1, 1, { kind: 'keys', group: 'g', keys: Array<string>(MAX_BATCH_KEYS + 1).fill('') }) },
      () => { writeForget(frames, 1, 1, { kind: 'keys', group: 'g', keys: Array<string>(1_100).fill('k'.repeat(MAX_KEY_BYTES)) }) },
      () => { writeRemove(frames, 1, 1, { kind: 'tag', group: 'g', tag: 't'.repeat(256) }, 'owner') },
      () => { writeRemove(frames, 1, 1, { kind: 'all', group: 'é'.repeat(128) }, 'owner') },
      () => { writeSet(frames, 1, 1, { ...good, bytes: new Uint8Array(MAX_VALUE_BYTES + 1) }, 'owner') },
      () => { writeSet(frames, 1, 1, { ...good, tags: Array<string>(MAX_TAGS + 1).fill('') }, 'owner') },
      () => { writeSet(frames, 1, 1, { ...good, key: 'k'.repeat(MAX_KEY_BYTES + 1) }, 'owner') }
    ]
    for (const write of bad) expect(write).to.throw(RangeError)
    expect(frames.byteLength).to.equal(0)
  })

  describe('that were missed', () => {
    const missedOf = (missed: readonly Removal[]): readonly Announced[] | 'all' => readMissed(frameOf(frames => { writeMissed(frames, 1, missed.map((removal, ticket) => ({ ticket, removal }))) }))

    it('are everything when they are more than a frame holds', () => {
      const long: Removal = { kind: 'keys', group: 'g', keys: Array<string>(60).fill('k'.repeat(MAX_KEY_BYTES)) }
      expect(missedOf([long, long, long, long])).to.have.length(4)
      expect(missedOf([long, long, long, long, long])).to.equal('all')
    })

    it('are everything when they are more than a log holds', () => {
      const tags = Array<Removal>(MAX_LOGGED_REMOVALS).fill({ kind: 'tag', group: 'g', tag: 't' })
      expect(missedOf(tags)).to.have.length(MAX_LOGGED_REMOVALS)
      expect(missedOf([...tags, { kind: 'all', group: 'g' }])).to.equal('all')
      const keys: Removal = { kind: 'keys', group: 'g', keys: Array<string>(MAX_BATCH_KEYS).fill('') }
      expect(missedOf([keys, keys, keys, keys])).to.have.length(4)
      expect(missedOf([keys, keys, keys, keys, keys])).to.equal('all')
      expect(missedOf([{ ...keys, keys: [...keys.keys, ''] }])).to.equal('all')
    })

    it('are refused when a peer sends more, whatever it announces', () => {
      const bytes = Buffer.alloc(HEAD_BYTES + 5 + 10 * (MAX_LOGGED_REMOVALS + 1), 0)
      bytes.writeUInt32BE(MAX_LOGGED_REMOVALS + 1, HEAD_BYTES + 1)
      for (let at = HEAD_BYTES + 5 + 8; at < bytes.length; at += 10) bytes[at] = 2
      expect(() => readMissed(bytes)).to.throw(ProtocolViolationError, String(MAX_LOGGED_REMOVALS))
      bytes.writeUInt32BE(0xffffffff, HEAD_BYTES + 1)
      expect(() => readMissed(bytes)).to.throw(ProtocolViolationError)
    })
  })
})
