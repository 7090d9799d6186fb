import { expect } from 'chai'
import * as errors from '../../../src/errors.js'
import { GroupNetwork } from '../../support/group-network.js'
import { rejection } from '../../support/thrown.js'
import { PEER_ID } from '../coherence/fake-network.js'

const cause = new Error('the cause')
const at = { group: 'g', key: 'k', peerId: PEER_ID, cause }
const id = PEER_ID.toString()

interface Row { err: Error, name: string, message: string, fields?: Record<string, unknown>, hasCause?: boolean }

const rows: Row[] = [
  { err: new errors.LoadError({ group: 'g', key: 'k', cause }), name: 'LoadError', message: 'loading "k" of group "g" failed: the cause', fields: { group: 'g', key: 'k', peerId: undefined }, hasCause: true },
  { err: new errors.LoadError(at), name: 'LoadError', message: `loading "k" of group "g" failed at ${id}: the cause`, fields: { group: 'g', key: 'k', peerId: PEER_ID }, hasCause: true },
  { err: new errors.LoadError({ group: 'g', key: 'k', reason: 'said so' }), name: 'LoadError', message: 'loading "k" of group "g" failed: said so' },
  { err: new errors.CodecError({ ...at, action: 'encode' }), name: 'CodecError', message: 'cannot encode the value of "k" of group "g": the cause', fields: { group: 'g', key: 'k' }, hasCause: true },
  { err: new errors.CodecError({ ...at, action: 'decode' }), name: 'CodecError', message: 'cannot decode the value of "k" of group "g": the cause', hasCause: true },
  { err: new errors.ValueTooLargeError({ group: 'g', key: 'k', bytes: 12, limit: 3 }), name: 'ValueTooLargeError', message: 'the value of "k" of group "g" has 12 bytes, the limit is 3', fields: { group: 'g', key: 'k', bytes: 12, limit: 3 } },
  { err: new errors.GroupNotFoundError('g', PEER_ID), name: 'GroupNotFoundError', message: `group "g" does not exist at ${id}`, fields: { group: 'g', peerId: PEER_ID } },
  { err: new errors.GroupNotFoundError('g'), name: 'GroupNotFoundError', message: 'group "g" does not exist at this member', fields: { peerId: undefined } },
  { err: new errors.DuplicateGroupError('g'), name: 'DuplicateGroupError', message: 'group "g" exists already on this node; keep the first one\'s return value', fields: { group: 'g' } },
  { err: new errors.OwnerUnreachableError(at), name: 'OwnerUnreachableError', message: `the owner of "k" of group "g", ${id}, could not be reached: the cause`, fields: { group: 'g', key: 'k', peerId: PEER_ID }, hasCause: true },
  { err: new errors.InvalidationIncompleteError({ group: 'g', members: [PEER_ID], cause }), name: 'InvalidationIncompleteError', message: `a removal in group "g" did not reach ${id}: the cause`, fields: { group: 'g' }, hasCause: true },
  { err: new errors.PeerUnreachableError('/ip4/1.2.3.4', 'no route', cause), name: 'PeerUnreachableError', message: 'cannot reach /ip4/1.2.3.4: no route', fields: { peer: '/ip4/1.2.3.4', refused: false }, hasCause: true },
  { err: new errors.HandshakeRefusedError('/ip4/1.2.3.4', 'the secrets differ', cause), name: 'HandshakeRefusedError', message: 'cannot reach /ip4/1.2.3.4: the secrets differ', fields: { peer: '/ip4/1.2.3.4' }, hasCause: true },
  { err: new errors.PeerUnreachableError('p', 'nothing listens', undefined, true), name: 'PeerUnreachableError', message: 'cannot reach p: nothing listens', fields: { refused: true } },
  { err: new errors.ListenError([{ address: '/ip4/1.2.3.4/tcp/5', reason: 'in use' }, { address: '/x', reason: 'no' }], cause), name: 'ListenError', message: 'cannot listen at /ip4/1.2.3.4/tcp/5: in use; /x: no', hasCause: true },
  { err: new errors.ListenError([], cause), name: 'ListenError', message: 'cannot listen at any address: the cause', hasCause: true },
  { err: new errors.OverloadedError('busy'), name: 'OverloadedError', message: 'busy' },
  { err: new errors.NameTakenError({ name: 'n', peerId: PEER_ID }), name: 'NameTakenError', message: `the name "n" is taken by ${id}, which is older and answers: give each process a \`name\` of its own. This one owns no keys.`, fields: { taken: 'n', peerId: PEER_ID } },
  { err: new errors.ProtocolViolationError('nonsense'), name: 'ProtocolViolationError', message: 'nonsense' },
  { err: new errors.ConnectionLostError('stopped'), name: 'ConnectionLostError', message: 'stopped' }
]

describe('an error', () => {
  for (const { err, name, message, fields = {}, hasCause = false } of rows) {
    it(`${name} says "${message.replaceAll(id, '<peer id>')}", has its data as fields${hasCause ? ', and keeps its cause' : ''}`, () => {
      expect(err).to.be.instanceOf(Error)
      expect([err.name, err.message]).to.deep.equal([name, message])
      expect(err).to.include(fields)
      expect([Object.hasOwn(err, 'cause'), err.cause]).to.deep.equal(hasCause ? [true, cause] : [false, undefined])
      expect(err.stack).to.include('errors.spec.ts')
    })
  }

  it('of this library has a row here', () => {
    const classes = Object.values(errors).filter(value => typeof value === 'function' && value.prototype instanceof Error)
    for (const one of classes) expect(rows.some(({ err }) => err.constructor === one), (one as { name: string }).name).to.equal(true)
  })

  it('names each member that a removal did not reach', () => {
    expect(new errors.InvalidationIncompleteError({ group: 'g', members: [PEER_ID, PEER_ID] })).to.have.property('members').that.has.length(2)
  })

  it('shows a long key by its length: it may be of 64 KiB', () => {
    expect(new errors.LoadError({ group: 'g', key: 'k'.repeat(60_000), cause }).message).to.equal('loading a string of 60000 characters of group "g" failed: the cause')
  })
})

describe('what is the loader\'s fault', () => {
  it('is what it threw, what could not be encoded, and what is too large; nothing else', () => {
    const faults = rows.filter(({ err }) => errors.isLoadFailure(err)).map(({ name }) => name)
    expect(new Set(faults)).to.deep.equal(new Set(['LoadError', 'CodecError', 'ValueTooLargeError']))
    for (const other of [undefined, null, 'x', new Error('x')]) expect(errors.isLoadFailure(other)).to.equal(false)
  })
})

describe('a value in a message', () => {
  const shown: Array<[unknown, string]> = [
    ['short', '"short"'], ['a "quote"', '"a \\"quote\\""'], ['x'.repeat(61), 'a string of 61 characters'], [5, '5'], [-0, '0'], [NaN, 'NaN'], [5n, '5n'], [true, 'true'], [null, 'null'], [undefined, 'undefined'],
    [[1, 2], 'an array of 2'], [() => 1, 'a function'], [class {}, 'a function'], [{}, '[object Object]'], [Symbol('s'), '[object Symbol]'], [new Map(), '[object Map]'], [Object.create(null), '[object Object]']
  ]
  for (const [value, text] of shown) it(`is ${text}`, () => { expect(errors.show(value)).to.equal(text) })
})

describe('a LoadError from afar', () => {
  it('says at which member it was, and what the loader said there', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group({ load: () => { throw new RangeError('no such user') } })
    const err = await rejection(net.node('a').group({ loadLocallyOnLoadError: false }).get('k'))
    expect(err).to.be.instanceOf(errors.LoadError)
    expect(err).to.include({ group: 'g', key: 'k', peerId: net.node('b').peerId })
    expect((err.cause as Error).message).to.equal('no such user')
    expect(err.message).to.equal(`loading "k" of group "g" failed at ${net.node('b').peerId.toString()}: no such user`)
    expect(err.stack, 'no stack of another process').to.not.include('RangeError')
  })

  it('tells in `earlier` why the members before gave no value', async () => {
    const net = new GroupNetwork('x', 'b', 'a')
    net.node('x').isUp = false
    net.node('b').group({ load: () => { throw new Error('no database at b') } })
    const err = await rejection(net.node('a').group({ load: () => { throw new Error('none here either') } }).get('k'))
    expect([(err.cause as Error).message, (err.earlier as Error).message.includes('no database at b')]).to.deep.equal(['none here either', true])
  })
})
