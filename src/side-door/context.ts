// What the handlers of the side door share, and how they say no.

import { InvalidParametersError } from '@libp2p/interface'
import type { SideDoorSettings } from './options.js'
import type { Sampler } from './sampler.js'
import type { Group } from '../interface/group.js'
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

export interface DoorEnv { Bindings: HttpBindings }
export type DoorContext = Context<DoorEnv>

export interface Door {
  readonly settings: SideDoorSettings
  readonly groups: ReadonlyMap<string, Group<Uint8Array>>
  readonly sampler: Sampler
}

/** A request that is not granted, with what the client is told. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly status: ContentfulStatusCode
  readonly code: string

  constructor (status: ContentfulStatusCode, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Which status tells a client of an error of the cache. */
const STATUSES: Readonly<Record<string, ContentfulStatusCode>> = {
  InvalidParametersError: 400,
  ValueTooLargeError: 413,
  LoadError: 502,
  CodecError: 502,
  EnvelopeError: 502,
  OverloadedError: 503,
  NotStartedError: 503,
  OwnerUnreachableError: 503,
  InvalidationIncompleteError: 503,
  GroupNotFoundError: 503,
  ConnectionLostError: 503,
  TimeoutError: 504
}

/** The answer to a request that failed: JSON of `name` and `message`, never a stack. */
export function failure (c: DoorContext, err: unknown): Response {
  if (err instanceof Refusal) return refuse(c, err.status, err.code, err.message)
  const { name, message } = err instanceof Error ? err : new Error(String(err))
  const status = STATUSES[name]
  if (status === undefined) return refuse(c, 500, 'InternalError', 'something went wrong in the side door')
  if (status === 503) c.header('Retry-After', '1')
  return refuse(c, status, name, message)
}

export function refuse (c: DoorContext, status: ContentfulStatusCode, name: string, message: string): Response {
  c.header('Cache-Control', 'no-store')
  return c.json({ error: { name, message } }, status)
}

/** @throws Refusal when this member serves no such group */
export function groupOf (door: Door, name: string): Group<Uint8Array> {
  const group = door.groups.get(name)
  if (group === undefined) throw new Refusal(404, 'NoSuchGroup', `this side door serves ${[...door.groups.keys()].map(known => JSON.stringify(known)).join(', ')}; no group of the name that was asked for`)
  return group
}

/** The JSON of a request's body. @throws InvalidParametersError */
export async function jsonBody (c: DoorContext): Promise<Record<string, unknown>> {
  const body: unknown = await c.req.json().catch(() => undefined)
  if (body === null || typeof body !== 'object' || Array.isArray(body)) throw new InvalidParametersError('body: expected a JSON object')
  return body as Record<string, unknown>
}
