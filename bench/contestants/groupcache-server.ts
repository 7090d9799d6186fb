// The other process of the groupcache contestant: owns the keys.

import { bytes, createGroupcache } from 'groupcache'
import { valueOf } from './contestant.js'

const cache = await createGroupcache({ name: 'server', discovery: [], membership: 'manual', listen: ['/ip4/127.0.0.1/tcp/0'] })
const value = valueOf(Number(process.argv[2]))
cache.group('bench', { load: () => value, codec: bytes() })
process.send?.(String(cache.multiaddrs[0]))
process.on('disconnect', () => { process.exit() })
