// The frames that removals travel in.
//
//   REMOVE    hop u8 · ticket f64 · removal
//   FORGET    ticket f64 · removal
//   SET       hop u8 · ticket f64 · ttl u32 · group · key · tags · the encoded value
//   CATCH_UP  elapsed u32
//   MISSED    all u8 · count u32 · (ticket f64 · removal)*
//   removal   kind u8 · group · [kind 0: count u16 · key*] [kind 1: tag]

import { MAX_BATCH_KEYS, MAX_LOGGED_REMOVALS, MAX_REMOVAL_BYTES, MAX_TAGS, MAX_VALUE_BYTES } from '../constants.js'
import { ProtocolViolationError } from '../errors.js'
import { FieldReader } from './field-reader.js'
import { FieldWriter } from './field-writer.js'
import { FrameType, HEAD_BYTES, readBytes, readKeys, readTags, ttlCode, ttlOf } from './frames.js'
import type { FrameWriter } from './frame-writer.js'
import type { Announced, Hop, Removal, Replacement, Ticket } from './removal.js'

const HOPS: readonly Hop[] = ['owner', 'forwarded']
const Kind = { keys: 0, tag: 1, all: 2 } as const
/** Reading a list that is longer would take longer than loading anew what it names. */
const MAX_MISSED_BYTES = 16 * 1024 * 1024
/** Saturates: who was away for longer is told that everything was missed anyway. */
const MAX_ELAPSED = 0xffffffff

/** @throws RangeError when the removal does not fit into a frame; nothing is written then. So do the others here. */
export function writeRemove (frames: FrameWriter, id: number, ticket: Ticket, removal: Removal, hop: Hop): void {
  const fields = new FieldWriter().u8(HOPS.indexOf(hop)).f64(ticket)
  writeRemoval(fields, removal)
  frames.frame(FrameType.remove, id, fields.bytes)
}

export function writeForget (frames: FrameWriter, id: number, ticket: Ticket, removal: Removal): void {
  const fields = new FieldWriter().f64(ticket)
  writeRemoval(fields, removal)
  frames.frame(FrameType.forget, id, fields.bytes)
}

export function writeSet (frames: FrameWriter, id: number, ticket: Ticket, { group, key, bytes, ttl, tags }: Replacement, hop: Hop): void {
  if (bytes.byteLength > MAX_VALUE_BYTES) throw new RangeError(`expected a value of at most ${MAX_VALUE_BYTES} bytes, got ${bytes.byteLength}`)
  if (tags.length > MAX_TAGS) throw new RangeError(`expected at most ${MAX_TAGS} tags, got ${tags.length}`)
  const fields = new FieldWriter().u8(HOPS.indexOf(hop)).f64(ticket).u32(ttlCode(ttl)).shortText(group).text(key).u8(tags.length)
  for (const tag of tags) fields.shortText(tag)
  frames.frame(FrameType.set, id, fields.bytes, bytes)
}

export function writeCatchUp (frames: FrameWriter, id: number, elapsed: number): void {
  // up, never down: what is told too often does no harm
  const ms = elapsed < MAX_ELAPSED ? Math.max(0, Math.ceil(elapsed)) : MAX_ELAPSED
  frames.frame(FrameType.catchUp, id, new FieldWriter().u32(ms).bytes)
}

/** What does not fit into a frame, or is more than a log of removals holds, is everything. */
export function writeMissed (frames: FrameWriter, id: number, missed: readonly Announced[] | 'all'): void {
  frames.frame(FrameType.missed, id, missedBytes(missed) ?? new FieldWriter().u8(1).u32(0).bytes)
}

function missedBytes (missed: readonly Announced[] | 'all'): Buffer | undefined {
  if (missed === 'all' || missed.length > MAX_LOGGED_REMOVALS) return undefined
  const fields = new FieldWriter().u8(0).u32(missed.length)
  let weight = 0
  for (const { ticket, removal } of missed) {
    weight += weightOf(removal)
    if (weight > MAX_LOGGED_REMOVALS || !fitsOneFrame(removal)) return undefined
    writeRemoval(fields.f64(ticket), removal)
    if (fields.bytes.length > MAX_MISSED_BYTES) return undefined
  }
  return fields.bytes
}

function writeRemoval (fields: FieldWriter, removal: Removal): void {
  fields.u8(Kind[removal.kind]).shortText(removal.group)
  if (removal.kind === 'tag') fields.shortText(removal.tag)
  if (removal.kind !== 'keys') return
  if (!fitsOneFrame(removal)) throw new RangeError(`expected 1 to ${MAX_BATCH_KEYS} keys in a removal, got ${removal.keys.length}`)
  fields.u16(removal.keys.length)
  for (const key of removal.keys) fields.text(key)
}

function fitsOneFrame (removal: Removal): boolean {
  return removal.kind !== 'keys' || (removal.keys.length > 0 && removal.keys.length <= MAX_BATCH_KEYS)
}

/** Keys and tags that it names, as the log counts them. */
function weightOf (removal: Removal): number {
  return removal.kind === 'keys' ? removal.keys.length : 1
}

/** @throws ProtocolViolationError for bytes that are no such frame. So do the others here. */
export function readRemove (frame: Buffer): { hop: Hop, ticket: Ticket, removal: Removal } {
  checkLength(frame)
  const fields = new FieldReader(frame, HEAD_BYTES)
  const request = { hop: readHop(fields), ticket: readTicket(fields), removal: readRemoval(fields) }
  fields.end()
  return request
}

export function readForget (frame: Buffer): Announced {
  checkLength(frame)
  const fields = new FieldReader(frame, HEAD_BYTES)
  const request = { ticket: readTicket(fields), removal: readRemoval(fields) }
  fields.end()
  return request
}

function checkLength (frame: Buffer): void {
  if (frame.length > MAX_REMOVAL_BYTES) throw new ProtocolViolationError(`a removal of ${frame.length} bytes, expected at most ${MAX_REMOVAL_BYTES}`)
}

/** @returns a replacement whose bytes are a view of the frame, to be copied by whoever keeps them */
export function readSet (frame: Buffer): { hop: Hop, ticket: Ticket, replacement: Replacement } {
  const fields = new FieldReader(frame, HEAD_BYTES)
  const hop = readHop(fields)
  const ticket = readTicket(fields)
  const ttl = ttlOf(fields.u32())
  const group = fields.shortText()
  const key = fields.text()
  const tags = readTags(fields)
  return { hop, ticket, replacement: { group, key, bytes: readBytes(fields), ttl, tags } }
}

export function readCatchUp (frame: Buffer): number {
  const fields = new FieldReader(frame, HEAD_BYTES)
  const elapsed = fields.u32()
  fields.end()
  return elapsed
}

export function readMissed (frame: Buffer): Announced[] | 'all' {
  if (frame.length > HEAD_BYTES + MAX_MISSED_BYTES) throw new ProtocolViolationError(`missed removals of ${frame.length} bytes, expected at most ${MAX_MISSED_BYTES}`)
  const fields = new FieldReader(frame, HEAD_BYTES)
  const all = fields.u8()
  const count = fields.u32()
  if (all > 1 || (all === 1 && count > 0)) throw new ProtocolViolationError(`missed removals that begin with ${all} and ${count}`)
  const missed: Announced[] = []
  let weight = 0
  for (let i = 0; i < count; i++) {
    const announced = { ticket: readTicket(fields), removal: readRemoval(fields) }
    weight += weightOf(announced.removal)
    if (weight > MAX_LOGGED_REMOVALS) throw new ProtocolViolationError(`more than ${MAX_LOGGED_REMOVALS} missed removals`)
    missed.push(announced)
  }
  fields.end()
  return all === 1 ? 'all' : missed
}

function readRemoval (fields: FieldReader): Removal {
  const kind = fields.u8()
  const group = fields.shortText()
  switch (kind) {
    case Kind.keys: return { kind: 'keys', group, keys: readKeys(fields) }
    case Kind.tag: return { kind: 'tag', group, tag: fields.shortText() }
    case Kind.all: return { kind: 'all', group }
    default: throw new ProtocolViolationError(`a removal of the unknown kind ${kind}`)
  }
}

function readHop (fields: FieldReader): Hop {
  const code = fields.u8()
  const hop = HOPS[code]
  if (hop === undefined) throw new ProtocolViolationError(`a removal with the unknown hop ${code}`)
  return hop
}

function readTicket (fields: FieldReader): Ticket {
  const ticket = fields.f64()
  // −0 is a second way to write 0
  if (!Number.isSafeInteger(ticket) || ticket < 0 || Object.is(ticket, -0)) throw new ProtocolViolationError(`the ticket ${ticket}, expected a whole number below 2⁵³`)
  return ticket
}
