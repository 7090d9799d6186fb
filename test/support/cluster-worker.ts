// A worker of node:cluster: one member, which tells its primary where it listens and whom it sees. Run with tsx.

import { createGroupcache, host } from '../../src/index.js'

const [, , cluster, members] = process.argv
const node = await createGroupcache({ cluster: cluster as string, listen: ['/ip4/127.0.0.1/tcp/0'], discovery: [host()] })
await node.ready({ members: Number(members), signal: AbortSignal.timeout(20_000) })
process.send?.({ address: node.multiaddrs[0]?.toString(), members: node.members.length })
process.once('message', () => {
  void node.stop().then(() => { process.disconnect() })
})
