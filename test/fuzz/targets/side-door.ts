// The HTTP of a side door: hostile clients, an origin that answers nonsense, and values that no side door stored. By function calls, and
// over a socket.

import { createGroupcache } from '../../../src/index.js'
import { createDoorApp } from '../../../src/side-door/app.js'
import { encodeEnvelope } from '../../../src/side-door/envelope.js'
import { sideDoorSettings } from '../../../src/side-door/options.js'
import { mutated } from '../mutate.js'
import { InvariantError, must } from '../target.js'
import type { StandaloneGroupcache } from '../../../src/index.js'
import type { DoorApp } from '../../../src/side-door/app.js'
import type { Random } from '../random.js'
import type { Target, Verdict } from '../target.js'

export interface Ask { method: string, path: string, headers: Array<[string, string]>, body: Uint8Array | undefined }
interface OriginAnswer { status: number, headers: Array<[string, string]>, body: Uint8Array }
interface Input {
  door: 'open' | 'token'
  client: string
  asks: Ask[]
  origin: OriginAnswer
  /** Stored as if a member that means harm had been its owner. */
  stored: Uint8Array | undefined
}

const STORED_AT = Date.parse('2026-01-01')
const TOKEN = 'a-token-of-some-length'
/** Node's parser of HTTP lets no method through that it does not know. */
const METHODS = ['GET', 'GET', 'GET', 'GET', 'PUT', 'PUT', 'DELETE', 'POST', 'POST', 'HEAD', 'OPTIONS', 'PATCH', 'PROPFIND', 'M-SEARCH']
const OPERATIONS = ['key', 'owner', 'getMany', 'removeMany', 'removeByTag', 'clear', 'toString', '__proto__', 'constructor', '']
const PATHS = ['/', '/page.js', '/healthz', '/readyz', '/metrics', '/v1/status', '/v1/members', '/v1/events', '/v1', '/v1/', '//', '/v1//', '/nothing', '/v1/events/x']
const CONTROLS = ['max-age=', 's-maxage=', 'stale-while-revalidate=', 'stale-if-error=', 'no-store', 'no-cache', 'private', 'must-revalidate', 'x="', '\\"', ',', ';', '=', '"']
const VALUES = ['', '0', '1', '60', '-1', '1e9', '99999999999999999999', 'NaN', '"30"', '*', 'W/"a"', '"a"', 'a, b ,c', 'Thu, 01 Jan 1970 00:00:00 GMT', 'Fri, 31 Dec 9999 23:59:59 GMT', 'http://127.0.0.1:4580', 'null', 'cross-site', 'text/html', 'groupcache', 'x'.repeat(400), `t${'é'.repeat(200)}`]
const NAMES = ['cache-control', 'age', 'expires', 'date', 'etag', 'vary', 'cache-tag', 'surrogate-key', 'content-type', 'location', 'last-modified', 'content-disposition', 'if-none-match', 'origin', 'sec-fetch-site', 'host', 'cdn-loop', 'authorization', 'content-length', 'transfer-encoding', 'range', 'x-odd', '__proto__']

export const http: Target<Input> = {
  name: 'http',
  what: 'requests to a side door, with a hostile origin and hostile values behind it',
  weight: 2.6,
  // removals: those of the keys that there are to clear
  warmUp: 60_000,
  start: () => doors.start(),
  stop: () => doors.stop(),
  generate: random => ({
    door: random.chance(0.8) ? 'open' : 'token',
    client: `10.${random.int(256)}.${random.int(256)}.${random.int(256)}`,
    asks: [anAsk(random), ...random.list(2, () => anAsk(random))],
    origin: { status: random.pick([200, 200, 200, 201, 204, 205, 301, 304, 404, 410, 418, 500, 503, 599]), headers: headers(random), body: random.bytes(random.size(200)) },
    stored: random.chance(0.4) ? stored(random) : undefined
  }),
  run: input => doors.run(input)
}

export function anAsk (random: Random): Ask {
  if (random.chance(0.5)) return anOperation(random)
  const method = random.pick(METHODS)
  return {
    method,
    path: random.way<string>([2, () => random.pick(PATHS)], [5, () => `/v1/${random.pick(['g', 'put', 'g', 'nothing', random.text(8), encoded(random)])}/${encoded(random)}`], [4, () => operation(random)], [1, () => mutated(Buffer.from(`/v1/g/${encoded(random)}`), random).toString('latin1')]),
    headers: [...(random.chance(0.3) ? [['authorization', `Bearer ${random.chance(0.8) ? TOKEN : random.text()}`] as [string, string]] : []), ...(random.chance(0.5) ? headers(random) : [])],
    body: ['GET', 'HEAD'].includes(method) ? undefined : body(random)
  }
}

/** One that is as it should be, but for its key. */
function anOperation (random: Random): Ask {
  const [method, name] = random.pick([['GET', 'key'], ['PUT', 'key'], ['DELETE', 'key'], ['GET', 'owner'], ['POST', 'getMany'], ['POST', 'removeMany'], ['POST', 'removeByTag'], ['POST', 'clear'], ['GET', ''], ['PUT', ''], ['DELETE', ''], ['GET', '']] as const)
  const group = random.pick(['g', 'g', 'put', 'a:b', 't'])
  const keys = random.list(4, () => random.pick(['k', 'l', random.text()]))
  const key = encodeURIComponent(random.chance(0.5) ? 'k' : random.text())
  return {
    method,
    path: name === '' ? `/v1/${group}/${key}` : `/v1/${group}:${name}?key=${key}`,
    headers: [['authorization', `Bearer ${TOKEN}`], ...(random.chance(0.3) ? headers(random) : [])],
    body: method === 'GET' ? undefined : random.chance(0.8) ? Buffer.from(JSON.stringify({ keys, tag: random.text() || 't' })) : body(random)
  }
}

function operation (random: Random): string {
  return `/v1/${random.pick(['g', 'g', 'put', 'nothing', 'a:b', encoded(random)])}:${random.pick(OPERATIONS)}${random.chance(0.6) ? `?${random.pick(['key', 'key', 'keys', 'KEY', '__proto__', encoded(random)])}=${encoded(random)}` : ''}${random.chance(0.1) ? `&${encoded(random)}` : ''}`
}

/** Percent-encoded as it should be, or in a way of its own. */
function encoded (random: Random): string {
  const text = random.chance(0.3) ? 'k' : random.text()
  return random.way<string>([5, () => encodeURIComponent(text)], [1, () => text], [1, () => random.pick(['%', '%2', '%zz', '%2e%2e', '..', '.', '%00', '%ff', '%c0%af', '%F0%9F', '%25%32%66', '%2F', '?', '#', '%5c', 'a'.repeat(3_000), '%ed%a0%80'])])
}

function headers (random: Random): Array<[string, string]> {
  return random.list(4, () => [random.pick(NAMES), random.way<string>([3, () => random.pick(VALUES)], [2, () => control(random)], [1, () => random.text()])])
}

export function control (random: Random): string {
  return random.list(5, () => random.pick(CONTROLS) + (random.chance(0.7) ? random.pick(VALUES) : '')).join(random.pick([',', ', ', '']))
}

function body (random: Random): Uint8Array {
  return random.way<Uint8Array>(
    [3, () => Buffer.from(JSON.stringify({ keys: random.list(5, () => random.chance(0.9) ? random.pick(['k', random.text()]) : random.pick<unknown>([1, null, {}, [], 'x'.repeat(70_000)])) }))],
    [1, () => Buffer.from(JSON.stringify({ tag: random.chance(0.7) ? random.text() : random.pick<unknown>([1, null, {}, ['t']]) }))],
    [1, () => Buffer.from(random.pick(['', '{', '[]', 'null', '{"keys":{"length":5}}', '{"__proto__":{"keys":["a"]}}', '{"keys":[[]]}', '['.repeat(5_000)]))],
    [1, () => random.bytes(random.size(500))]
  )
}

/** What a side door keeps, or something like it. */
function stored (random: Random): Uint8Array {
  const odd = (): number => random.pick([0, 1, 1_000, NaN, -1, Infinity, -Infinity, 2 ** 53])
  const good = encodeEnvelope({ status: random.pick([200, 200, 204, 304, 404, 0, 101, 199, 600, 65_535]), storedAt: random.chance(0.7) ? STORED_AT : odd(), fresh: odd(), staleWhileRevalidate: odd(), staleIfError: odd(), headers: Object.fromEntries(headers(random)), body: random.bytes(random.size(100)) })
  return random.chance(0.5) ? good : mutated(good, random)
}

class Doors {
  #cache: StandaloneGroupcache | undefined
  #apps: Record<Input['door'], DoorApp> | undefined
  #origin: OriginAnswer | undefined
  readonly #fetch = globalThis.fetch

  async start (): Promise<void> {
    const cache = this.#cache = await createGroupcache({ discovery: [], listen: [] })
    const options = { cache, timeout: 2_000, rateLimit: 1e9, maxBodyBytes: 100_000, groups: { g: { origin: 'http://origin.test/{group}/{key}' }, put: {}, 'a:b': {} } }
    const open = createDoorApp(sideDoorSettings(options))
    this.#apps = { open, token: createDoorApp(sideDoorSettings({ ...options, host: '0.0.0.0', token: TOKEN, groups: { t: {} } })) }
    globalThis.fetch = async () => this.#answer()
  }

  async stop (): Promise<void> {
    globalThis.fetch = this.#fetch
    for (const app of Object.values(this.#apps ?? {})) (app).close()
    await this.#cache?.stop()
  }

  async run ({ door, client, asks, origin, stored }: Input): Promise<Verdict> {
    const app = this.#apps?.[door]
    if (app === undefined) throw new InvariantError('it was not started')
    this.#origin = origin
    // nothing of the cases before
    for (const group of app.groups.values()) if (group.stats().items > 0) await group.clear()
    if (stored !== undefined) await app.groups.get('g')?.set('k', stored)
    const verdicts: Verdict[] = []
    for (const ask of asks) verdicts.push(await this.#ask(app, ask, client))
    return verdicts.includes('accepted') ? 'accepted' : 'refused'
  }

  async #ask (app: DoorApp, { method, path, headers, body }: Ask, client: string): Promise<Verdict> {
    const request = requestOf(method, path, headers, body)
    if (request === undefined) return 'refused'
    const host = request.headers.get('host') ?? '127.0.0.1:4580'
    const incoming = { url: path, headers: { host }, socket: { remoteAddress: client } }
    const response = await app.fetch(request, { incoming, outgoing: {} })
    const { status } = response
    const isEvents = response.headers.get('content-type') === 'text/event-stream'
    if (isEvents) await response.body?.cancel()
    const text = isEvents ? '' : await response.text()
    must(status !== 500, `${method} ${path} is answered with 500: ${text}`)
    must(!text.includes('node_modules') && !/\n {4}at /.test(text), `an answer with a stack: ${text}`)
    if (response.headers.get('content-type')?.startsWith('application/json') === true && status >= 400 && text !== '' && response.headers.get('age') === null) {
      const { error } = JSON.parse(text) as { error?: { name?: unknown, message?: unknown } }
      must(typeof error?.name === 'string' && typeof error.message === 'string', `an error that is none: ${text}`)
    }
    const age = response.headers.get('age')
    must(age === null || /^\d+$/.test(age), `the age ${age}`)
    must(response.headers.get('x-content-type-options') === 'nosniff', 'nobody is told not to guess')
    return status < 400 ? 'accepted' : 'refused'
  }

  #answer (): Response {
    const { status, headers, body } = this.#origin ?? { status: 500, headers: [], body: new Uint8Array(0) }
    return new Response([204, 205, 304].includes(status) ? null : new Uint8Array(body), { status, headers: plainHeaders(headers) })
  }
}

const doors = new Doors()

/** What can stand in a request at all: over a socket Node refuses the rest. */
function requestOf (method: string, path: string, headers: Array<[string, string]>, body: Uint8Array | undefined): Request | undefined {
  try {
    return new Request(`http://127.0.0.1:4580${path}`, { method, headers: plainHeaders(headers), ...(body === undefined ? {} : { body: new Uint8Array(body) }) })
  } catch {
    return undefined
  }
}

function plainHeaders (headers: Array<[string, string]>): Headers {
  const kept = new Headers()
  for (const [name, value] of headers) {
    kept.append(name, value.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, ''))
  }
  return kept
}
