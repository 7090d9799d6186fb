// The HTTP of a side door, without a server: which request is handled where.

import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import { Board } from './board.js'
import { failure, refuse } from './context.js'
import { envelopeTimes } from './envelope.js'
import { EventStreams } from './event-streams.js'
import { guards } from './guard.js'
import { operate } from './operations.js'
import { nothingLoader, originLoader } from './origin.js'
import { servePage } from './page.js'
import { Sampler } from './sampler.js'
import { deleteValue, getValue, placeInPath, putValue } from './values.js'
import { bytes } from '../codec/bytes.js'
import { MAX_VALUE_BYTES } from '../constants.js'
import { DuplicateGroupError } from '../errors.js'
import type { Door, DoorContext, DoorEnv } from './context.js'
import type { SideDoorGroupSettings, SideDoorSettings } from './options.js'
import type { Group, GroupOptions } from '../interface/group.js'

/** What a value may have beyond its body, for status, times and headers; whoever puts one larger gets 413. */
const ENVELOPE_BYTES = 4096

export interface DoorApp {
  groups: ReadonlyMap<string, Group<Uint8Array>>
  fetch: Hono<DoorEnv>['fetch']
  /** Ends what goes on by itself. */
  close: () => void
}

/**
 * Creates the groups on the member, and what answers for them.
 *
 * @throws DuplicateGroupError when the member has a group of one of the names
 */
export function createDoorApp (settings: SideDoorSettings): DoorApp {
  // all or none: one that is there stays
  const taken = [...settings.groups.keys()].find(name => Object.hasOwn(settings.cache.stats().groups, name))
  if (taken !== undefined) throw new DuplicateGroupError(taken)
  const groups = new Map([...settings.groups].map(([name, group]) => [name, settings.cache.group<Uint8Array>(name, groupOptions(name, group, settings))]))
  const door: Door = { settings, groups, sampler: new Sampler() }
  const board = new Board(door)
  const streams = new EventStreams(board)
  return {
    groups,
    fetch: appOf(door, board, streams).fetch,
    close () {
      board.close()
      streams.close()
    }
  }
}

function groupOptions (name: string, group: SideDoorGroupSettings, { maxBodyBytes }: SideDoorSettings): GroupOptions<Uint8Array> {
  const { origin, timeout, maxBytes } = group
  return {
    load: origin === undefined ? nothingLoader : originLoader({ ...group, group: name, template: origin, maxBytes: maxBodyBytes }),
    codec: bytes(),
    maxBytes,
    maxValueBytes: Math.min(maxBodyBytes + ENVELOPE_BYTES, MAX_VALUE_BYTES),
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
