// Gives the membership rules their network: gossipsub for news, streams for tables, connections for evidence.

import { Membership } from '../membership/membership.js'
import { NewsTopic } from '../rpc/news-topic.js'
import type { MembershipInit } from '../membership/membership-init.js'
import type { MembershipTransport } from '../membership/membership-transport.js'
import type { Dialler } from '../rpc/dialler.js'
import type { NewsTopicInit } from '../rpc/news-topic.js'
import type { Rpc } from '../rpc/rpc.js'
import type { TableExchange } from '../rpc/table-exchange.js'
import type { View } from './view.js'

export interface GossipInit extends Omit<MembershipInit, 'transport' | 'log'>, Pick<NewsTopicInit, 'pubsub' | 'topic' | 'log'> {
  dialler: Dialler
  rpc: Rpc
  view: View
  exchange: TableExchange
  /** A member's table names others that are not there. */
  onLie: (id: string, what: string) => void
  /** Whether what a member says is listened to. */
  isHeard: (author: string) => boolean
}

/** Probes over the stream that requests take: what matters is whether they are answered. */
export function probing (rpc: Rpc, view: View): Pick<MembershipTransport, 'ping' | 'pingBy'> {
  return {
    ping: (id, timeout) => rpc.ping(view.peerId(id), { timeout }).then(() => true, () => false),
    pingBy: (via, id, timeout) => rpc.probe(view.peerId(via), id, { timeout }).then(answers => answers ? 'answers' : 'silent', () => 'unheard')
  }
}

export function createGossip ({ dialler, rpc, view, exchange, pubsub, topic, isHeard, log, ...init }: GossipInit): { membership: Membership, news: NewsTopic } {
  const news: NewsTopic = new NewsTopic({ pubsub, topic, log, onNews: (author, record) => { if (isHeard(author)) membership.hear(author, record) } })
  const membership: Membership = new Membership({
    ...init,
    log: (format, ...args) => { log.error(format, ...args) },
    transport: {
      publish: record => { news.publish(record) },
      exchange: async id => {
        try {
          await exchange.swap(view.peerId(id))
        } catch (err) {
          log('table exchange with %s failed - %e', id, err)
          throw err
        }
      },
      connect: id => dialler.tryConnect(view.peerId(id)),
      isConnected: id => dialler.isConnected(view.peerId(id)),
      ...probing(rpc, view)
    }
  })
  return { membership, news }
}
