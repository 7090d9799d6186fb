import { expect } from 'chai'
import * as fc from 'fast-check'
import { Arena, slotBytes } from '../../../src/cache/arena.js'

const BLOCK = 64 * 1024

describe('an arena', () => {
  it('gives back what was stored, whatever was stored and freed beside it, and never takes more than its limit', () => {
    const operation = fc.oneof(
      fc.record({ store: fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 17_000 }), fc.constantFrom(0, 32, 33, 16_384, 16_385)) }),
      fc.record({ free: fc.nat({ max: 1_000 }) }))
    fc.assert(fc.property(fc.array(operation, { maxLength: 200 }), fc.constantFrom(0, BLOCK, 3 * BLOCK + 5, 100 * BLOCK), (operations, maxBytes) => {
      const arena = new Arena(maxBytes)
      const held: Array<{ address: number, bytes: Uint8Array }> = []
      let serial = 0
      for (const one of operations) {
        if ('store' in one) {
          const bytes = new Uint8Array(one.store).fill(++serial)
          const address = arena.store(bytes)
          bytes.fill(0)
          if (address !== undefined) held.push({ address, bytes: new Uint8Array(one.store).fill(serial) })
        } else if (held.length > 0) {
          const [gone] = held.splice(one.free % held.length, 1)
          if (gone !== undefined) arena.free(gone.address)
        }
        expect(arena.bytes).to.be.at.most(maxBytes)
      }
      for (const { address, bytes } of held) expect(arena.view(address, bytes.length)).to.deep.equal(bytes)
      for (const { address } of held) arena.free(address)
      expect(arena.bytes).to.equal(0)
    }), { numRuns: 300 })
  })

  it('uses freed room again: a full one takes as many as were freed, of that size, and a block that is empty takes any size', () => {
    const arena = new Arena(2 * BLOCK)
    const fill = (size: number): number[] => {
      const addresses: number[] = []
      for (let address = arena.store(new Uint8Array(size)); address !== undefined; address = arena.store(new Uint8Array(size))) addresses.push(address)
      return addresses
    }
    const first = fill(1_000)
    expect(first).to.have.length(128)
    for (const address of first.slice(3, 10)) arena.free(address)
    expect(arena.store(new Uint8Array(500))).to.equal(undefined)
    expect(fill(1_000)).to.have.members(first.slice(3, 10))
    for (const address of first) arena.free(address)
    expect(arena.bytes).to.equal(0)
    expect(fill(500)).to.have.length(256)
  })

  it('does not take what would waste a block', () => {
    expect(new Arena(1e6).store(new Uint8Array(16_385))).to.equal(undefined)
    expect(new Arena(1e6).store(new Uint8Array(16_384))).to.not.equal(undefined)
  })

  it('wastes at most an eighth of a slot, where values are not tiny', () => {
    for (let length = 0; length <= 16_384; length++) {
      expect(slotBytes(length)).to.be.at.least(Math.max(32, length))
      if (length > 32) expect(slotBytes(length), String(length)).to.be.at.most(length * 8 / 7)
    }
    expect(slotBytes(100_000)).to.equal(100_000)
  })

  it('refuses to look where nothing is', () => {
    const arena = new Arena(1e6)
    expect(() => arena.view(0, 1)).to.throw(RangeError)
    expect(() => { arena.free(12 * BLOCK) }).to.throw(RangeError)
  })
})
