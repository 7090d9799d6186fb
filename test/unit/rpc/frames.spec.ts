import { expect } from 'chai'
import * as fc from 'fast-check'
import { MAX_KEY_BYTES, MAX_MESSAGE_BYTES, MAX_VALUE_BYTES } from '../../../src/constants.js'
import { ProtocolViolationError } from '../../../src/errors.js'
import { FrameReader } from '../../../src/rpc/frame-reader.js'
import { FrameWriter } from '../../../src/rpc/frame-writer.js'
import { FrameType, HEAD_BYTES, MAX_FRAME_BYTES, readFailure, readKeyRequest, readValue } from '../../../src/rpc/frames.js'
import { framesIn, written } from '../../support/fake-stream.js'
import { thrownBy } from '../../support/thrown.js'
import type { Ask } from '../../../src/rpc/ask.js'

const id = fc.nat({ max: 0xffffffff })
const ask = fc.constantFrom<Ask>('get', 'forwarded', 'moved')
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
const key = fc.string({ unit: 'binary', maxLength: 60 })
const value = fc.record({ ttl: fc.oneof(fc.nat({ max: 0xfffffffe }), fc.constant(Infinity)), bytes: fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.nat({ max: 20_000 }).map(n => new Uint8Array(n).fill(7))) })

/** What is written, and what it reads as. */
type Step = { write: (frames: FrameWriter) => void, seen: [type: number, id: number, rest?: unknown] }
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ id, ask, name, key, type: fc.constantFrom(FrameType.get, FrameType.remove) }).map(({ id, ask, name, key, type }): Step =>
    ({ write: frames => { frames.request(type, id, ask, name, key) }, seen: [type, id, { type, id, ask, group: name, key }] })),
  fc.record({ id, type: fc.constantFrom(FrameType.ping, FrameType.miss, FrameType.done) }).map(({ id, type }): Step =>
    ({ write: frames => { frames.bare(type, id) }, seen: [type, id] })),
  fc.record({ id, value }).map(({ id, value }): Step =>
    ({ write: frames => { frames.value(id, value) }, seen: [FrameType.value, id, value] })),
  fc.record({ id, status: fc.nat({ max: 255 }), message: key }).map(({ id, status, message }): Step =>
    ({ write: frames => { frames.failed(id, status, message) }, seen: [FrameType.failed, id, { status, message }] })))

function read (chunks: readonly Uint8Array[]): Array<Step['seen']> {
  const seen: Array<Step['seen']> = []
  const reader = new FrameReader(frame => {
    const [type, id] = [frame.readUInt8(0), frame.readUInt32BE(1)]
    if (type === FrameType.get || type === FrameType.remove) seen.push([type, id, readKeyRequest(frame)])
    else if (type === FrameType.failed) seen.push([type, id, readFailure(frame)])
    else if (type === FrameType.value) seen.push([type, id, readValue(frame)])
    else seen.push([type, id])
  })
  for (const chunk of chunks) reader.push(chunk)
  return seen
}

describe('frames', () => {
  it('come out as they went in, wherever the stream is cut once', () => {
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), steps => {
      const bytes = written(frames => { for (const { write } of steps) write(frames) })
      const positions = bytes.length < 400 ? [...bytes.keys()] : [...bytes.keys()].filter(at => at < 60 || at > bytes.length - 60 || at % 997 === 0)
      for (const at of positions) expect(read([bytes.subarray(0, at), bytes.subarray(at)])).to.deep.equal(steps.map(({ seen }) => seen))
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
      taken.push(Uint8Array.from(frames.take().subarray()))
      expect(frames.byteLength).to.equal(0)
      const bytes = Buffer.concat(taken)
      const chunks: Uint8Array[] = []
      for (let at = 0, i = 0; at < bytes.length; at += sizes[i++ % sizes.length] as number) chunks.push(bytes.subarray(at, at + (sizes[i % sizes.length] as number)))
      expect(read(chunks)).to.deep.equal(steps.map(([{ seen }]) => seen))
    }), { numRuns: 100 })
  })

  it('arrive one byte at a time', () => {
    const bytes = written(frames => {
      frames.request(FrameType.get, 1, 'get', 'group', 'key')
      frames.bare(FrameType.ping, 2)
      frames.value(3, { bytes: new Uint8Array(300), ttl: 5 })
    })
    expect(framesIn(...Array.from(bytes, byte => Uint8Array.of(byte))).map(({ type, id }) => [type, id])).to.deep.equal([[1, 1], [3, 2], [129, 3]])
  })

  it('are these bytes: a test vector for other languages', () => {
    const hex = (write: (frames: FrameWriter) => void): string => Buffer.from(written(write)).toString('hex')
    expect(hex(frames => { frames.request(FrameType.get, 258, 'forwarded', 'g', 'ké') })).to.equal('0000000d' + '01' + '00000102' + '01' + '01' + '67' + '0003' + '6bc3a9')
    expect(hex(frames => { frames.request(FrameType.remove, 1, 'get', 'g', '') })).to.equal('0000000a' + '02' + '00000001' + '00' + '01' + '67' + '0000')
    expect(hex(frames => { frames.bare(FrameType.ping, 0xffffffff) })).to.equal('00000005' + '03' + 'ffffffff')
    expect(hex(frames => { frames.value(2, { bytes: Uint8Array.of(0xc0), ttl: 258 }) })).to.equal('0000000a' + '81' + '00000002' + '00000102' + 'c0')
    expect(hex(frames => { frames.value(2, { bytes: Uint8Array.of(), ttl: Infinity }) })).to.equal('00000009' + '81' + '00000002' + 'ffffffff')
    expect(hex(frames => { frames.bare(FrameType.miss, 2) })).to.equal('00000005' + '82' + '00000002')
    expect(hex(frames => { frames.bare(FrameType.done, 2) })).to.equal('00000005' + '83' + '00000002')
    expect(hex(frames => { frames.failed(2, 5, 'no') })).to.equal('00000008' + '84' + '00000002' + '05' + '6e6f')
  })

  it('carry the longest key and the largest value', () => {
    const longest = 'k'.repeat(MAX_KEY_BYTES)
    const [request] = framesIn(written(frames => { frames.request(FrameType.get, 1, 'get', 'g', longest) }))
    expect(request?.rest.length).to.equal(5 + MAX_KEY_BYTES)
    const largest = new Uint8Array(MAX_VALUE_BYTES).fill(9)
    const frames = new FrameWriter()
    frames.value(1, { bytes: largest, ttl: Infinity })
    expect(frames.byteLength).to.equal(4 + MAX_FRAME_BYTES)
    let seen = 0
    const reader = new FrameReader(frame => { seen += frame.length })
    const bytes = frames.take().subarray()
    for (let at = 0; at < bytes.length; at += 65_536) reader.push(bytes.subarray(at, at + 65_536))
    expect(seen).to.equal(MAX_FRAME_BYTES)
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
    const large = new Uint8Array(100_000)
    const frames = new FrameWriter()
    frames.value(1, { bytes: large, ttl: 5 })
    large[0] = 5
    expect(frames.take().subarray()[13]).to.equal(5)
  })

  it('of an impossible length are refused', () => {
    for (const length of [0, 1, HEAD_BYTES - 1, MAX_FRAME_BYTES + 1, 0x7fffffff, 0xffffffff]) {
      const bytes = Buffer.alloc(64)
      bytes.writeUInt32BE(length)
      for (const cut of [0, 1, 3, 4, 5, 64]) {
        expect(() => { framesIn(bytes.subarray(0, cut), bytes.subarray(cut)) }, `${length} cut at ${cut}`).to.throw(ProtocolViolationError, String(length))
      }
    }
  })

  it('that are announced and do not come cost next to nothing', () => {
    const announced = Buffer.alloc(9)
    announced.writeUInt32BE(MAX_FRAME_BYTES)
    const before = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: 100 }, () => {
      const reader = new FrameReader(() => {})
      reader.push(announced)
      for (let i = 0; i < 10; i++) reader.push(Buffer.alloc(10))
      return reader
    })
    expect(process.memoryUsage().arrayBuffers - before, `held by ${readers.length} readers`).to.be.lessThan(4 * 1024 * 1024)
  })

  it('of a value say how long it may be served, in whole milliseconds, never less than none', () => {
    for (const [ttl, seen] of [[0, 0], [-5, 0], [1.9, 1], [0xfffffffe, 0xfffffffe], [0xffffffff, Infinity], [2 ** 40, Infinity], [Infinity, Infinity]] as const) {
      expect(read([written(frames => { frames.value(1, { bytes: Uint8Array.of(1), ttl }) })])).to.deep.equal([[FrameType.value, 1, { bytes: Uint8Array.of(1), ttl: seen }]])
    }
    for (let length = HEAD_BYTES; length < HEAD_BYTES + 4; length++) expect(() => readValue(Buffer.alloc(length))).to.throw(ProtocolViolationError)
  })

  describe('of a request', () => {
    it('either parse or are a protocol violation, whatever the bytes', () => {
      const frame = fc.oneof(
        fc.uint8Array({ minLength: HEAD_BYTES, maxLength: 40 }),
        // lengths that nearly add up are the interesting ones
        fc.record({ mode: fc.nat({ max: 4 }), group: fc.nat({ max: 12 }), keyLength: fc.nat({ max: 12 }), rest: fc.uint8Array({ maxLength: 16 }) })
          .map(({ mode, group, keyLength, rest }) => Uint8Array.of(1, 0, 0, 0, 1, mode, group, ...rest.subarray(0, group), 0, keyLength, ...rest.subarray(group))))
      fc.assert(fc.property(frame, bytes => {
        const err = thrownBy(() => readKeyRequest(Buffer.from(bytes)))
        if (err !== undefined) expect(err).to.be.instanceOf(ProtocolViolationError)
      }), { numRuns: 5_000 })
    })

    it('that parse mean exactly their bytes: written again they are the same', () => {
      const body = fc.record({ mode: fc.nat({ max: 2 }), group: fc.uint8Array({ maxLength: 12 }), key: fc.uint8Array({ maxLength: 12 }) })
      fc.assert(fc.property(body, ({ mode, group, key }) => {
        const frame = Buffer.from([1, 0, 0, 0, 1, mode, group.length, ...group, 0, key.length, ...key])
        let request
        try {
          request = readKeyRequest(frame)
        } catch (err) {
          expect(err).to.be.instanceOf(ProtocolViolationError)
          return
        }
        const again = written(frames => { frames.request(FrameType.get, request.id, request.ask, request.group, request.key) })
        expect(Buffer.from(again.subarray(4)).toString('hex')).to.equal(frame.toString('hex'))
      }), { numRuns: 2_000 })
    })

    it('that cannot be written leave the writer as it was', () => {
      const frames = new FrameWriter()
      frames.bare(FrameType.ping, 1)
      expect(() => { frames.request(FrameType.get, 2, 'get', 'g', 'k'.repeat(MAX_KEY_BYTES + 1)) }).to.throw()
      frames.bare(FrameType.ping, 3)
      expect(framesIn(Uint8Array.from(frames.take().subarray())).map(({ id }) => id)).to.deep.equal([1, 3])
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

    it('without a status are a protocol violation', () => {
      expect(() => readFailure(Buffer.alloc(HEAD_BYTES))).to.throw(ProtocolViolationError)
    })
  })
})
