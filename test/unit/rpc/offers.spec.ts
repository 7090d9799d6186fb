import { peerIdFromString } from '@libp2p/peer-id'
import { expect } from 'chai'
import fc from 'fast-check'
import * as lp from 'it-length-prefixed'
import { MAX_OFFER_KEYS } from '../../../src/constants.js'
import { GroupNotFoundError, ProtocolViolationError } from '../../../src/errors.js'
import { Conduct } from '../../../src/rpc/conduct.js'
import { Share } from '../../../src/rpc/fair-turns.js'
import { OfferExchange, decodeOffer, decodeTaken, encodeOffer } from '../../../src/rpc/offer-exchange.js'
import { IDS } from '../../fuzz/targets/valid-records.js'
import { RawStream } from '../../fuzz/raw-stream.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { fakeLog } from '../../support/fake-log.js'
import type { Offer } from '../../../src/rpc/offer-exchange.js'
import type { Dialler } from '../../../src/rpc/dialler.js'
import type { Registrar } from '@libp2p/interface-internal'
import type { Connection, StreamHandler } from '@libp2p/interface'

const text = fc.string({ unit: 'binary' }).filter(each => each.isWellFormed())

describe('an offer of keys on the wire', () => {
  it('arrives as it was', () => {
    fc.assert(fc.property(text.filter(group => Buffer.byteLength(group) <= 255), fc.array(text, { maxLength: MAX_OFFER_KEYS }), (group, keys) => {
      expect(decodeOffer(encodeOffer({ group, keys }))).to.deep.equal({ group, keys })
    }))
  })

  it('is refused when it is cut off, too long, of too many keys or no UTF-8, and nothing else happens', () => {
    const good = encodeOffer({ group: 'g', keys: ['a', 'ü'] })
    for (let end = 0; end < good.length; end++) expect(() => decodeOffer(good.subarray(0, end))).to.throw(ProtocolViolationError)
    expect(() => decodeOffer(Buffer.concat([good, Buffer.of(0)]))).to.throw(ProtocolViolationError)
    expect(() => decodeOffer(encodeOffer({ group: 'g', keys: Array<string>(MAX_OFFER_KEYS + 1).fill('k') }))).to.throw(ProtocolViolationError, `more than ${MAX_OFFER_KEYS}`)
    expect(() => decodeOffer(Buffer.of(1, 0xff, 0, 0))).to.throw(ProtocolViolationError)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      try {
        decodeOffer(bytes)
      } catch (err) {
        expect(err).to.be.instanceOf(ProtocolViolationError)
      }
    }))
  })

  it('is answered for each key, or that there is no such group', () => {
    expect(decodeTaken(Uint8Array.of(1, 1, 0), 2)).to.deep.equal([true, false])
    expect(decodeTaken(Uint8Array.of(0), 2)).to.equal(undefined)
    for (const wrong of [[], [1], [1, 1], [1, 1, 1, 1], [2, 1, 1], [0, 0, 0]]) expect(() => decodeTaken(Uint8Array.from(wrong), 2), wrong.join()).to.throw(ProtocolViolationError, 'expected an answer of 1 + 2 bytes')
  })
})

describe('the offers of a member', () => {
  /** An exchange, and one that makes it an offer. @param take - of one part of an offer */
  async function offered (take: (offer: Offer) => Promise<boolean[]>): Promise<{ conduct: Conduct, stream: RawStream, isOver: () => boolean, answers: () => Uint8Array[] }> {
    const stream = new RawStream()
    const conduct = new Conduct({ clock: new FakeClock(), log: () => {}, onRefused: () => {}, onReadmitted: () => {} })
    let onStream: StreamHandler | undefined
    let isOver = false
    const registrar = { handle: async (_protocol: string, handler: StreamHandler) => { onStream = handler } } as unknown as Registrar
    await new OfferExchange({ protocol: '/test', dialler: {} as Dialler, registrar, take: async (_peer, offer) => take(offer), conduct, log: fakeLog() }).start()
    void Promise.resolve(onStream?.(stream, { remotePeer: peerIdFromString(IDS[0]) } as Connection)).then(() => { isOver = true })
    return { conduct, stream, isOver: () => isOver, answers: () => [...lp.decode([stream.sent])].map(answer => answer.slice()) }
  }

  const keys = Array.from({ length: MAX_OFFER_KEYS }, (_, i) => `k${i}`)
  const message = lp.encode.single(encodeOffer({ group: 'g', keys })).subarray()

  /** Until the offers are answered. @returns how many keys were taken in each round of the event loop */
  async function rounds (taken: () => number, isDone: () => boolean): Promise<number[]> {
    const counts: number[] = []
    for (let before = 0; !isDone(); before = taken()) {
      expect(counts.length, 'rounds').to.be.lessThan(200)
      await new Promise(resolve => { setImmediate(resolve) })
      counts.push(taken() - before)
    }
    return counts
  }

  it('are taken a few keys in a round of the event loop while somebody else asks, and each is answered', async () => {
    const taken: string[] = []
    const { conduct, stream, answers } = await offered(async ({ keys }) => {
      taken.push(...keys)
      return keys.map(key => key !== 'k3')
    })
    conduct.turns.take(new Share(), () => {})
    await stream.feed([message], 'end')
    const counts = await rounds(() => taken.length, () => answers().length > 0)
    expect(Math.max(...counts)).to.be.within(1, 16)
    expect(taken).to.deep.equal(keys)
    expect(decodeTaken(answers()[0] as Uint8Array, keys.length)).to.deep.equal(keys.map(key => key !== 'k3'))
  })

  it('are taken as quickly as it goes while nobody else asks', async () => {
    let taken = 0
    const { stream, answers } = await offered(async ({ keys }) => {
      taken += keys.length
      return keys.map(() => true)
    })
    await stream.feed([message, message], 'end')
    expect(await rounds(() => taken, () => answers().length === 2)).to.have.lengthOf.at.most(4)
  })

  it('are not gone on with when the stream is lost, or the group is not there', async () => {
    for (const isGroup of [true, false]) {
      let taken = 0
      const { conduct, stream, isOver, answers } = await offered(async ({ group, keys }) => {
        taken += keys.length
        if (!isGroup) throw new GroupNotFoundError(group)
        return keys.map(() => true)
      })
      conduct.turns.take(new Share(), () => {})
      await stream.feed([message], 'end')
      await settled()
      if (isGroup) stream.onRemoteReset()
      await rounds(() => taken, isOver)
      expect(taken).to.be.within(1, keys.length / 2)
      expect(answers().map(answer => decodeTaken(answer, keys.length))).to.deep.equal(isGroup ? [] : [undefined])
    }
  })
})
