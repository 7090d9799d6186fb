// Who may ask for what. Each rule is a middleware, in the order in which they are put before the handlers.

import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import { performance } from 'node:perf_hooks'
import { Refusal } from './context.js'
import { isLoopbackHost } from './options.js'
import { CDN_LOOP } from './origin.js'
import { clientOf, RateLimit } from './rate-limit.js'
import type { DoorContext, DoorEnv } from './context.js'
import type { SideDoorSettings } from './options.js'
import type { MiddlewareHandler } from 'hono'

type Guard = MiddlewareHandler<DoorEnv>

/** Wrong tokens a second from one address. */
const WRONG_TOKENS = 10
/** What shows no data: health for probes, and the page, which asks for the token itself. */
const OPEN_PATHS = ['/healthz', '/readyz', '/', '/page.js', '/style.css']
/** Requests that are POST because of their length, and change nothing. */
const READS = /^\/v1\/[^/]+:getMany$/

export function guards (settings: SideDoorSettings): Guard[] {
  return [wellFormed, ...(settings.isLoopback || settings.allowedHosts.size > 0 ? [knownHost(settings)] : []), sameSite, rate(settings), authorized(settings)]
}

/** A path that says one thing to everybody: what cannot be decoded, or leads elsewhere, is refused. */
const wellFormed: Guard = async (c, next) => {
  const { url = '' } = c.env.incoming
  const path = url.split('?', 1)[0] ?? ''
  if (path.split('/').some(segment => /^(\.|%2e){1,2}$/i.test(segment))) {
    throw new Refusal(400, 'BadPath', 'the path has a segment . or .., which programs on the way take out; for a key of that name: /v1/{group}:key?key=..')
  }
  if (!isDecodable(path)) throw new Refusal(400, 'BadPath', 'the path is not percent-encoded UTF-8')
  if (c.req.header('cdn-loop')?.toLowerCase().includes(CDN_LOOP) === true) throw new Refusal(508, 'LoopDetected', 'the origin of a group leads back to a side door')
  await next()
}

/** Against DNS rebinding: a page of another site whose name was made to mean this address. An address is no name; probes ask for one. */
function knownHost ({ allowedHosts, isLoopback }: SideDoorSettings): Guard {
  return async (c, next) => {
    const host = (c.env.incoming.headers.host ?? '').toLowerCase().replace(/:\d+$/, '')
    const isKnown = allowedHosts.has(host) || isLoopbackHost(host) || host.endsWith('.localhost') || (!isLoopback && isAddress(host))
    if (!isKnown) throw new Refusal(403, 'UnknownHost', 'the Host header names another host than this one; allow it with allowedHosts, or --allowed-host, if it should')
    await next()
  }
}

/** A browser says where a request comes from; other sites' pages may neither change nor fetch anything. */
const sameSite: Guard = async (c, next) => {
  const origin = c.req.header('origin')
  const site = c.req.header('sec-fetch-site')
  const isForeign = (origin !== undefined && hostIn(origin) !== c.env.incoming.headers.host?.toLowerCase()) || site === 'cross-site' || site === 'same-site'
  if (isForeign && c.req.path !== '/') throw new Refusal(403, 'CrossSite', 'a page of another site asked')
  await next()
}

function rate ({ rateLimit }: SideDoorSettings): Guard {
  const limit = new RateLimit(rateLimit)
  return async (c, next) => {
    if (!limit.take(clientAt(c), performance.now())) throw tooMany(c)
    await next()
  }
}

function authorized ({ token, isLoopback }: SideDoorSettings): Guard {
  const expected = token === undefined ? undefined : digest(token)
  const wrong = new RateLimit(WRONG_TOKENS)
  return async (c, next) => {
    const shown = /^bearer +([^ ]+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
    const now = performance.now()
    if (expected === undefined || (OPEN_PATHS.includes(c.req.path) && isRead(c))) return next()
    // who shows a token wants to know whether it is the right one, also where none is needed
    if (shown === undefined && isLoopback && isRead(c)) return next()
    if (!wrong.allows(clientAt(c), now)) throw tooMany(c)
    // digests are of one length, and tell nothing of how much was right
    if (shown !== undefined && timingSafeEqual(digest(shown), expected)) return next()
    if (shown !== undefined) wrong.take(clientAt(c), now)
    c.header('WWW-Authenticate', 'Bearer')
    throw new Refusal(401, 'Unauthorized', shown === undefined ? 'a token is needed: Authorization: Bearer …' : 'the token is wrong')
  }
}

function isAddress (host: string): boolean {
  return isIP(host.replace(/^\[(.*)\]$/, '$1')) !== 0
}

function isRead (c: DoorContext): boolean {
  return ['GET', 'HEAD'].includes(c.req.method) || (c.req.method === 'POST' && READS.test(c.req.path))
}

function tooMany (c: DoorContext): Refusal {
  c.header('Retry-After', '1')
  return new Refusal(429, 'TooManyRequests', 'too many requests from this address')
}

function clientAt (c: DoorContext): string {
  return clientOf(c.env.incoming.socket.remoteAddress)
}

function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function hostIn (origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

function isDecodable (path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
