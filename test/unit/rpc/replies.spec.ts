import { expect } from 'chai'
import { FrameWriter } from '../../../src/rpc/frame-writer.js'
import { Replies } from '../../../src/rpc/replies.js'

describe('replies', () => {
  it('are written to a stream that is open, and to none that has ended: nobody would ever take them', () => {
    const frames = new FrameWriter()
    const replies = new Replies({ frames, flushSoon: () => {} }, { spend: () => {}, checkLong: () => {} })
    replies.fail(1, new Error('failed'))
    const written = frames.byteLength
    expect(written).to.be.greaterThan(0)
    replies.close()
    replies.fail(2, new Error('failed'))
    expect(frames.byteLength).to.equal(written)
  })
})
