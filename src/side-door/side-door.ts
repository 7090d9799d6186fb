// The side door of a member: HTTP for programs in any language, for the command line, and for the live page.

import { serve } from '@hono/node-server'
import { once } from 'node:events'
import { createDoorApp } from './app.js'
import { sideDoorSettings } from './options.js'
import type { DoorApp } from './app.js'
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
  let app: DoorApp | undefined
  const server = serve({
    fetch: (request, env) => (app as DoorApp).fetch(request, env),
    hostname: settings.host,
    port: settings.port,
    serverOptions: { requestTimeout: settings.timeout, headersTimeout: Math.min(settings.timeout, 10_000), maxHeaderSize: MAX_HEADER_BYTES }
  }) as Server
  // its groups are there for good: none is made where it cannot listen, so that it may be tried again elsewhere
  await once(server, 'listening')
  try {
    app = createDoorApp(settings)
  } catch (err) {
    server.close()
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
