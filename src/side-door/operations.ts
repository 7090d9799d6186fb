// The handlers of `/v1/{group}:{operation}`: what is about several keys, and one key in the query, for keys that no path can hold.

import { InvalidParametersError } from '@libp2p/interface'
import { isUtf8 } from 'node:buffer'
import { groupOf, jsonBody, Refusal } from './context.js'
import { EnvelopeError, decodeEnvelope } from './envelope.js'
import { ageOf, deleteValue, getValue, ownerOf, putValue } from './values.js'
import type { Door, DoorContext } from './context.js'
import type { Envelope } from './envelope.js'
import type { Place } from './values.js'
import type { Group } from '../interface/group.js'

type Handler = (door: Door, c: DoorContext, group: Group<Uint8Array>) => Response | Promise<Response>

/** Keys of one request. */
const MAX_KEYS = 4_096
/** Of all bodies of one answer together. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

const OPERATIONS: Readonly<Record<string, Handler>> = {
  'GET key': (door, c, group) => getValue(door, c, placeInQuery(c, group)),
  'PUT key': (_door, c, group) => putValue(c, placeInQuery(c, group)),
  'DELETE key': (_door, c, group) => deleteValue(c, placeInQuery(c, group)),
  'GET owner': (_door, c, group) => ownerOf(c, placeInQuery(c, group)),
  'POST getMany': getMany,
  'POST removeMany': async (_door, c, group) => {
    await group.removeMany(keysIn(await jsonBody(c)))
    return c.body(null, 204)
  },
  'POST removeByTag': async (_door, c, group) => {
    await group.removeByTag((await jsonBody(c)).tag as string)
    return c.body(null, 204)
  },
  'POST clear': async (_door, c, group) => {
    await group.clear()
    return c.body(null, 204)
  }
}

/** `/v1/{group}:{operation}`; the group's own name may hold colons. @throws Refusal */
export function operate (door: Door, c: DoorContext): Response | Promise<Response> {
  const target = c.req.param('target') ?? ''
  const colon = target.lastIndexOf(':')
  const name = target.slice(colon + 1)
  const method = c.req.method === 'HEAD' ? 'GET' : c.req.method
  const handler = Object.hasOwn(OPERATIONS, `${method} ${name}`) ? OPERATIONS[`${method} ${name}`] : undefined
  if (handler === undefined || colon === -1) throw new Refusal(404, 'NoSuchOperation', `expected one of ${Object.keys(OPERATIONS).map(known => known.replace(' ', ' /v1/{group}:')).join(', ')}`)
  return handler(door, c, groupOf(door, target.slice(0, colon)))
}

async function getMany (door: Door, c: DoorContext, group: Group<Uint8Array>): Promise<Response> {
  const keys = keysIn(await jsonBody(c))
  for (const key of keys) door.sampler.asked(group.name, String(key))
  const outcomes = await group.getManySettled(keys, { timeout: door.settings.timeout, signal: c.req.raw.signal })
  let bytes = 0
  const values = outcomes.map((outcome, i) => {
    const envelope = outcome.status === 'rejected' ? outcome.reason as Error : envelopeIn(outcome.value)
    if (envelope instanceof Error) return { key: keys[i], error: { name: envelope.name, message: envelope.message } }
    bytes += envelope.body.byteLength
    if (bytes > MAX_ANSWER_BYTES) throw new Refusal(413, 'AnswerTooLarge', `the values have more than ${MAX_ANSWER_BYTES} bytes together: ask for fewer`)
    return { key: keys[i], value: valueOf(envelope) }
  })
  return c.json({ values })
}

/** One value that is none is no reason to keep back the others. */
function envelopeIn (value: Uint8Array): Envelope | EnvelopeError {
  try {
    return decodeEnvelope(value)
  } catch (err) {
    if (err instanceof EnvelopeError) return err
    throw err
  }
}

/** Text as text, all else as base64. */
function valueOf (envelope: Envelope): Record<string, unknown> {
  const encoding = isUtf8(envelope.body) ? 'utf8' : 'base64'
  return {
    status: envelope.status,
    contentType: envelope.headers['content-type'] ?? null,
    age: Math.floor(ageOf(envelope) / 1000),
    encoding,
    body: Buffer.from(envelope.body.buffer, envelope.body.byteOffset, envelope.body.byteLength).toString(encoding)
  }
}

function keysIn ({ keys }: Record<string, unknown>): string[] {
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) throw new InvalidParametersError(`body: expected { "keys": […] } with at most ${MAX_KEYS} strings`)
  return keys as string[]
}

function placeInQuery (c: DoorContext, group: Group<Uint8Array>): Place {
  const key = c.req.query('key')
  if (key === undefined) throw new InvalidParametersError('query: expected key=…')
  return { group, key }
}
