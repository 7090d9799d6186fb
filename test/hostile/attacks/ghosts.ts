// Tables of 5,000 members that there are not, and again and again of others; the table alone, and with news about everybody.

import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { MAX_MEMBERS } from '../../../src/constants.js'
import { encodeRecord } from '../../../src/rpc/news-topic.js'
import { MIB } from '../frames.js'
import { CLUSTER } from '../values.js'
import type { GossipSub } from '@libp2p/gossipsub'
import type { MemberRecord } from '../../../src/membership/member-record.js'
import type { Attack, Target } from '../attack.js'

/** What this node would say of itself. */
function ownRecord (target: Target): MemberRecord {
  const { node } = target
  return { id: node.peerId.toString(), name: node.name, weight: 1, state: 'alive', incarnation: 0, since: 1, addresses: node.multiaddrs.map(String) }
}

function prefixed (record: MemberRecord): Uint8Array {
  const bytes = encodeRecord(record)
  return Buffer.concat([bytes.length < 128 ? Buffer.of(bytes.length) : Buffer.of((bytes.length & 127) | 128, bytes.length >> 7), bytes])
}

async function sendTable (target: Target, records: readonly MemberRecord[]): Promise<void> {
  const stream = await target.open('members')
  stream.addEventListener('message', () => { /* read, and forgotten */ })
  try {
    for (let at = 0; at < records.length; at += 200) stream.send(Buffer.concat(records.slice(at, at + 200).map(prefixed)))
    await stream.close({ signal: AbortSignal.timeout(1_000) })
  } catch {
    target.wasCutOff()
  }
}

async function ids (count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()))
}

export const tableFlood: Attack = {
  name: 'tables without end',
  mayHold: { bytes: 128 * MIB, because: 'MAX_MEMBERS records, and MAX_TABLE_STREAMS at a time' },
  isLogged: /cutting off|refusing/,
  ms: 3_000,
  run: async target => {
    while (!target.isOver) {
      await sendTable(target, [ownRecord(target)])
      await target.rest(1)
    }
  }
}

export const ghosts: Attack = {
  name: '5,000 ghosts, and others, and others',
  mayHold: { bytes: 192 * MIB, because: 'MAX_MEMBERS records, and MAX_TABLE_STREAMS at a time' },
  isLogged: /cutting off|refusing/,
  run: async target => {
    while (!target.isOver) {
      const strangers = (await ids(500)).map((id, i): MemberRecord => ({ id, name: `ghost-${id.slice(-8)}`, weight: 10, state: 'alive', incarnation: 0, since: i, addresses: [`/ip4/127.0.0.1/tcp/1/p2p/${id}`] }))
      for (let again = 0; again < MAX_MEMBERS / strangers.length && !target.isOver; again++) await sendTable(target, [ownRecord(target), ...strangers])
    }
  }
}

export const gossipFlood: Attack = {
  name: 'news about everybody without end, signed',
  mayHold: { bytes: 128 * MIB, because: 'an accusation is heard a bounded number of times' },
  isLogged: /ignoring what|cutting off|refusing/,
  isCutOff: false,
  ms: 3_000,
  run: async target => {
    const pubsub = (target.node.libp2p as unknown as { services: { pubsub: GossipSub } }).services.pubsub
    const topic = `/groupcache/${CLUSTER}/news/1.0.0`
    let n = 0
    while (!target.isOver) {
      for (const { peerId, name, weight, multiaddrs, self } of target.node.members) {
        if (self) continue
        for (const state of ['suspect', 'dead', 'alive'] as const) {
          const record: MemberRecord = { id: peerId.toString(), name, weight, state, incarnation: n++ % 3, since: 1, addresses: multiaddrs.map(String) }
          await pubsub.publish(topic, encodeRecord(record)).catch(() => { target.wasCutOff() })
        }
      }
      await target.rest(3)
    }
  }
}
