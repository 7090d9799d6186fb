import { expect } from 'chai'
import * as fc from 'fast-check'
import { MAX_PACKED_BYTES } from '../../../src/cache/arena.js'
import { MAX_KEY_BYTES, MAX_MESSAGE_BYTES, MAX_TAGS, MAX_VALUE_BYTES } from '../../../src/constants.js'
import { ProtocolViolationError } from '../../../src/errors.js'
import { FrameReader } from '../../../src/rpc/frame-reader.js'
import { FrameWriter } from '../../../src/rpc/frame-writer.js'
import { FrameType, HEAD_BYTES, MAX_FRAME_BYTES, MAX_UNCUT_BYTES, idAfter, readBare, readDigest, readFailure, readGet, readValue } from '../../../src/rpc/frames.js'
import { plain } from '../../support/asking-end.js'
import { allOf, framesIn, written } from '../../support/fake-stream.js'
import type { Ask, Value } from '../../../src/rpc/ask.js'

const id = fc.nat({ max: 0xffffffff })
const ask = fc.constantFrom<Ask>('get', 'forwarded', 'moved', 'moved 1', 'moved 2', 'moved 3', 'look')
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
const key = fc.string({ unit: 'binary', maxLength: 60 })
const value: fc.Arbitrary<Value> = fc.record({
  ttl: fc.oneof(fc.nat({ max: 0xfffffffe }), fc.constant(Infinity)),
  bytes: fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.nat({ max: 20_000 }).map(n => new Uint8Array(n).fill(7))).map(bytes => Buffer.from(bytes)),
  tags: fc.array(name, { maxLength: 4 }),
  mayKeep: fc.boolean(),
  isPopular: fc.boolean()
})

/** What is written, and what it reads as. */
type Seen = [type: number, id: number, rest?: unknown]
type Step = { write: (frames: FrameWriter) => void, seen: Seen[] }
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ id, ask, name, keys: fc.array(key, { minLength: 1, maxLength: 3 }) }).map(({ id, ask, name, keys }): Step =>
    ({ write: frames => { keys.forEach((key, i) => { frames.get(idAfter(id, i), ask, name, key) }) }, seen: keys.map((key, i) => [FrameType.get, idAfter(id, i), { ask, group: name, key }]) })),
  fc.record({ id, type: fc.constantFrom(FrameType.ping, FrameType.miss, FrameType.cancel) }).map(({ id, type }): Step =>
    ({ write: frames => { frames.bare(type, id) }, seen: [[type, id]] })),
  fc.record({ id, digest: id }).map(({ id, digest }): Step =>
    ({ write: frames => { frames.done(id, digest) }, seen: [[FrameType.done, id, digest]] })),
  fc.record({ id, value }).map(({ id, value }): Step =>
    ({ write: frames => { frames.value(id, value) }, seen: [[FrameType.value, id, value]] })),
  fc.record({ id, parts: fc.array(fc.uint8Array({ maxLength: 5_000 }), { maxLength: 3 }) }).map(({ id, parts }): Step =>
    ({ write: frames => { frames.frame(FrameType.set, id, ...parts) }, seen: [[FrameType.set, id, Buffer.concat(parts)]] })),
  fc.record({ id, status: fc.nat({ max: 255 }), message: key }).map(({ id, status, message }): Step =>
    ({ write: frames => { frames.failed(id, status, message) }, seen: [[FrameType.failed, id, { status, message }]] })))

function read (chunks: readonly Uint8Array[]): Seen[] {
  const seen: Seen[] = []
  const reader = new FrameReader(frame => {
    const [type, id] = [frame.readUInt8(0), frame.readUInt32BE(1)]
    if (type === FrameType.get) {
      const { ask, group, keys } = readGet(frame)
      keys.forEach((key, i) => { seen.push([type, idAfter(id, i), { ask, group, key }]) })
    } else if (type === FrameType.failed) seen.push([type, id, readFailure(frame)])
    else if (type === FrameType.value) seen.push([type, id, readValue(frame)])
    else if (type === FrameType.done) seen.push([type, id, readDigest(frame)])
    else if (type === FrameType.set) seen.push([type, id, Buffer.from(frame.subarray(HEAD_BYTES))])
    else {
      readBare(frame)
      seen.push([type, id])
    }
  })
  for (const chunk of chunks) reader.push(chunk)
  return seen
}

describe('frames', () => {
  it('come out as they went in, wherever the stream is cut once', () => {
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), steps => {
      const bytes = written(frames => { for (const { write } of steps) write(frames) })
      const positions = bytes.length < 400 ? [...bytes.keys()] : [...bytes.keys()].filter(at => at < 60 || at > bytes.length - 60 || at % 997 === 0)
      for (const at of positions) expect(read([bytes.subarray(0, at), bytes.subarray(at)])).to.deep.equal(steps.flatMap(({ seen }) => seen))
    }), { numRuns: 40 })
  })

  it('come out as they went in from chunks of any size, taken from the writer at any time', () => {
    fc.assert(fc.property(fc.array(fc.tuple(step, fc.boolean()), { minLength: 1, maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1 }), (steps, sizes) => {
      const frames = new FrameWriter()
      const taken: Uint8Array[] = []
      for (const [{ write }, isTaken] of steps) {
        write(frames)
        if (isTaken) taken.push(Uint8Array.from(frames.take().subarray()))
      }
      taken.push(allOf(frames))
      expect(frames.byteLength + frames.longBytes).to.equal(0)
      const bytes = Buffer.concat(taken)
      const chunks: Uint8Array[] = []
      for (let at = 0, i = 0; at < bytes.length; at += sizes[i++ % sizes.length] as number) chunks.push(bytes.subarray(at, at + (sizes[i % sizes.length] as number)))
      expect(read(chunks)).to.deep.equal(steps.flatMap(([{ seen }]) => seen))
    }), { numRuns: 100 })
  })

  it('arrive one byte at a time', () => {
    const bytes = written(frames => {
      frames.get(1, 'get', 'group', 'key')
      frames.bare(FrameType.ping, 2)
      frames.value(3, plain(new Uint8Array(300), 5))
    })
    expect(framesIn(...Array.from(bytes, byte => Uint8Array.of(byte))).map(({ type, id }) => [type, id])).to.deep.equal([[1, 1], [3, 2], [129, 3]])
  })

  it('are these bytes: a test vector for other languages', () => {
    const hex = (write: (frames: FrameWriter) => void): string => Buffer.from(written(write)).toString('hex')
    expect(hex(frames => { frames.get(258, 'forwarded', 'g', 'ké') })).to.equal('0000000f' + '01' + '00000102' + '01' + '0167' + '0001' + '0003' + '6bc3a9')
    expect(hex(frames => { for (const id of [0xffffffff, 0, 1]) frames.get(id, 'get', 'g', `${id % 9}`.repeat(id % 3)) })).to.equal('00000011' + '01' + 'ffffffff' + '00' + '0167' + '0003' + '0000' + '0000' + '0001' + '31')
    expect(hex(frames => { frames.bare(FrameType.ping, 0xffffffff) })).to.equal('00000005' + '03' + 'ffffffff')
    expect(hex(frames => { frames.bare(FrameType.cancel, 2) })).to.equal('00000005' + '07' + '00000002')
    expect(hex(frames => { frames.value(2, plain(Uint8Array.of(0xc0), 258)) })).to.equal('0000000b' + '81' + '00000002' + '00' + '00000102' + 'c0')
    expect(hex(frames => { frames.value(2, { ...plain(Uint8Array.of()), mayKeep: true }) })).to.equal('0000000a' + '81' + '00000002' + '01' + 'ffffffff')
    expect(hex(frames => { frames.value(2, { ...plain(Uint8Array.of(9), 0), isPopular: true, tags: ['é', ''] }) })).to.equal('00000010' + '81' + '00000002' + '06' + '00000000' + '02' + '02c3a9' + '00' + '09')
    expect(hex(frames => { frames.bare(FrameType.miss, 2) })).to.equal('00000005' + '82' + '00000002')
    expect(hex(frames => { frames.done(2, 0xfffefdfc) })).to.equal('00000009' + '83' + '00000002' + 'fffefdfc')
    expect(hex(frames => { frames.failed(2, 5, 'no') })).to.equal('00000008' + '84' + '00000002' + '05' + '6e6f')
  })

  it('carry the longest key and the largest value', () => {
    const longest = 'k'.repeat(MAX_KEY_BYTES)
    const [request] = framesIn(written(frames => { frames.get(1, 'get', 'g', longest) }))
    expect(request?.rest.length).to.equal(7 + MAX_KEY_BYTES)
    const largest = new Uint8Array(MAX_VALUE_BYTES).fill(9)
    const frames = new FrameWriter()
    frames.value(1, plain(largest))
    expect(() => { frames.value(2, plain(new Uint8Array(MAX_VALUE_BYTES + 1))) }).to.throw(RangeError)
    expect(() => { frames.frame(FrameType.set, 2, new Uint8Array(MAX_FRAME_BYTES - HEAD_BYTES + 1)) }).to.throw(RangeError)
    expect([frames.byteLength, frames.longBytes]).to.deep.equal([0, HEAD_BYTES + 5 + MAX_VALUE_BYTES])
    let seen = 0
    const reader = new FrameReader(frame => { seen += frame.length })
    const bytes = allOf(frames)
    for (let at = 0; at < bytes.length; at += 65_536) reader.push(bytes.subarray(at, at + 65_536))
    expect(seen).to.equal(HEAD_BYTES + 5 + MAX_VALUE_BYTES)
    expect(() => readValue(Buffer.alloc(HEAD_BYTES + 5 + MAX_VALUE_BYTES + 1))).to.throw(ProtocolViolationError)
  })

  it('count as many bytes as they send', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 8 }), steps => {
      const frames = new FrameWriter()
      for (const { write } of steps) write(frames)
      const { byteLength } = frames
      expect(frames.take().byteLength).to.equal(byteLength)
    }))
  })

  it('do not copy a large value', () => {
    for (const [length, at] of [[60_000, 14], [100_000, 4 + HEAD_BYTES + 4 + 10]] as const) {
      const large = new Uint8Array(length)
      const frames = new FrameWriter()
      frames.value(1, plain(large, 5))
      large[0] = 5
      expect(frames.take().subarray()[at]).to.equal(5)
    }
  })

  it('of an impossible length are refused', () => {
    for (const length of [0, 1, HEAD_BYTES - 1, MAX_UNCUT_BYTES + 1, 0x7fffffff, 0xffffffff]) {
      const bytes = Buffer.alloc(64)
      bytes.writeUInt32BE(length)
      for (const cut of [0, 1, 3, 4, 5, 64]) {
        expect(() => { framesIn(bytes.subarray(0, cut), bytes.subarray(cut)) }, `${length} cut at ${cut}`).to.throw(ProtocolViolationError, String(length))
      }
    }
  })

  it('that are announced and do not come cost next to nothing', () => {
    const announced = Buffer.alloc(9)
    announced.writeUInt32BE(MAX_UNCUT_BYTES)
    const before = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: 100 }, () => {
      const reader = new FrameReader(() => {})
      reader.push(announced)
      for (let i = 0; i < 10; i++) reader.push(Buffer.alloc(10))
      return reader
    })
    expect(process.memoryUsage().arrayBuffers - before, `held by ${readers.length} readers`).to.be.lessThan(4 * 1024 * 1024)
  })

  it('of a value hold what it was when they were written, where it may lie in memory that is used on', () => {
    for (const size of [1, 100, MAX_PACKED_BYTES]) {
      const bytes = Buffer.alloc(size, 7)
      const frames = new FrameWriter()
      frames.value(1, plain(bytes))
      bytes.fill(0)
      expect(frames.take().subarray().subarray(-size).every(byte => byte === 7)).to.equal(true)
    }
  })

  it('of a value say how long it may be served, in whole milliseconds, never less than none', () => {
    for (const [ttl, seen] of [[0, 0], [-5, 0], [1.9, 1], [0xfffffffe, 0xfffffffe], [0xffffffff, Infinity], [2 ** 40, Infinity], [Infinity, Infinity]] as const) {
      expect(read([written(frames => { frames.value(1, plain(Uint8Array.of(1), ttl)) })])).to.deep.equal([[FrameType.value, 1, plain(Buffer.of(1), seen)]])
    }
    for (let length = HEAD_BYTES; length < HEAD_BYTES + 5; length++) expect(() => readValue(Buffer.alloc(length))).to.throw(ProtocolViolationError)
  })

  describe('of a value', () => {
    it('either parse or are a protocol violation, and mean exactly their bytes', () => {
      const frame = fc.record({ flags: fc.nat({ max: 9 }), count: fc.nat({ max: 3 }), length: fc.nat({ max: 4 }), rest: fc.uint8Array({ maxLength: 12 }) })
        .map(({ flags, count, length, rest }) => Buffer.from([FrameType.value, 0, 0, 0, 1, flags, 0, 0, 0, 5, ...(flags & 4 ? [count, length] : []), ...rest]))
      fc.assert(fc.property(frame, bytes => {
        let value: Value
        try {
          value = readValue(bytes)
        } catch (err) {
          expect(err).to.be.instanceOf(ProtocolViolationError)
          return
        }
        expect(Buffer.from(written(frames => { frames.value(1, value) }).subarray(4)).toString('hex')).to.equal(bytes.toString('hex'))
      }), { numRuns: 3_000 })
    })

    it('do not carry more tags than a value may have', () => {
      const tags = Array<string>(MAX_TAGS + 1).fill('')
      expect(() => written(frames => { frames.value(1, { ...plain(Uint8Array.of()), tags }) })).to.throw(RangeError)
      expect(() => readValue(Buffer.from([FrameType.value, 0, 0, 0, 1, 4, 0, 0, 0, 5, tags.length, ...tags.map(() => 0)]))).to.throw(ProtocolViolationError)
    })
  })

  describe('of a failure', () => {
    it('are cut to the limit', () => {
      const [frame] = framesIn(written(frames => { frames.failed(1, 1, 'x'.repeat(5_000)) }))
      expect(frame?.rest.length).to.equal(1 + MAX_MESSAGE_BYTES)
    })

    it('are cut between characters, never inside one', () => {
      fc.assert(fc.property(fc.nat({ max: 4 }), fc.constantFrom('é', '日', '😀'), (offset, character) => {
        const message = 'x'.repeat(offset) + character.repeat(1_000)
        const [frame] = framesIn(written(frames => { frames.failed(1, 1, message) }))
        const text = frame?.rest.toString('utf8', 1) ?? ''
        expect(text.includes('\ufffd'), `the end of ${JSON.stringify(text.slice(-3))}`).to.equal(false)
        expect(message.startsWith(text)).to.equal(true)
        expect(Buffer.byteLength(text)).to.be.within(MAX_MESSAGE_BYTES - 3, MAX_MESSAGE_BYTES)
      }))
    })

    it('with a longer message are a protocol violation', () => {
      expect(readFailure(Buffer.alloc(HEAD_BYTES + 1 + MAX_MESSAGE_BYTES, 'x')).message).to.have.length(MAX_MESSAGE_BYTES)
      expect(() => readFailure(Buffer.alloc(HEAD_BYTES + 2 + MAX_MESSAGE_BYTES, 'x'))).to.throw(ProtocolViolationError)
    })

    it('without a status are a protocol violation', () => {
      expect(() => readFailure(Buffer.alloc(HEAD_BYTES))).to.throw(ProtocolViolationError)
    })
  })
})
