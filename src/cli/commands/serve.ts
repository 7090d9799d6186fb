// serve: a member of the cluster with a side door, for programs in any language.

import { SERVE_FLAGS, serveOptions } from '../serve-options.js'
import type { Command } from '../command.js'

export const serve: Command = {
  name: 'serve',
  args: [],
  summary: 'Runs a member of the cluster with an HTTP side door: values come from an HTTP origin, or are put there.',
  details: 'Each option may also stand in the environment (--http-port: GROUPCACHE_HTTP_PORT; lists with commas) or in the file of --config. Flags go first, the environment next.',
  flags: SERVE_FLAGS,
  async run (parsed, shell) {
    const { node, door } = await serveOptions(parsed, shell)
    // loaded here, so that the other commands are quick
    const [{ createGroupcache }, { createSideDoor }, { prometheusMetrics }, { register }] = await Promise.all([
      import('../../create-groupcache.js'), import('../../side-door/index.js'), import('@libp2p/prometheus-metrics'), import('prom-client')
    ])
    const cache = await createGroupcache({ ...node, metrics: prometheusMetrics() })
    try {
      const open = await createSideDoor({ ...door, cache, metrics: () => register.metrics() })
      shell.print(`member ${cache.name} of cluster ${cache.cluster} at ${cache.multiaddrs.join(' ')}`)
      shell.print(`side door at ${open.url}, groups ${[...open.groups.keys()].map(name => JSON.stringify(name)).join(', ')}`)
      await new Promise<void>(resolve => {
        if (shell.signal.aborted) resolve()
        else shell.signal.addEventListener('abort', () => { resolve() })
      })
      await open.close()
    } finally {
      await cache.stop()
    }
  }
}
