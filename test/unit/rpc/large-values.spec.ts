// Values that travel in parts between an asking and an answering end.

import { expect } from 'chai'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { LEASE, MAX_VALUE_BYTES } from '../../../src/constants.js'
import { FrameType, PIECE_BYTES } from '../../../src/rpc/frames.js'
import { startAnsweringEnd } from '../../support/answering-end.js'
import { plain, startAskingEnd } from '../../support/asking-end.js'
import { settled } from '../../support/fake-clock.js'
import { written } from '../../support/fake-stream.js'
import { getOn } from '../../support/get-on.js'
import { FAR, NEAR, startRpcPair } from '../../support/rpc-pair.js'
import { until } from '../../support/until.js'

const PARTS = 10
const large = (seed = 1): Buffer => Buffer.alloc(PARTS * PIECE_BYTES - 10, seed)
const get = (id: number): Uint8Array => written(frames => { frames.get(id, 'get', 'g', 'k') })
const ping = (id: number): Uint8Array => written(frames => { frames.bare(FrameType.ping, id) })

/** Types of the frames that left, parts included. */
function typesIn (sends: readonly Uint8Array[]): number[] {
  const bytes = Buffer.concat(sends)
  const types: number[] = []
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) types.push(bytes.readUInt8(at + 4))
  return types
}

describe('a large value', () => {
  it('leaves part by part, and does not hold up answers to what is asked meanwhile', async () => {
    const { stream } = startAnsweringEnd({ get: () => plain(large()) })
    stream.receive(get(1))
    await nextTurn()
    expect(stream.sends.length).to.be.within(1, 3)
    stream.receive(ping(2))
    await until(() => stream.frames.length === 2, { what: 'both answers' })
    expect(stream.frames.map(({ type, id }) => [type, id])).to.deep.equal([[FrameType.done, 2], [FrameType.value, 1]])
    const types = typesIn(stream.sends)
    expect(types.filter(type => type === FrameType.part)).to.have.length(PARTS)
    expect(types.indexOf(FrameType.done)).to.be.lessThan(4)
  })

  it('waits while the other side is slow', async () => {
    const { stream } = startAnsweringEnd({ get: () => plain(large()) })
    stream.accepts = false
    stream.receive(get(1))
    for (let i = 1; i < PARTS; i++) {
      for (let turn = 0; turn < 3; turn++) await nextTurn()
      expect(typesIn(stream.sends)).to.deep.equal(Array(i).fill(FrameType.part))
      stream.dispatchEvent(new Event('drain'))
    }
    await nextTurn()
    expect(stream.frames[0]?.rest.length).to.equal(5 + large().length)
  })

  it('is dropped when its stream ends, without a word', async () => {
    const { stream, responder, closed } = startAnsweringEnd({ get: () => plain(large()) })
    stream.receive(get(1))
    await nextTurn()
    stream.breaksWith = new Error('closed')
    responder.close(new Error('enough'))
    const sent = stream.sends.length
    for (let turn = 0; turn < 5; turn++) await nextTurn()
    expect([stream.sends.length, closed()]).to.deep.equal([sent, 1])
  })

  it('of the largest size arrives as it is, beside others', async () => {
    const bytes = Buffer.alloc(MAX_VALUE_BYTES)
    for (let at = 0; at < bytes.length; at += 4_096) bytes.writeUInt32BE(at, at)
    const pair = await startRpcPair({ far: { get: (_peer, _group, key) => plain(key === 'largest' ? bytes : Buffer.from(key)) } })
    const largest = pair.near.rpc.get(FAR, 'g', 'largest', 'get')
    const small = await Promise.all(Array.from({ length: 100 }, (_, i) => pair.near.rpc.get(FAR, 'g', `${i}`, 'get')))
    expect(small.map(value => Buffer.from(value?.bytes ?? []).toString())).to.deep.equal(Array.from({ length: 100 }, (_, i) => `${i}`))
    expect(bytes.equals((await largest)?.bytes ?? Buffer.alloc(0))).to.equal(true)
  }).timeout(60_000)

  it('is set in parts as well', async () => {
    const seen: Buffer[] = []
    const pair = await startRpcPair({ far: { set: async (_peer, _ticket, { bytes }) => { seen.push(Buffer.from(bytes)); return 0 } } })
    await pair.near.rpc.set(FAR, 1, { group: 'g', key: 'k', bytes: large(3), ttl: 5, tags: [] }, 'owner')
    expect(seen.map(bytes => bytes.equals(large(3)))).to.deep.equal([true])
    expect(pair.far.rpc.holders().has(NEAR.toString())).to.equal(true)
  })

  it('may take longer than a lease: pings are answered between its parts', async () => {
    const { stream, clock, requester, closed } = startAskingEnd(1_000)
    const answer = getOn(requester, 'g', 'k', 'get')
    await settled()
    const bytes = Buffer.from(written(frames => { frames.value(1, plain(large(), 5)) }))
    const begin = clock.now()
    let answered = 1
    for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) {
      await clock.advance(900)
      for (const { type, id } of stream.requests.slice(answered)) {
        expect(type).to.equal(FrameType.ping)
        stream.receive(written(frames => { frames.done(id, 0) }))
        answered++
      }
      stream.receive(bytes.subarray(at, at + 4 + bytes.readUInt32BE(at)))
    }
    expect(clock.now() - begin).to.be.greaterThan(LEASE)
    expect(closed).to.deep.equal([])
    expect(await answer).to.deep.include({ ttl: 5, bytes: large() })
  })
})
