// The two conversations beside requests: tables that are swapped, and keys that are offered, with somebody who does not keep to
// them, at either end.

import { peerIdFromString } from '@libp2p/peer-id'
import * as lp from 'it-length-prefixed'
import { GroupNotFoundError } from '../../../src/errors.js'
import { MAX_OFFER_KEYS } from '../../../src/constants.js'
import { decodeTaken, encodeOffer, OfferExchange } from '../../../src/rpc/offer-exchange.js'
import { Conduct } from '../../../src/rpc/conduct.js'
import { TableExchange } from '../../../src/rpc/table-exchange.js'
import { alive } from '../../support/records.js'
import { FakeClock } from '../../support/fake-clock.js'
import { fakeLog } from '../../support/fake-log.js'
import { cut, mutated, shuffled } from '../mutate.js'
import { must, triedLater } from '../target.js'
import { NoDeadlines, RawStream } from '../raw-stream.js'
import { IDS, aRecord, recordText } from './valid-records.js'
import type { Offer } from '../../../src/rpc/offer-exchange.js'
import type { Dialler } from '../../../src/rpc/dialler.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'
import type { Registrar } from '@libp2p/interface-internal'
import type { Connection, StreamHandler } from '@libp2p/interface'
import type { Random } from '../random.js'
import type { Target, Verdict } from '../target.js'

interface Input {
  /** Which end of ours they talk to: the one that asks, or the one that answers. */
  role: 'asks' | 'answers'
  pieces: Uint8Array[]
  end: 'end' | 'reset'
  /** The offers that ours makes, when it asks. */
  offers: Offer[]
}

const PEER = peerIdFromString(IDS[0])
/** Turns of promises in which a conversation comes to its end, once the other side has ended it. */
const TURNS = 200
/** Rounds of the event loop in which it does: each offer waits for one. */
const ROUNDS = 20
/** What libp2p and the framing of messages say, beside our own. */
const REFUSALS = ['ProtocolViolationError', 'ConnectionLostError', 'InvalidDataLengthError', 'InvalidDataLengthLengthError', 'InvalidMessageLengthError', 'UnexpectedEOFError', 'StreamResetError', 'StreamStateError']

const deadlines = new NoDeadlines()
const around = { start: async () => { deadlines.start() }, stop: async () => { deadlines.stop() } }

function input (random: Random, messages: Uint8Array[], offers: Offer[] = []): Input {
  const framed = shuffled(messages, random).map(message => lp.encode.single(message).subarray())
  const bytes = Buffer.concat(framed)
  const hostile = random.way<Uint8Array>([4, () => bytes], [5, () => mutated(bytes, random)], [1, () => random.bytes(random.size(200))])
  return { role: random.pick(['asks', 'answers'] as const), pieces: cut(hostile, random), end: random.chance(0.9) ? 'end' : 'reset', offers }
}

/** Our end of one conversation. */
class Ours {
  readonly stream = new RawStream()
  readonly log = fakeLog()
  #onStream: StreamHandler | undefined

  get parts (): { protocol: string, dialler: Dialler, registrar: Registrar, conduct: Conduct, log: ReturnType<typeof fakeLog> } {
    const dialler = { openStream: async () => this.stream.stream, abortConnectionOf: () => {} } as unknown as Dialler
    const registrar = { handle: async (_protocol: string, handler: StreamHandler) => { this.#onStream = handler } } as unknown as Registrar
    const conduct = new Conduct({ clock: new FakeClock(), log: () => {}, onRefused: () => {}, onReadmitted: () => {} })
    return { protocol: '/test', dialler, registrar, conduct, log: this.log }
  }

  /** Ours answers: until it has come to an end, however it does. */
  async answer ({ pieces, end }: Input): Promise<void> {
    const state = { isOver: false }
    const handled = Promise.resolve(this.#onStream?.(this.stream.stream, { remotePeer: PEER } as Connection)).then(() => { state.isOver = true })
    await this.stream.feed(pieces, end)
    for (let i = 0; i < TURNS && !state.isOver; i++) await Promise.resolve()
    for (let i = 0; i < ROUNDS && !state.isOver; i++) await new Promise(resolve => { setImmediate(resolve) })
    must(state.isOver, 'the conversation goes on although the other side has ended it')
    await handled
    for (const line of this.log.errors.concat(this.log.lines)) must(REFUSALS.some(name => line.includes(name)), `the log says: ${line}`)
  }
}

export const tables: Target<Input> = {
  name: 'tables',
  what: 'the exchange of tables, both ends',
  weight: 1,
  ...around,
  generate: random => {
    const own = random.chance(0.8) ? [Buffer.from(JSON.stringify(aRecord(random, IDS[0])))] : []
    return input(random, [...own, ...random.list(4, () => Buffer.from(random.chance(0.85) ? JSON.stringify(aRecord(random)) : recordText(random)))])
  },
  async run (input) {
    const ours = new Ours()
    const learned: MemberRecord[][] = []
    const exchange = new TableExchange({ ...ours.parts, records: () => [alive(IDS[1])], onRecords: (_peer, records) => { learned.push(records) } })
    await exchange.start()
    const refusals = input.role === 'answers' ? undefined : await swapped(exchange, ours, input)
    if (input.role === 'answers') await ours.answer(input)
    must(learned.length <= 1, `${learned.length} tables were taken from one`)
    for (const records of learned) must(records[0]?.id === IDS[0], 'a table that does not begin with its peer was taken')
    must(refusals === undefined || refusals === (learned.length === 0), 'a table was taken and the exchange failed')
    return learned.length > 0 ? 'accepted' : 'refused'
  }
}

async function swapped (exchange: TableExchange, { stream }: Ours, { pieces, end }: Input): Promise<boolean> {
  const swapping = triedLater(REFUSALS, () => exchange.swap(PEER))
  await Promise.resolve()
  await stream.feed(pieces, end)
  return await swapping === undefined
}

const anOffer = (random: Random): Offer => ({ group: random.pick(['g', 'nowhere', random.text()]), keys: random.list(random.chance(0.05) ? MAX_OFFER_KEYS + 2 : 6, () => random.text()) })

export const offers: Target<Input> = {
  name: 'offers',
  what: 'the exchange of offers at a hand-over, both ends',
  weight: 1,
  ...around,
  generate: random => {
    const made = [anOffer(random), ...random.list(3, () => anOffer(random))]
    const messages = random.chance(0.5)
      ? made.map(encodeOffer)
      : made.map(({ keys }) => random.chance(0.15) ? Buffer.of(random.u8()) : Buffer.of(1, ...keys.map(() => random.int(3))))
    return input(random, messages, made)
  },
  async run (input) {
    const ours = new Ours()
    let taken = 0
    const exchange = new OfferExchange({
      ...ours.parts,
      take: async (_peer, { group, keys }) => {
        taken++
        if (group === 'nowhere') throw new GroupNotFoundError(group)
        must(keys.length <= MAX_OFFER_KEYS, `an offer of ${keys.length} keys`)
        return keys.map(key => key !== '')
      }
    })
    await exchange.start()
    if (input.role === 'asks') return offered(exchange, ours, input)
    await ours.answer(input)
    const answers = [...lp.decode([ours.stream.sent])]
    must(answers.length <= taken, `${answers.length} answers to ${taken} offers`)
    for (const answer of answers) decodeTaken(answer.subarray(), answer.byteLength - 1)
    return taken > 0 ? 'accepted' : 'refused'
  }
}

async function offered (exchange: OfferExchange, { stream }: Ours, { offers, pieces, end }: Input): Promise<Verdict> {
  let answered = 0
  const onTaken = ({ keys }: Offer, taken: readonly boolean[] | undefined): void => {
    answered++
    must(taken === undefined || taken.length === keys.length, `${taken?.length} answers for ${keys.length} keys`)
  }
  const offering = triedLater(REFUSALS, () => exchange.offer(PEER, offers, onTaken, new AbortController().signal))
  await Promise.resolve()
  await stream.feed(pieces, end)
  const outcome = await offering
  must(outcome === undefined || answered === offers.length, `${answered} of ${offers.length} offers were answered, and nobody says so`)
  return outcome === undefined ? 'refused' : 'accepted'
}
