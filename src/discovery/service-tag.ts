// The mDNS name under which the nodes of one cluster look for each other.

import { createHash } from 'node:crypto'

/** libp2p's default tag is shared by all libp2p programs of a LAN; ours says the cluster, as a hash, because DNS labels are short. */
export function serviceTag (cluster: string): string {
  const hash = createHash('sha256').update(cluster).digest('hex').slice(0, 16)
  return `_groupcache-${hash}._udp.local`
}
