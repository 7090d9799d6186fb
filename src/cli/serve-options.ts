// What `groupcache serve` is told: by flags, else by the environment, else by a file of JSON.

import { readFile } from 'node:fs/promises'
import { CliError } from './command.js'
import { secretIn } from './secrets.js'
import { bootstrap } from '../discovery/bootstrap.js'
import { dns } from '../discovery/dns.js'
import { host } from '../discovery/host.js'
import { mdns } from '../discovery/mdns.js'
import { defined } from '../validation.js'
import type { Flag, Parsed, Shell } from './command.js'
import type { Discovery, GroupcacheOptions } from '../interface/groupcache.js'
import type { SideDoorGroup, SideDoorOptions } from '../side-door/options.js'

export const SERVE_FLAGS: Readonly<Record<string, Flag>> = {
  config: { type: 'string', short: 'c', value: 'FILE', help: 'JSON with these options, by their names here' },
  cluster: { type: 'string', value: 'NAME', help: 'only members of the same one meet; default "default"' },
  name: { type: 'string', value: 'NAME', help: 'this member\'s place on the ring; default its peer id' },
  listen: { type: 'string', multiple: true, value: 'ADDR', help: 'multiaddr for the other members; default /ip4/0.0.0.0/tcp/0, or this machine only where discovery is host or none' },
  announce: { type: 'string', multiple: true, value: 'ADDR', help: 'multiaddr to tell the others instead' },
  discovery: { type: 'string', multiple: true, value: 'HOW', help: 'mdns (default), host, none, dns:NAME:PORT, or a multiaddr' },
  'secret-file': { type: 'string', value: 'FILE', help: 'holds the cluster\'s secret; or GROUPCACHE_SECRET' },
  'http-host': { type: 'string', value: 'ADDR', help: 'where the side door listens; default 127.0.0.1; beyond loopback it wants a token' },
  'http-port': { type: 'string', short: 'p', value: 'PORT', help: 'default 4580; 0 = any' },
  'token-file': { type: 'string', value: 'FILE', help: 'holds the side door\'s token; or GROUPCACHE_TOKEN' },
  'allowed-host': { type: 'string', multiple: true, value: 'NAME', help: 'a host name that requests may be for, beside loopback\'s and, beyond loopback, addresses' },
  origin: { type: 'string', short: 'o', value: 'URL', help: 'where the values of group "default" come from, with {key} in it, or {+key}, whose slashes stay' },
  group: { type: 'string', multiple: true, short: 'g', value: 'NAME[=URL]', help: 'a group, and where its values come from; default: "default"' },
  ttl: { type: 'string', value: 'MS', help: 'of answers that do not say how long they live, where their status lets them be kept; default 60000' },
  'negative-ttl': { type: 'string', value: 'MS', help: 'of 404 and 410 that do not say so; default 10000' },
  'stale-while-revalidate': { type: 'string', value: 'MS', help: 'of answers that do not say so; default 0' },
  'stale-if-error': { type: 'string', value: 'MS', help: 'of answers that do not say so; default 0' },
  'max-bytes': { type: 'string', value: 'BYTES', help: 'of memory for each group; default 67108864' },
  'rate-limit': { type: 'string', value: 'N', help: 'requests a second of one client; default 10000' }
}

export interface ServeOptions {
  node: GroupcacheOptions
  door: Omit<SideDoorOptions, 'cache'>
}

/** Where an option may stand, the first place first. What is missing is undefined. A number may be text, because flags and the environment have nothing else. */
class Layers {
  readonly #layers: ReadonlyArray<Readonly<Record<string, unknown>>>

  constructor (...layers: ReadonlyArray<Readonly<Record<string, unknown>>>) {
    this.#layers = layers
  }

  text (name: string): string | undefined {
    const value = this.#find(name)
    if (value === undefined || typeof value === 'string') return value
    throw new CliError(`${name}: expected text, got ${JSON.stringify(value)}`)
  }

  number (name: string): number | undefined {
    const value = this.#find(name)
    if (value === undefined) return undefined
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof number !== 'number' || Number.isNaN(number)) throw new CliError(`${name}: expected a number, got ${JSON.stringify(value)}`)
    return number
  }

  list (name: string): string[] | undefined {
    const value = this.#find(name)
    const list = typeof value === 'string' ? value.split(',').map(each => each.trim()).filter(each => each !== '') : value
    if (list === undefined) return undefined
    if (!Array.isArray(list) || !list.every(each => typeof each === 'string')) throw new CliError(`${name}: expected a list of texts, got ${JSON.stringify(value)}`)
    return list
  }

  #find (name: string): unknown {
    return this.#layers.find(layer => layer[name] !== undefined)?.[name]
  }
}

/** @throws CliError @throws InvalidParametersError for an address or a name that discovery refuses */
export async function serveOptions (parsed: Parsed, shell: Shell): Promise<ServeOptions> {
  const file = await inFile(parsed.flags.config ?? shell.env.GROUPCACHE_CONFIG)
  const layers = new Layers(parsed.flags, inEnvironment(shell.env), file)
  const secret = await secretIn('secret', parsed, shell, new Layers(file).text('secret-file'))
  const token = await secretIn('token', parsed, shell, new Layers(file).text('token-file'))
  const discovery = layers.list('discovery') ?? ['mdns']
  // nobody from elsewhere is looked for
  const isLocal = discovery.every(word => word === 'host' || word === 'none')
  return {
    node: defined({
      cluster: layers.text('cluster'),
      name: layers.text('name'),
      listen: layers.list('listen') ?? (isLocal ? ['/ip4/127.0.0.1/tcp/0'] : undefined),
      announce: layers.list('announce'),
      discovery: discoveryOf(discovery),
      secret
    }),
    door: defined({
      host: layers.text('http-host'),
      port: layers.number('http-port'),
      token,
      allowedHosts: layers.list('allowed-host'),
      rateLimit: layers.number('rate-limit'),
      groups: groupsOf(layers)
    })
  }
}

function discoveryOf (words: readonly string[]): Discovery[] {
  const seeds = words.filter(word => word.startsWith('/'))
  const others = words.filter(word => !word.startsWith('/') && word !== 'none').map(word => {
    if (word === 'mdns') return mdns()
    if (word === 'host') return host()
    const [how, hostname, port] = word.split(':')
    if (how === 'dns' && hostname !== undefined && port !== undefined) return dns({ hostname, port: Number(port) })
    throw new CliError(`discovery: expected mdns, host, none, dns:NAME:PORT or a multiaddr, got ${JSON.stringify(word)}`)
  })
  return seeds.length === 0 ? others : [...others, bootstrap(seeds)]
}

function groupsOf (layers: Layers): Record<string, SideDoorGroup> {
  const shared: SideDoorGroup = defined({
    ttl: layers.number('ttl'),
    negativeTtl: layers.number('negative-ttl'),
    staleWhileRevalidate: layers.number('stale-while-revalidate'),
    staleIfError: layers.number('stale-if-error'),
    maxBytes: layers.number('max-bytes')
  })
  const origin = layers.text('origin')
  const named = layers.list('group') ?? []
  const groups = named.map(text => {
    const at = text.indexOf('=')
    return at === -1 ? [text, shared] : [text.slice(0, at), { ...shared, origin: text.slice(at + 1) }]
  })
  if (origin !== undefined || groups.length === 0) groups.push(['default', defined({ ...shared, origin })])
  return Object.fromEntries(groups) as Record<string, SideDoorGroup>
}

/** `GROUPCACHE_HTTP_PORT` is `http-port`. */
function inEnvironment (env: Shell['env']): Record<string, unknown> {
  return Object.fromEntries(Object.keys(SERVE_FLAGS).map(name => [name, env[`GROUPCACHE_${name.toUpperCase().replaceAll('-', '_')}`] || undefined]))
}

async function inFile (file: unknown): Promise<Record<string, unknown>> {
  if (typeof file !== 'string') return {}
  let options: unknown
  try {
    options = JSON.parse(await readFile(file, 'utf8'))
  } catch (err) {
    throw new CliError(`--config: ${(err as Error).message}`)
  }
  if (options === null || typeof options !== 'object' || Array.isArray(options)) throw new CliError('--config: expected a JSON object')
  const unknown = Object.keys(options).filter(name => !Object.hasOwn(SERVE_FLAGS, name) || name === 'config')
  if (unknown.length > 0) throw new CliError(`--config: unknown ${unknown.map(name => JSON.stringify(name)).join(', ')}; known are ${Object.keys(SERVE_FLAGS).filter(name => name !== 'config').join(', ')}`)
  return options as Record<string, unknown>
}
