// What the sources that hear of peers by themselves do with one.

import { systemClock } from '../clock.js'
import { peerIdIn, parsePeerId } from '../rpc/addresses.js'
import type { DiscoveryContext } from '../interface/groupcache.js'
import type { Logger } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Both sides find each other at the same time, as a rule: the one with the lower id dials, the other one waits this long first. */
const DIAL_PATIENCE = 300

/**
 * Connects to a peer that was found at `addresses` (all of one peer, its id included), unless it is
 * this node or connected already. The first address that answers is enough. A failure is only
 * logged: the source will find the peer again.
 */
export function introduce (context: DiscoveryContext, addresses: readonly Multiaddr[], log: Logger): void {
  const id = addresses[0] === undefined ? undefined : peerIdIn(addresses[0])
  const peerId = id === undefined ? undefined : parsePeerId(id)
  if (peerId === undefined || peerId.equals(context.peerId) || context.connected(peerId)) return
  const connect = (): void => {
    if (context.connected(peerId)) return
    connectToFirst(context, addresses).catch((err: unknown) => { log('found %p, but cannot connect - %e', peerId, err) })
  }
  if (context.peerId.toString() < peerId.toString()) connect()
  else systemClock.setTimeout(connect, DIAL_PATIENCE)
}

async function connectToFirst (context: DiscoveryContext, addresses: readonly Multiaddr[]): Promise<void> {
  const failures: unknown[] = []
  for (const address of addresses) {
    try {
      await context.connect(address)
      return
    } catch (err) {
      failures.push(err)
    }
  }
  throw new AggregateError(failures, `none of ${addresses.length} addresses answered`)
}
