// A member offers keys to another one that owns them now, over a stream of its own: each message names keys of one
// group, and is answered, once the other one has come for the values, with what it has by then.

import { messageStreamToDuplex } from '@libp2p/utils'
import * as lp from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import { MAX_OFFER_KEYS, MAX_OFFER_MESSAGE_BYTES, MAX_OFFER_STREAMS, MAX_WAITING_OFFER_BYTES, TAKE_OVER_WINDOW } from '../constants.js'
import { ConnectionLostError, GroupNotFoundError, OverloadedError, ProtocolViolationError } from '../errors.js'
import { cutOffAt } from './cut-off.js'
import { LOAD_CHARGE } from './fair-turns.js'
import { FieldReader } from './field-reader.js'
import { FieldWriter } from './field-writer.js'
import { messagesOf, sendMessage } from './messages.js'
import type { Conduct } from './conduct.js'
import type { Share } from './fair-turns.js'
import type { Dialler } from './dialler.js'
import type { Logger, PeerId, Stream, StreamHandler } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'

/** Keys of a group that are another member's now. */
export interface Offer { readonly group: string, readonly keys: readonly string[] }

/** For each key whether the member has it now; undefined when it does not have the group. */
export type Taken = readonly boolean[] | undefined

export interface OfferExchangeInit {
  protocol: string
  dialler: Dialler
  registrar: Registrar
  /** Takes over what a peer offers, as far as it is this node's. Rejects with GroupNotFoundError, or when nothing is taken from that peer. */
  take: (peer: PeerId, offer: Offer) => Promise<boolean[]>
  conduct: Conduct
  log: Logger
}

/** Keys that are taken over between two looks at whether the peer's turn is over. */
const KEYS_PER_LOOK = 8
const NO_GROUP = 0
const ANSWERED = 1

export class OfferExchange {
  readonly #init: OfferExchangeInit

  constructor (init: OfferExchangeInit) {
    this.#init = init
  }

  async start (): Promise<void> {
    await this.#init.registrar.handle(this.#init.protocol, this.#onStream, { maxInboundStreams: 32, maxOutboundStreams: 32 })
  }

  async stop (): Promise<void> {
    await this.#init.registrar.unhandle(this.#init.protocol)
  }

  /** Makes offers to a peer, one after the other. Rejects when it does not answer, or `signal` aborts. */
  async offer (peer: PeerId, offers: readonly Offer[], onTaken: (offer: Offer, taken: Taken) => void, signal: AbortSignal): Promise<void> {
    const stream = await this.#init.dialler.openStream(peer, this.#init.protocol, { signal })
    await cutOffAt(stream, signal, async () => {
      let answered = 0
      await pipe(
        offers.map(encodeOffer),
        source => lp.encode(source),
        messageStreamToDuplex(stream),
        source => lp.decode(source, { maxDataLength: 1 + MAX_OFFER_KEYS }),
        async source => {
          for await (const answer of source) {
            const offer = offers[answered++]
            if (offer === undefined) throw new ProtocolViolationError('an answer to no offer')
            onTaken(offer, decodeTaken(answer.subarray(), offer.keys.length))
          }
        }
      )
      if (answered < offers.length) throw new ConnectionLostError(`${answered} of ${offers.length} offers were answered`)
    })
  }

  readonly #onStream: StreamHandler = async (stream, connection) => {
    const { conduct, log } = this.#init
    const peer = connection.remotePeer
    const account = conduct.account(peer.toString())
    if (!conduct.grants(peer.toString(), 'offers') || account.offers >= MAX_OFFER_STREAMS) {
      stream.abort(new OverloadedError(`${account.offers} streams for offers are open`))
      return
    }
    account.offers++
    try {
      await cutOffAt(stream, AbortSignal.timeout(TAKE_OVER_WINDOW), () => this.#take(stream, peer, account.offerShare))
    } catch (err) {
      conduct.noteViolation(peer.toString(), err)
      log('what %p offers is not taken any more - %e', peer, err)
    } finally {
      account.offers--
    }
  }

  /** One offer after the other; those that have come meanwhile wait, and then the stream does. */
  async #take (stream: Stream, peer: PeerId, share: Share): Promise<void> {
    const isOpen = (): boolean => stream.status === 'open'
    for await (const message of messagesOf(stream, { maxDataLength: MAX_OFFER_MESSAGE_BYTES, maxWaiting: MAX_WAITING_OFFER_BYTES })) {
      const answer = await answerTo(decodeOffer(message.subarray()), offer => this.#takeInTurns(peer, offer, share, isOpen))
      await sendMessage(stream, answer)
    }
    await stream.close()
  }

  /** A few keys at a time, as far as the peer's turn goes. Rejects with the first failure there was. */
  async #takeInTurns (peer: PeerId, { group, keys }: Offer, share: Share, isOpen: () => boolean): Promise<boolean[]> {
    const { take, conduct: { turns } } = this.#init
    const parts: Array<Promise<boolean[]>> = []
    let [next, isWanted] = [0, true]
    await new Promise<void>(resolve => {
      turns.wait(share, () => {
        do {
          const part = take(peer, { group, keys: keys.slice(next, next += KEYS_PER_LOOK) })
          // the whole fails with it, once this loop has come to its end
          part.catch(() => { isWanted = false })
          parts.push(part)
          turns.charge(KEYS_PER_LOOK * LOAD_CHARGE)
        } while (next < keys.length && !turns.isOver)
        const isLeft = next < keys.length && isWanted && isOpen()
        if (!isLeft) resolve()
        return isLeft
      })
    })
    return (await Promise.all(parts)).flat()
  }
}

async function answerTo (offer: Offer, take: (offer: Offer) => Promise<boolean[]>): Promise<Uint8Array> {
  try {
    return Uint8Array.of(ANSWERED, ...(await take(offer)).map(Number))
  } catch (err) {
    if (err instanceof GroupNotFoundError) return Uint8Array.of(NO_GROUP)
    throw err
  }
}

/** @throws ProtocolViolationError */
export function decodeTaken (answer: Uint8Array, keys: number): Taken {
  if (answer.length === 1 && answer[0] === NO_GROUP) return undefined
  if (answer.length !== 1 + keys || answer[0] !== ANSWERED) throw new ProtocolViolationError(`expected an answer of 1 + ${keys} bytes to an offer of ${keys} keys, got one of ${answer.length}`)
  return [...answer.subarray(1)].map(byte => byte === 1)
}

export function encodeOffer ({ group, keys }: Offer): Uint8Array {
  const fields = new FieldWriter().shortText(group).u16(keys.length)
  for (const key of keys) fields.text(key)
  return fields.bytes
}

/** @throws ProtocolViolationError */
export function decodeOffer (message: Uint8Array): Offer {
  const fields = new FieldReader(Buffer.from(message.buffer, message.byteOffset, message.byteLength), 0)
  const group = fields.shortText()
  const count = fields.u16()
  if (count > MAX_OFFER_KEYS) throw new ProtocolViolationError(`an offer of ${count} keys, more than ${MAX_OFFER_KEYS}`)
  const keys = Array.from({ length: count }, () => fields.text())
  fields.end()
  return { group, keys }
}
