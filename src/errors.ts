// Every error of this library's own. Flat classes, told apart by `name`; the cause is kept and the data are fields.
// Where libp2p has a fitting one it is used: InvalidParametersError, NotStartedError, TimeoutError, AbortError.

import type { PeerId } from '@libp2p/interface'

export interface KeyErrorInit {
  group: string
  key: string
  cause?: unknown
  /** The member it happened at; absent = this one. */
  peerId?: PeerId | undefined
}

function causeOf (init: { cause?: unknown }): ErrorOptions | undefined {
  return init.cause === undefined ? undefined : { cause: init.cause }
}

/** What a thrown value says, whatever it is: loaders may throw anything. */
export function messageOf (thrown: unknown): string {
  try {
    // an error's message may be anything, too, and reading it may throw
    return String(thrown instanceof Error ? thrown.message : thrown)
  } catch {
    return 'something was thrown that has no text'
  }
}

/** How a wrong value is shown in a message: its type, and its text where that is short. */
export function show (value: unknown): string {
  if (typeof value === 'string') return value.length > 60 ? `a string of ${value.length} characters` : JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (value === null || ['number', 'boolean', 'undefined'].includes(typeof value)) return String(value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  return typeof value === 'function' ? 'a function' : Object.prototype.toString.call(value)
}

/** The loader of a group threw, rejected, or took longer than `loadTimeout`; `cause` is what it threw. */
export class LoadError extends Error {
  override name = 'LoadError'
  readonly group: string
  readonly key: string
  /** The member it ran at; undefined = this one. */
  readonly peerId: PeerId | undefined
  /** Why the members asked before this one gave no value, where there were any. */
  earlier: Error | undefined

  constructor (init: KeyErrorInit & { reason?: string }) {
    const where = init.peerId === undefined ? '' : ` at ${init.peerId.toString()}`
    super(`loading ${show(init.key)} of group ${show(init.group)} failed${where}: ${init.reason ?? messageOf(init.cause)}`, causeOf(init))
    this.group = init.group
    this.key = init.key
    this.peerId = init.peerId
  }
}

/** The codec of a group could not encode or decode the value of a key; `cause` is what the codec threw. */
export class CodecError extends Error {
  override name = 'CodecError'
  readonly group: string
  readonly key: string
  /** The member it happened at; undefined = this one. */
  readonly peerId: PeerId | undefined

  constructor (init: KeyErrorInit & { action: 'encode' | 'decode' }) {
    super(`cannot ${init.action} the value of ${show(init.key)} of group ${show(init.group)}: ${messageOf(init.cause)}`, causeOf(init))
    this.group = init.group
    this.key = init.key
    this.peerId = init.peerId
  }
}

/** A value is larger, encoded, than a group takes. */
export class ValueTooLargeError extends Error {
  override name = 'ValueTooLargeError'
  readonly group: string
  readonly key: string
  /** The member it happened at; undefined = this one. */
  readonly peerId: PeerId | undefined
  readonly bytes: number
  /** The group's `maxValueBytes` where it was loaded. */
  readonly limit: number

  constructor (init: KeyErrorInit & { bytes: number, limit: number }) {
    super(`the value of ${show(init.key)} of group ${show(init.group)} has ${init.bytes} bytes, the limit is ${init.limit}`)
    this.group = init.group
    this.key = init.key
    this.peerId = init.peerId
    this.bytes = init.bytes
    this.limit = init.limit
  }
}

/** The loader, or what it returned, is at fault: another member could not produce the value either. */
export function isLoadFailure (err: unknown): err is Error {
  return err instanceof LoadError || err instanceof CodecError || err instanceof ValueTooLargeError
}

/** A member was asked for a group that it does not have (a rolling deploy, most often). */
export class GroupNotFoundError extends Error {
  override name = 'GroupNotFoundError'
  readonly group: string
  readonly peerId: PeerId | undefined

  constructor (group: string, peerId?: PeerId) {
    super(`group ${show(group)} does not exist at ${peerId?.toString() ?? 'this member'}`)
    this.group = group
    this.peerId = peerId
  }
}

/** `group()` was called twice with one name on one node. */
export class DuplicateGroupError extends Error {
  override name = 'DuplicateGroupError'
  readonly group: string

  constructor (group: string) {
    super(`group ${show(group)} exists already on this node; keep the first one's return value`)
    this.group = group
  }
}

/** The owner of a key could not be reached, and nobody took its place in time; `cause` is the last failure. */
export class OwnerUnreachableError extends Error {
  override name = 'OwnerUnreachableError'
  readonly group: string
  readonly key: string
  /** The owner. */
  readonly peerId: PeerId

  constructor (init: KeyErrorInit & { peerId: PeerId }) {
    super(`the owner of ${show(init.key)} of group ${show(init.group)}, ${init.peerId.toString()}, could not be reached: ${messageOf(init.cause)}`, causeOf(init))
    this.group = init.group
    this.key = init.key
    this.peerId = init.peerId
  }
}

/**
 * A removal could not be completed: the members named may still answer with what was to be removed. It
 * is gone everywhere else. Remove again; `cause` is the failure of the first of them.
 */
export class InvalidationIncompleteError extends Error {
  override name = 'InvalidationIncompleteError'
  readonly group: string
  /** Those that were not reached. */
  readonly members: readonly PeerId[]

  constructor (init: { group: string, members: readonly PeerId[], cause?: unknown }) {
    super(`a removal in group ${show(init.group)} did not reach ${init.members.map(String).join(', ')}: ${messageOf(init.cause)}`, causeOf(init))
    this.group = init.group
    this.members = init.members
  }
}

/** A peer could not be connected to, or is no member of this cluster. The ring is unchanged. */
export class PeerUnreachableError extends Error {
  override name = 'PeerUnreachableError'
  readonly peer: string
  /** Its host answered that nothing listens there, at every address: the process is gone. */
  readonly refused: boolean

  constructor (peer: string, reason: string, cause?: unknown, refused = false) {
    super(`cannot reach ${peer}: ${reason}`, causeOf({ cause }))
    this.peer = peer
    this.refused = refused
  }
}

/**
 * A peer and this node do not let each other in: their secrets or their clusters differ, or this node's
 * `allow` does not list it; `cause` is what libp2p said. The ring is unchanged.
 */
export class HandshakeRefusedError extends Error {
  override name = 'HandshakeRefusedError'
  readonly peer: string

  constructor (peer: string, reason: string, cause?: unknown) {
    super(`cannot reach ${peer}: ${reason}`, causeOf({ cause }))
    this.peer = peer
  }
}

/** This node cannot listen: a port is in use, or an address is another host's; `cause` is what libp2p said. It is not started. */
export class ListenError extends Error {
  override name = 'ListenError'
  /** Where it cannot, and why. */
  readonly reasons: ReadonlyArray<{ address: string, reason: string }>

  constructor (reasons: ReadonlyArray<{ address: string, reason: string }>, cause: Error) {
    super(`cannot listen at ${reasons.length === 0 ? `any address: ${cause.message}` : reasons.map(({ address, reason }) => `${address}: ${reason}`).join('; ')}`, { cause })
    this.reasons = reasons
  }
}

/** More is waiting than the limit allows; try again later. */
export class OverloadedError extends Error {
  override name = 'OverloadedError'
}

/** A peer sent bytes that are not of the protocol; its stream was cut. */
export class ProtocolViolationError extends Error {
  override name = 'ProtocolViolationError'
}

/** The node was stopped, or a stream closed, with the request still open. */
export class ConnectionLostError extends Error {
  override name = 'ConnectionLostError'
}

/** Another live process has this node's name, and has had it for longer: that one stays on the ring, this node is not on it. */
export class NameTakenError extends Error {
  override name = 'NameTakenError'
  /** The name. */
  readonly taken: string
  /** The member that has it. */
  readonly peerId: PeerId

  constructor ({ name, peerId }: { name: string, peerId: PeerId }) {
    super(`the name ${show(name)} is taken by ${peerId.toString()}, which is older and answers: give each process a \`name\` of its own. This one owns no keys.`)
    this.taken = name
    this.peerId = peerId
  }
}
