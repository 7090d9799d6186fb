// The side door of a member: HTTP for programs in any language, for the command line, and for the live page.

import { serve } from '@hono/node-server'
import { once } from 'node:events'
import { createDoorApp } from './app.js'
import { sideDoorSettings } from './options.js'
import type { SideDoorOptions } from './options.js'
import type { Group } from '../interface/group.js'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SideDoor {
  /** As `http://127.0.0.1:4580`. */
  readonly url: string
  readonly port: number
  /** The groups that it serves. Their values are encoded answers; use the side door to read them. */
  readonly groups: ReadonlyMap<string, Group<Uint8Array>>
  /** Stops listening and ends what is open. The member stays. */
  close (): Promise<void>
}

/** Keys and tokens that go into a URL are up to three times as long there; Node's own limit for all headers is 16 KiB. */
const MAX_HEADER_BYTES = 256 * 1024

/**
 * Opens the side door of a member. Its groups are created on the member, so each name may be there but once.
 *
 * @throws InvalidParametersError when an option is wrong, or `host` is not loopback and there is no token
 * @throws DuplicateGroupError when the member has a group of one of the names
 * @throws whatever Node says when it cannot listen
 */
export async function createSideDoor (options: SideDoorOptions): Promise<SideDoor> {
  const settings = sideDoorSettings(options)
  const app = createDoorApp(settings)
  const server = serve({
    fetch: app.fetch,
    hostname: settings.host,
    port: settings.port,
    serverOptions: { requestTimeout: settings.timeout, headersTimeout: Math.min(settings.timeout, 10_000), maxHeaderSize: MAX_HEADER_BYTES }
  }) as Server
  try {
    await once(server, 'listening')
  } catch (err) {
    app.close()
    throw err
  }
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`,
    port,
    groups: app.groups,
    async close () {
      app.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }
}
