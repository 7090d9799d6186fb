// Membership news over gossipsub: one topic per cluster, each message one member record.

import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { MAX_RECORD_BYTES } from '../constants.js'
import { parseRecord } from '../membership/member-record.js'
import { isPeerIdText } from './addresses.js'
import type { MemberRecord } from '../membership/member-record.js'
import type { GossipSub, GossipsubMessage } from '@libp2p/gossipsub'
import type { Logger } from '@libp2p/interface'

export interface NewsTopicInit {
  pubsub: GossipSub
  topic: string
  /** @param author - the peer that signed the news, whoever passed it on */
  onNews: (author: string, news: MemberRecord) => void
  log: Logger
}

export class NewsTopic {
  readonly #init: NewsTopicInit

  constructor (init: NewsTopicInit) {
    this.#init = init
  }

  start (): void {
    this.#init.pubsub.addEventListener('gossipsub:message', this.#onMessage)
    this.#init.pubsub.subscribe(this.#init.topic)
  }

  stop (): void {
    this.#init.pubsub.removeEventListener('gossipsub:message', this.#onMessage)
    this.#init.pubsub.unsubscribe(this.#init.topic)
  }

  /** Best effort: tables are exchanged as well. */
  publish (news: MemberRecord): void {
    const { pubsub, topic, log } = this.#init
    pubsub.publish(topic, encodeRecord(news)).catch((err: unknown) => {
      // nobody listens yet, or the node is stopping
      log('could not publish news - %e', err)
    })
  }

  readonly #onMessage = (event: CustomEvent<GossipsubMessage>): void => {
    const { msg } = event.detail
    if (msg.topic !== this.#init.topic) return
    const news = decodeRecord(msg.data)
    if (news === undefined || msg.type !== 'signed') {
      this.#init.log.error('ignoring a message on %s that is no signed member record', msg.topic)
      return
    }
    this.#init.onNews(msg.from.toString(), news)
  }
}

export function encodeRecord (record: MemberRecord): Uint8Array {
  return fromString(JSON.stringify(record))
}

/** @returns undefined for bytes that are no member record */
export function decodeRecord (bytes: Uint8Array): MemberRecord | undefined {
  if (bytes.byteLength > MAX_RECORD_BYTES) return undefined
  try {
    const record = parseRecord(JSON.parse(toString(bytes)))
    if (record === undefined || !isPeerIdText(record.id)) return undefined
    // it is passed on, and written by us it may be longer than it came
    return encodeRecord(record).byteLength > MAX_RECORD_BYTES ? undefined : record
  } catch {
    return undefined
  }
}
