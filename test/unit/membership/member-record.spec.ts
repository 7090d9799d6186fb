import { expect } from 'chai'
import * as fc from 'fast-check'
import { MAX_ADDRESSES, MAX_MEMBERS, MAX_RECORD_BYTES, TOMBSTONE_TTL } from '../../../src/constants.js'
import { MAX_WEIGHT, MIN_WEIGHT, isPresent, parseRecord, supersedes } from '../../../src/membership/member-record.js'
import { MemberTable } from '../../../src/membership/member-table.js'
import { decodeRecord, encodeRecord } from '../../../src/rpc/news-topic.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'

const state = fc.constantFrom('alive', 'suspect', 'dead', 'left')
const record: fc.Arbitrary<MemberRecord> = fc.record({
  id: fc.constantFrom('a', 'b', 'c'),
  name: fc.constantFrom('x', 'y'),
  weight: fc.constant(1),
  state,
  incarnation: fc.nat({ max: 3 }),
  since: fc.constant(0),
  addresses: fc.constant([])
})
/** What honest members say: two records of one incarnation differ in the state at most. */
const honest = record.map((of): MemberRecord => ({ ...of, name: `${of.id}${of.incarnation}` }))
const alive = (id: string, incarnation = 0): MemberRecord => ({ id, name: id, weight: 1, state: 'alive', incarnation, since: 0, addresses: ['/ip4/127.0.0.1/tcp/1'] })

describe('news about a member', () => {
  it('is ordered strictly: nothing replaces itself, no two replace each other, and order is passed on', () => {
    fc.assert(fc.property(record, record, record, (a, b, c) => {
      expect(supersedes(a, a)).to.equal(false)
      expect(supersedes(a, b) && supersedes(b, a)).to.equal(false)
      if (supersedes(a, b) && supersedes(b, c)) expect(supersedes(a, c)).to.equal(true)
      // whatever differs in incarnation or state can be told apart
      if (a.incarnation !== b.incarnation || a.state !== b.state) expect(supersedes(a, b) || supersedes(b, a)).to.equal(true)
    }), { numRuns: 1_000 })
  })

  it('wins by a higher incarnation, and by the worse state at the same', () => {
    const states = ['alive', 'suspect', 'dead', 'left'] as const
    for (const [i, worse] of states.entries()) {
      for (const better of states.slice(0, i)) expect(supersedes({ ...alive('a'), state: worse }, { ...alive('a'), state: better })).to.equal(true)
      expect(supersedes(alive('a', 1), { ...alive('a'), state: worse })).to.equal(true)
    }
    expect(states.map(state => isPresent({ ...alive('a'), state }))).to.deep.equal([true, true, false, false])
  })
})

describe('a record from the network', () => {
  it('is a record, or nothing, whatever it is', () => {
    fc.assert(fc.property(fc.oneof(fc.jsonValue(), fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true })), value => {
      expect(parseRecord(value)).to.equal(undefined)
    }), { numRuns: 2_000 })
  })

  it('is taken as it is when all of it is right, and only its known parts', () => {
    fc.assert(fc.property(record, fc.string(), (good, extra) => {
      expect(parseRecord({ ...good, ['x' + extra]: 1 })).to.deep.equal(good)
    }))
  })

  const wrong: Record<keyof MemberRecord, unknown[]> = {
    id: ['', 'x'.repeat(129), 5, null, undefined, {}],
    name: ['', 'x'.repeat(256), 'é'.repeat(128), 5, null, undefined],
    weight: [-0.001, -1, MIN_WEIGHT / 2, MAX_WEIGHT * 2, NaN, Infinity, '1', null, undefined],
    state: ['', 'ALIVE', 'toString', '__proto__', 'constructor', 0, null, undefined],
    since: [-1, 0.5, NaN, 2 ** 53, '0', null, undefined],
    incarnation: [-1, 0.5, NaN, Infinity, 2 ** 53, Number.MAX_SAFE_INTEGER, '0', null, undefined],
    addresses: ['/ip4/1.2.3.4', [5], ['x'], [null], [`/${'x'.repeat(512)}`], Array(MAX_ADDRESSES + 1).fill('/a'), {}, null, undefined]
  }
  for (const [field, values] of Object.entries(wrong)) {
    it(`is refused for a wrong ${field}`, () => {
      for (const value of values) expect(parseRecord({ ...alive('a'), [field]: value }), JSON.stringify(value)).to.equal(undefined)
    })
  }

  it('travels as JSON; bytes that are none, too many, or of no peer are refused', () => {
    const good = alive('12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg', 7)
    expect(decodeRecord(encodeRecord(good))).to.deep.equal(good)
    expect(decodeRecord(encodeRecord(alive('nobody')))).to.equal(undefined)
    expect(decodeRecord(Buffer.from('{'))).to.equal(undefined)
    expect(decodeRecord(Buffer.from(JSON.stringify({ ...good, padding: ' '.repeat(MAX_RECORD_BYTES) })))).to.equal(undefined)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => { expect(decodeRecord(bytes)).to.equal(undefined) }))
  })

  it('that was accepted is accepted again when it is passed on', () => {
    const id = '12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg'
    let tried = 0
    for (let total = 7_500; total < MAX_RECORD_BYTES; total++) {
      const addresses = Array.from({ length: MAX_ADDRESSES }, (_, i) => `/${'x'.repeat(Math.floor((total + i) / MAX_ADDRESSES) - 1)}`)
      // 9e15 is four characters here and sixteen when it is written again
      const bytes = Buffer.from(JSON.stringify({ ...alive(id), addresses, incarnation: 0 }).replace('"incarnation":0', '"incarnation":9e15'))
      const accepted = decodeRecord(bytes)
      if (accepted === undefined) continue
      tried++
      expect(decodeRecord(encodeRecord(accepted)), `a record that came in ${bytes.length} bytes`).to.deep.equal(accepted)
    }
    expect(tried).to.be.greaterThan(100)
  })
})

describe('the member table', () => {
  const tableOf = (records: readonly MemberRecord[]): MemberTable => {
    const table = new MemberTable()
    for (const [now, one] of records.entries()) table.merge(one, now)
    return table
  }
  const sorted = (records: readonly MemberRecord[]): string[] => records.map(one => JSON.stringify(one)).sort()
  const known = ['a', 'b', 'c'].map(id => ({ ...alive(id), name: `${id}0` }))

  it('does not depend on the order of what it was told of members it knows', () => {
    fc.assert(fc.property(fc.array(honest, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (records, order) => {
      const shuffled = records.map(one => ({ one, at: order.next().value as number })).sort((x, y) => x.at - y.at).map(({ one }) => one)
      expect(sorted(tableOf([...known, ...records]).all())).to.deep.equal(sorted(tableOf([...known, ...shuffled]).all()))
    }), { numRuns: 500 })
  })

  it('does not depend on the order either as to who is present, strangers included', () => {
    fc.assert(fc.property(fc.array(honest, { maxLength: 6 }), fc.infiniteStream(fc.nat()), (records, order) => {
      const shuffled = records.map(one => ({ one, at: order.next().value as number })).sort((x, y) => x.at - y.at).map(({ one }) => one)
      expect(sorted(tableOf(records).present())).to.deep.equal(sorted(tableOf(shuffled).present()))
    }), { numRuns: 500 })
  })

  it('takes a record in once', () => {
    fc.assert(fc.property(fc.array(honest, { maxLength: 12 }), records => {
      const table = tableOf(records)
      const before = sorted(table.all())
      for (const one of records) table.merge(one, 99)
      // a stranger's record that was no news at first may be by now, never one that was taken in
      for (const one of table.all()) expect(table.merge(one, 100)).to.equal('old')
      if (records.every(isPresent)) expect(sorted(table.all())).to.deep.equal(before)
    }))
  })

  it('never goes back', () => {
    fc.assert(fc.property(fc.array(honest, { maxLength: 20 }), records => {
      const table = new MemberTable()
      for (const one of records) {
        const before = table.get(one.id)
        const merged = table.merge(one, 0)
        if (merged !== 'old') expect(merged.before).to.equal(before)
        const after = table.get(one.id)
        if (before !== undefined && after !== before) expect(supersedes(after as MemberRecord, before)).to.equal(true)
      }
    }))
  })

  it('is bounded, whoever is told of; room is made by forgetting who is dead the longest', () => {
    const table = new MemberTable()
    for (let i = 0; i < MAX_MEMBERS + 500; i++) table.merge(alive(`m${i}`), i)
    expect(table.all()).to.have.length(MAX_MEMBERS)
    expect(table.get('m0')?.state).to.equal('alive')
    for (const [i, id] of ['m7', 'm3'].entries()) table.merge({ ...alive(id), state: 'dead' }, MAX_MEMBERS + i)
    expect(table.merge(alive('new'), MAX_MEMBERS)).to.not.equal('old')
    expect([table.get('m7'), table.get('m3')?.state, table.all().length]).to.deep.equal([undefined, 'dead', MAX_MEMBERS])
  })

  it('remembers the dead long enough for late news, and then forgets them', () => {
    const table = tableOf([alive('a'), { ...alive('a'), state: 'dead' }])
    table.forgetDead(TOMBSTONE_TTL)
    expect(table.merge(alive('a'), TOMBSTONE_TTL)).to.equal('old')
    table.forgetDead(TOMBSTONE_TTL + 1)
    expect(table.get('a')).to.equal(undefined)
  })
})
