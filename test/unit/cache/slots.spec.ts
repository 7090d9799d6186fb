import { expect } from 'chai'
import { Slots } from '../../../src/cache/slots.js'

describe('a slot that is freed', () => {
  it('holds nothing of what was in it', () => {
    const slots = new Slots<object>()
    const slot = slots.take()
    slots.tags[slot] = ['t']
    slots.reader[slot] = {}
    slots.buffer[slot] = new Uint8Array(1)
    slots.free(slot)
    expect([slots.tags[slot], slots.reader[slot], slots.buffer[slot], slots.lease[slot]]).to.deep.equal([[], undefined, undefined, undefined])
  })
})
