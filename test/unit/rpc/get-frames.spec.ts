import { expect } from 'chai'
import * as fc from 'fast-check'
import { MAX_BATCH_KEYS, MAX_KEY_BYTES, MAX_TRACE_BYTES } from '../../../src/constants.js'
import { ProtocolViolationError } from '../../../src/errors.js'
import { FrameWriter } from '../../../src/rpc/frame-writer.js'
import { FrameType, HEAD_BYTES, MAX_UNCUT_BYTES, idAfter, readGet } from '../../../src/rpc/frames.js'
import { FieldWriter } from '../../../src/rpc/field-writer.js'
import { framesIn, written } from '../../support/fake-stream.js'
import { thrownBy } from '../../support/thrown.js'
import type { Ask } from '../../../src/rpc/ask.js'
import type { GetRequest } from '../../../src/rpc/frames.js'

function gets (bytes: Uint8Array): Array<GetRequest | 'other'> {
  return framesIn(bytes).map(({ type, id, rest }) => {
    const frame = Buffer.concat([Buffer.alloc(HEAD_BYTES), rest])
    frame.writeUInt32BE(id, 1)
    return type === FrameType.get ? readGet(frame) : 'other'
  })
}
const taken = (frames: FrameWriter): Uint8Array => Uint8Array.from(frames.take().subarray())

describe('keys asked for one after the other', () => {
  it('share a frame, of the same group and mode', () => {
    expect(gets(written(frames => {
      for (let id = 5; id < 9; id++) frames.get(id, 'get', 'g', `k${id}`)
    }))).to.deep.equal([{ id: 5, ask: 'get', group: 'g', keys: ['k5', 'k6', 'k7', 'k8'] }])
  })

  const breaks: Array<[string, (frames: FrameWriter) => void]> = [
    ['of another group', frames => { frames.get(2, 'get', 'h', 'b') }],
    ['asked for in another way', frames => { frames.get(2, 'moved', 'g', 'b') }],
    ['with a gap between their ids', frames => { frames.get(3, 'get', 'g', 'b') }],
    ['with the id of the one before', frames => { frames.get(1, 'get', 'g', 'b') }]
  ]
  for (const [what, write] of breaks) {
    it(`do not share it when ${what}`, () => {
      expect(gets(written(frames => {
        frames.get(1, 'get', 'g', 'a')
        write(frames)
      })).map(get => get === 'other' ? [] : get.keys)).to.deep.equal([['a'], ['b']])
    })
  }

  it('do not share it with one that is part of a trace, which is written before it', () => {
    const bytes = written(frames => {
      frames.get(1, 'get', 'g', 'a')
      frames.traced({ traceparent: 'parent', tracestate: 'state' }, 2, 'get', 'g', 'b')
      frames.get(3, 'get', 'g', 'c')
      frames.traced({}, 4, 'get', 'g', 'd')
      frames.get(5, 'get', 'g', 'e')
    })
    expect(gets(bytes).map(get => get === 'other' ? 'trace' : get.keys.join())).to.deep.equal(['a', 'trace', 'b', 'c,d', 'e'])
    const trace = framesIn(bytes).find(({ type }) => type === FrameType.trace)
    expect([trace?.id, trace?.rest.toString()]).to.deep.equal([2, 'parent\nstate'])
  })

  it('are asked for without the trace that is longer than one may be', () => {
    const lengths = [MAX_TRACE_BYTES - 1, MAX_TRACE_BYTES].map(length => gets(written(frames => { frames.traced({ traceparent: 'x'.repeat(length) }, 1, 'get', 'g', 'a') })).length)
    expect(lengths).to.deep.equal([2, 1])
  })

  it('do not share it when another frame was written between them, of any kind', () => {
    const others: Array<(frames: FrameWriter) => void> = [
      frames => { frames.bare(FrameType.cancel, 1) }, frames => { frames.done(9, 0) }, frames => { frames.failed(9, 1, '') },
      frames => { frames.frame(FrameType.forget, 9, Buffer.alloc(10)) }, frames => { frames.frame(FrameType.forget, 9, Buffer.alloc(10_000)) }
    ]
    for (const write of others) {
      expect(gets(written(frames => {
        frames.get(1, 'get', 'g', 'a')
        write(frames)
        frames.get(2, 'get', 'g', 'b')
      }))).to.deep.equal([{ id: 1, ask: 'get', group: 'g', keys: ['a'] }, 'other', { id: 2, ask: 'get', group: 'g', keys: ['b'] }])
    }
  })

  it('do not share it when the first one was taken', () => {
    const frames = new FrameWriter()
    frames.get(1, 'get', 'g', 'a')
    const first = taken(frames)
    frames.get(2, 'get', 'g', 'b')
    expect([gets(first), gets(taken(frames))]).to.deep.equal([[{ id: 1, ask: 'get', group: 'g', keys: ['a'] }], [{ id: 2, ask: 'get', group: 'g', keys: ['b'] }]])
  })

  it('share it across the end of the ids', () => {
    expect(gets(written(frames => {
      for (const id of [0xffffffff, 0, 1]) frames.get(id, 'get', 'g', String(id))
    }))).to.deep.equal([{ id: 0xffffffff, ask: 'get', group: 'g', keys: ['4294967295', '0', '1'] }])
  })

  it('are as many in a frame as may be, and no more', () => {
    const seen = gets(written(frames => {
      for (let id = 0; id <= MAX_BATCH_KEYS; id++) frames.get(id, 'get', 'g', 'k')
    }))
    expect(seen.map(get => get === 'other' ? 0 : get.keys.length)).to.deep.equal([MAX_BATCH_KEYS, 1])
  })

  it('do not share it where it would be longer than the other end takes', () => {
    const [long, shorter] = ['k'.repeat(60_000), 'm'.repeat(30_000)]
    const sizes = framesIn(written(frames => {
      frames.get(1, 'get', 'g', long)
      frames.get(2, 'get', 'g', shorter)
    })).map(({ rest }) => rest.length)
    expect(sizes).to.deep.equal([60_007, 30_007])
  })

  it('come out as they went in, however long they are and whenever they are taken', () => {
    const key = fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.nat({ max: 21_000 }).map(n => 'é'.repeat(n)), fc.nat({ max: MAX_KEY_BYTES }).map(n => 'k'.repeat(n)))
    const step = fc.record({ ask: fc.constantFrom<Ask>('get', 'moved'), group: fc.constantFrom('g', 'ü'), key, isTaken: fc.nat({ max: 5 }).map(n => n === 0) })
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), fc.nat({ max: 0xffffffff }), (steps, first) => {
      const frames = new FrameWriter()
      const chunks: Uint8Array[] = []
      steps.forEach(({ ask, group, key, isTaken }, i) => {
        frames.get(idAfter(first, i), ask, group, key)
        if (!isTaken) return
        const { byteLength } = frames
        chunks.push(taken(frames))
        expect(chunks.at(-1)?.byteLength).to.equal(byteLength)
      })
      chunks.push(taken(frames))
      expect(Math.max(0, ...framesIn(Buffer.concat(chunks)).map(({ rest }) => HEAD_BYTES + rest.length))).to.be.at.most(MAX_UNCUT_BYTES)
      const seen = gets(Buffer.concat(chunks)).flatMap(get => get === 'other' ? [] : get.keys.map((key, i) => ({ id: idAfter(get.id, i), ask: get.ask, group: get.group, key })))
      expect(seen).to.deep.equal(steps.map(({ ask, group, key }, i) => ({ id: idAfter(first, i), ask, group, key })))
    }), { numRuns: 200 })
  })

  it('are refused in a frame that is longer than one which is not sent in parts', () => {
    const fields = new FieldWriter().u8(1).u32(1).u8(0).shortText('g').u16(2)
    for (const key of ['k'.repeat(MAX_KEY_BYTES), 'm'.repeat(MAX_KEY_BYTES)]) fields.text(key)
    expect(() => readGet(fields.bytes)).to.throw(ProtocolViolationError, `at most ${MAX_UNCUT_BYTES}`)
  })

  it('are refused when there are none, or more than may be', () => {
    for (const count of [0, MAX_BATCH_KEYS + 1, 0xffff]) {
      const fields = new FieldWriter().u8(1).u32(1).u8(0).shortText('g').u16(count)
      for (let i = 0; i < count; i++) fields.text('')
      expect(() => readGet(fields.bytes), `${count} keys`).to.throw(ProtocolViolationError)
    }
  })
})

describe('frames of a get', () => {
  it('either parse or are a protocol violation, whatever the bytes', () => {
    const frame = fc.oneof(
      fc.uint8Array({ minLength: HEAD_BYTES, maxLength: 40 }),
      // lengths that nearly add up are the interesting ones
      fc.record({ mode: fc.nat({ max: 4 }), group: fc.nat({ max: 12 }), count: fc.nat({ max: 3 }), keyLength: fc.nat({ max: 6 }), rest: fc.uint8Array({ maxLength: 16 }) })
        .map(({ mode, group, count, keyLength, rest }) => Uint8Array.of(1, 0, 0, 0, 1, mode, group, ...rest.subarray(0, group), 0, count, 0, keyLength, ...rest.subarray(group))))
    fc.assert(fc.property(frame, bytes => {
      const err = thrownBy(() => readGet(Buffer.from(bytes)))
      if (err !== undefined) expect(err).to.be.instanceOf(ProtocolViolationError)
    }), { numRuns: 5_000 })
  })

  it('that parse mean exactly their bytes: written again they are the same', () => {
    const body = fc.record({ mode: fc.nat({ max: 2 }), group: fc.uint8Array({ maxLength: 12 }), keys: fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 3 }) })
    fc.assert(fc.property(body, ({ mode, group, keys }) => {
      const frame = Buffer.from([1, 0, 0, 0, 1, mode, group.length, ...group, 0, keys.length, ...keys.flatMap(key => [0, key.length, ...key])])
      let request
      try {
        request = readGet(frame)
      } catch (err) {
        expect(err).to.be.instanceOf(ProtocolViolationError)
        return
      }
      const { id, ask, group: name, keys: texts } = request
      const again = written(frames => { texts.forEach((text, i) => { frames.get(idAfter(id, i), ask, name, text) }) })
      expect(Buffer.from(again.subarray(4)).toString('hex')).to.equal(frame.toString('hex'))
    }), { numRuns: 2_000 })
  })

  it('that cannot be written leave the writer as it was', () => {
    const frames = new FrameWriter()
    frames.bare(FrameType.ping, 1)
    const tooLong = ['k'.repeat(MAX_KEY_BYTES + 1), 'é'.repeat(MAX_KEY_BYTES / 2 + 1)]
    for (const key of tooLong) expect(() => { frames.get(2, 'get', 'g', key) }).to.throw(RangeError)
    frames.get(2, 'get', 'g', 'a')
    for (const key of tooLong) expect(() => { frames.get(3, 'get', 'g', key) }).to.throw(RangeError)
    frames.get(3, 'get', 'g', 'b')
    frames.bare(FrameType.ping, 4)
    expect(gets(taken(frames)).flatMap(get => get === 'other' ? get : [get.id, ...get.keys])).to.deep.equal(['other', 2, 'a', 3, 'b', 'other'])
  })
})
