// The side door of a member: HTTP for programs in any language, for the command line, and for the live page.

import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import { once } from 'node:events'
import { Board } from './board.js'
import { failure, refuse } from './context.js'
import { envelopeTimes } from './envelope.js'
import { EventStreams } from './event-streams.js'
import { guards } from './guard.js'
import { operate } from './operations.js'
import { sideDoorSettings } from './options.js'
import { nothingLoader, originLoader } from './origin.js'
import { servePage } from './page.js'
import { Sampler } from './sampler.js'
import { deleteValue, getValue, placeInPath, putValue } from './values.js'
import { bytes } from '../codec/bytes.js'
import type { Door, DoorContext, DoorEnv } from './context.js'
import type { GroupSettings, SideDoorOptions, SideDoorSettings } from './options.js'
import type { Group, GroupOptions } from '../interface/group.js'
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
/** Of a value: whoever puts one larger gets 413. */
const ENVELOPE_BYTES = 4096

/**
 * Opens the side door of a member. Its groups are created on the member, so each name may be there but once.
 *
 * @throws InvalidParametersError when an option is wrong, or `host` is not loopback and there is no token
 * @throws DuplicateGroupError when the member has a group of one of the names
 * @throws whatever Node says when it cannot listen
 */
export async function createSideDoor (options: SideDoorOptions): Promise<SideDoor> {
  const settings = sideDoorSettings(options)
  const { cache } = settings
  const groups = new Map([...settings.groups].map(([name, group]) => [name, cache.group<Uint8Array>(name, groupOptions(name, group, settings))]))
  const door: Door = { settings, groups, sampler: new Sampler() }
  const board = new Board(door)
  const streams = new EventStreams(board)
  const server = serve({
    fetch: appOf(door, board, streams).fetch,
    hostname: settings.host,
    port: settings.port,
    serverOptions: { requestTimeout: settings.timeout, headersTimeout: Math.min(settings.timeout, 10_000), maxHeaderSize: MAX_HEADER_BYTES }
  }) as Server
  try {
    await once(server, 'listening')
  } catch (err) {
    board.close()
    throw err
  }
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`,
    port,
    groups,
    async close () {
      board.close()
      streams.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }
}

function groupOptions (name: string, group: GroupSettings, { maxBodyBytes }: SideDoorSettings): GroupOptions<Uint8Array> {
  const { origin, timeout, maxBytes } = group
  return {
    load: origin === undefined ? nothingLoader : originLoader({ ...group, group: name, template: origin, maxBytes: maxBodyBytes }),
    codec: bytes(),
    maxBytes,
    maxValueBytes: Math.min(maxBodyBytes + ENVELOPE_BYTES, 64 * 1024 * 1024),
    loadTimeout: timeout,
    // the origin was asked by the owner, and is the same for all
    loadLocallyOnLoadError: false,
    staleWhileRevalidate: value => envelopeTimes(value).staleWhileRevalidate,
    staleIfError: value => envelopeTimes(value).staleIfError
  }
}

function appOf (door: Door, board: Board, streams: EventStreams): Hono<DoorEnv> {
  const { settings } = door
  const app = new Hono<DoorEnv>()
  app.onError((err, c) => failure(c, err))
  app.notFound(c => refuse(c, 404, 'NotFound', 'nothing is here; the page at / and docs/side-door.md say what there is'))
  app.use(secureHeaders({ strictTransportSecurity: false, xFrameOptions: 'DENY' }))
  app.use(...guards(settings))
  app.use(bodyLimit({ maxSize: settings.maxBodyBytes, onError: c => refuse(c as DoorContext, 413, 'BodyTooLarge', `a body may have ${settings.maxBodyBytes} bytes`) }))

  servePage(app)
  app.get('/healthz', c => c.json({ status: 'ok' }))
  app.get('/readyz', c => settings.cache.multiaddrs.length > 0 ? c.json({ status: 'ready' }) : refuse(c, 503, 'NotReady', 'the member is not started, or stops'))
  app.get('/metrics', async c => {
    if (settings.metrics === undefined) return refuse(c, 404, 'NoMetrics', 'this side door was given no metrics')
    return c.body(await settings.metrics(), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
  app.use('/v1/*', async (c, next) => {
    await next()
    // what is not a value is of this moment
    if (!c.res.headers.has('cache-control') && !c.res.headers.has('age')) c.res.headers.set('Cache-Control', 'no-store')
  })
  app.get('/v1/status', c => c.json(board.status()))
  app.get('/v1/members', c => c.json({ members: board.members() }))
  app.get('/v1/events', c => streams.open(c))
  app.all('/v1/:target{[^/]+:[^/:]+}', c => operate(door, c))
  app.get('/v1/:group/:key{[\\s\\S]*}', c => getValue(door, c, placeInPath(door, c)))
  app.put('/v1/:group/:key{[\\s\\S]*}', c => putValue(c, placeInPath(door, c)))
  app.delete('/v1/:group/:key{[\\s\\S]*}', c => deleteValue(c, placeInPath(door, c)))
  app.all('/v1/:group/:key{[\\s\\S]*}', c => {
    c.header('Allow', 'GET, HEAD, PUT, DELETE')
    return refuse(c, 405, 'MethodNotAllowed', 'expected GET, HEAD, PUT or DELETE')
  })
  return app
}
