// The options of a side door, checked, with their defaults.

import { InvalidParametersError } from '@libp2p/interface'
import { checkTemplate } from './origin.js'
import { DEFAULT_MAX_BYTES, MAX_PORT, MAX_VALUE_BYTES } from '../constants.js'
import { show } from '../errors.js'
import { durationOption, functionOption, lifetimeOption, nameOption, numberOption, objectOption, optionsObject } from '../validation.js'
import type { Lifetimes } from './cache-control.js'
import type { Groupcache } from '../interface/groupcache.js'

/** One group that is served. Every member has to serve it alike. */
export interface SideDoorGroup {
  /** Where values come from: a URL with `{key}`, or `{+key}` whose slashes stay, in it, and at will `{group}`. @default none: there is what was put */
  origin?: string | undefined
  /** Milliseconds that an answer lives which does not say so itself. @default 60_000 */
  ttl?: number | undefined
  /** As `ttl`, of 404 and 410. @default 10_000 */
  negativeTtl?: number | undefined
  /** Milliseconds; of answers that say nothing. @default 0 */
  staleWhileRevalidate?: number | undefined
  /** Milliseconds; of answers that say nothing. @default 0 */
  staleIfError?: number | undefined
  /** Milliseconds that the origin may take. @default 10_000 */
  timeout?: number | undefined
  /** See `GroupOptions`. @default 64 MiB */
  maxBytes?: number | undefined
}

export interface SideDoorOptions {
  /** The member whose side door it is. */
  cache: Groupcache
  /** By name. @default { default: {} } */
  groups?: Record<string, SideDoorGroup> | undefined
  /** Address or name to listen on. Another than loopback needs a token. @default '127.0.0.1' */
  host?: string | undefined
  /** 0 = any that is free. @default 4580 */
  port?: number | undefined
  /** What a client has to show (`Authorization: Bearer …`) to change something, and, unless `host` is loopback, for all else. At least 16 characters. @default none */
  token?: string
  /** Host names, beside loopback's, that a request may be for; beyond loopback beside all addresses, and none = any name. @default [] */
  allowedHosts?: readonly string[] | undefined
  /** Largest body of a request, in bytes. @default 16 MiB */
  maxBodyBytes?: number | undefined
  /** Requests a second of one client address; one more gets 429. @default 10_000 */
  rateLimit?: number | undefined
  /** Milliseconds that a get or a batch of them may take; changes take as long as members need to confirm them. @default 30_000 */
  timeout?: number | undefined
  /** What `/metrics` answers, in Prometheus' text format. @default none: 404 */
  metrics?: (() => Promise<string>) | undefined
}

export interface SideDoorGroupSettings extends Lifetimes {
  origin: string | undefined
  timeout: number
  maxBytes: number
}

export interface SideDoorSettings {
  cache: Groupcache
  groups: ReadonlyMap<string, SideDoorGroupSettings>
  host: string
  port: number
  isLoopback: boolean
  token: string | undefined
  allowedHosts: ReadonlySet<string>
  maxBodyBytes: number
  rateLimit: number
  timeout: number
  metrics: (() => Promise<string>) | undefined
}

const DEFAULT_PORT = 4580
/** Characters. Random ones of that length are past guessing, at WRONG_TOKENS a second; see guard.ts. */
const MIN_TOKEN_LENGTH = 16
const MiB = 1024 * 1024
const KNOWN = ['cache', 'groups', 'host', 'port', 'token', 'allowedHosts', 'maxBodyBytes', 'rateLimit', 'timeout', 'metrics'] as const satisfies ReadonlyArray<keyof SideDoorOptions>
const KNOWN_OF_GROUP = ['origin', 'ttl', 'negativeTtl', 'staleWhileRevalidate', 'staleIfError', 'timeout', 'maxBytes'] as const satisfies ReadonlyArray<keyof SideDoorGroup>

/** @throws InvalidParametersError naming the option, what was expected and what came */
export function sideDoorSettings (options: SideDoorOptions): SideDoorSettings {
  const known = optionsObject<SideDoorOptions>('side door options', objectOption('side door options', options), KNOWN)
  objectOption('cache', known.cache)
  const host = hostOption(known.host)
  const token = tokenOption(known.token)
  if (!isLoopbackHost(host) && token === undefined) {
    throw new InvalidParametersError(`token: expected one, because ${host} is not loopback: whoever can reach it could read and change what is cached`)
  }
  return {
    cache: known.cache,
    groups: groupsOption(known.groups),
    host,
    port: numberOption('port', known.port, { fallback: DEFAULT_PORT, min: 0, max: MAX_PORT, integer: true }),
    isLoopback: isLoopbackHost(host),
    token,
    allowedHosts: hostsOption(known.allowedHosts),
    maxBodyBytes: numberOption('maxBodyBytes', known.maxBodyBytes, { fallback: 16 * MiB, min: 1, max: MAX_VALUE_BYTES, integer: true }),
    rateLimit: numberOption('rateLimit', known.rateLimit, { fallback: 10_000, min: 1 }),
    timeout: durationOption('timeout', known.timeout, 30_000),
    metrics: known.metrics === undefined ? undefined : functionOption('metrics', known.metrics)
  }
}

export function isLoopbackHost (host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}

function hostOption (host: unknown): string {
  if (host === undefined) return '127.0.0.1'
  if (typeof host !== 'string' || !/^[\w.:[\]-]+$/.test(host)) throw new InvalidParametersError(`host: expected an address or a name such as 127.0.0.1, got ${show(host)}`)
  return host.replace(/^\[(.*)\]$/, '$1')
}

function tokenOption (token: unknown): string | undefined {
  if (token === undefined) return undefined
  // RFC 6750 §2.1, so that it can stand in a header. What came is not shown: it is meant to be secret
  if (typeof token !== 'string' || token.length < MIN_TOKEN_LENGTH || !/^[\w.~+/-]+=*$/.test(token)) {
    throw new InvalidParametersError(`token: expected at least ${MIN_TOKEN_LENGTH} letters, digits and -._~+/, such as what openssl rand -hex 32 makes`)
  }
  return token
}

function hostsOption (hosts: unknown): ReadonlySet<string> {
  if (hosts === undefined) return new Set()
  if (!Array.isArray(hosts) || !hosts.every(host => typeof host === 'string' && /^[\w.-]+$/.test(host))) {
    throw new InvalidParametersError(`allowedHosts: expected an array of host names without ports, got ${show(hosts)}`)
  }
  return new Set(hosts.map((host: string) => host.toLowerCase()))
}

function groupsOption (groups: unknown): ReadonlyMap<string, SideDoorGroupSettings> {
  const entries = Object.entries(groups === undefined ? { default: {} } : objectOption('groups', groups))
  if (entries.length === 0) throw new InvalidParametersError('groups: expected at least one')
  return new Map(entries.map(([name, options]) => [nameOption('group name', name), groupOption(`group ${show(name)}`, options)]))
}

function groupOption (what: string, options: unknown): SideDoorGroupSettings {
  const known = optionsObject<SideDoorGroup>(what, options ?? null, KNOWN_OF_GROUP)
  if (known.origin !== undefined) checkTemplate(known.origin)
  return {
    origin: known.origin,
    ttl: lifetimeOption(`${what}: ttl`, known.ttl, 60_000),
    negativeTtl: lifetimeOption(`${what}: negativeTtl`, known.negativeTtl, 10_000),
    staleWhileRevalidate: lifetimeOption(`${what}: staleWhileRevalidate`, known.staleWhileRevalidate, 0),
    staleIfError: lifetimeOption(`${what}: staleIfError`, known.staleIfError, 0),
    timeout: durationOption(`${what}: timeout`, known.timeout, 10_000),
    maxBytes: numberOption(`${what}: maxBytes`, known.maxBytes, { fallback: DEFAULT_MAX_BYTES, min: 1024, integer: true })
  }
}
