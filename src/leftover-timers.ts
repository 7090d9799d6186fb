// Two timers that libp2p leaves behind when a node stops. Each fires within a second, for nothing, and until then a
// process does not end by itself: gossipsub's heartbeat, and the address manager's wish to tell of addresses that there are not any more.
//
// There is no option for that. So this looks at private fields, where they are as they are known to be; where they
// are not, nothing is touched, and the process ends a second later.

import type { GroupcacheComponents } from './interface/groupcache.js'

/** What is relied on of `@libp2p/gossipsub` 17 and of libp2p 3, beside the public interface. */
interface Gossipsub { status?: { heartbeatTimeout?: NodeJS.Timeout } }
interface Addresses { _updatePeerStoreAddresses: { stop: () => void } }

/** To be called before a node stops. @returns clears what is left, once it has stopped */
export function leftoverTimers ({ pubsub, addressManager }: Pick<GroupcacheComponents, 'pubsub' | 'addressManager'>): () => void {
  // gossipsub puts another in its place while it stops; this one goes on being told of each heartbeat until then
  const { status } = pubsub as unknown as Gossipsub
  const addresses = (addressManager as unknown as Partial<Addresses>)._updatePeerStoreAddresses
  return () => {
    // of anything that is no timer of its own it takes no notice
    clearTimeout(status?.heartbeatTimeout)
    if (typeof addresses?.stop === 'function') addresses.stop()
  }
}
