// What processes told, made up for tests of the judges. Times are seconds.

import type { Incident } from '../../chaos/player.js'
import type { LifeRecord } from '../../chaos/life.js'
import type { ViewEvent } from '../../chaos/reports.js'
import type { Fault } from '../../chaos/fault.js'
import type { Read, Update } from '../../support/history.js'

export const S = 1e9

/** A process that is there from the beginning, and sees nobody. */
export function lifeOf (name: string, more: Partial<LifeRecord> = {}): LifeRecord {
  return { name, number: 0, peerId: `id-${name}`, reads: [], failures: [], updates: [], views: [], samples: [], pauses: [], oddities: [], stderr: '', startedAt: 0, endOrderedAt: Infinity, endOrder: undefined, endedAt: Infinity, ...more }
}

/** From then on it sees them, or does not. */
export function sees (viewer: LifeRecord, at: number, kind: ViewEvent['kind'], ...others: LifeRecord[]): void {
  for (const { peerId, name } of others) viewer.views.push({ at: at * S, kind, peerId, name })
}

/** They see each other from then on. */
export function meet (at: number, ...lives: LifeRecord[]): void {
  for (const life of lives) sees(life, at, 'join', ...lives.filter(other => other !== life))
}

export function readOf (life: LifeRecord, at: number, version: number, key = 'k1'): Read {
  const read: Read = { key, version, isSet: false, begin: at * S, end: at * S + 1e6, node: life.peerId }
  life.reads.push(read)
  return read
}

export function updateOf (life: LifeRecord, from: number, to: number, version: number, owner = life, key = 'k1'): Update {
  const update: Update = { kind: 'remove', keys: [key], version, begin: from * S, end: to * S, node: life.peerId, owners: [owner.peerId] }
  life.updates.push(update)
  return update
}

export function incidentOf (fault: Partial<Fault> & Pick<Fault, 'kind'>, from: number, to: number, life?: LifeRecord): Incident {
  return { fault: { at: 0, until: 0, ...fault } as Fault, from: from * S, to: to * S, ...life === undefined ? {} : { life } }
}
