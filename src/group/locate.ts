// Where the value of a key is: asks every member what it has in memory, and has nobody load.

import type { Located } from '../interface/group.js'
import type { Value } from '../rpc/ask.js'
import type { Peers } from './peers.js'

export type Place = Located['cachedAt'][number]['where']

/** What a member answers, in one byte. */
const PLACES: readonly Place[] = ['main', 'stale', 'hot']

/** How long a member has to answer, in milliseconds, unless the caller says otherwise. */
const DEFAULT_TIMEOUT = 1_000

export function placeAnswer (place: Place): Value {
  return { bytes: Uint8Array.of(PLACES.indexOf(place)), ttl: 0, tags: [], mayKeep: false, isPopular: false }
}

/** @param here - where this node itself has it */
export async function locate (peers: Peers, group: string, key: string, here: Place | undefined, timeout = DEFAULT_TIMEOUT): Promise<Located> {
  const owner = peers.owner(key) ?? peers.self
  const successor = peers.successor(key)
  const located: Located = { owner: peers.member(owner), successor: successor === undefined ? undefined : peers.member(successor), cachedAt: [], unknown: [] }
  await Promise.all(peers.members.map(async id => {
    const member = peers.member(id)
    if (id === peers.self) {
      if (here !== undefined) located.cachedAt.push({ member, where: here })
      return
    }
    try {
      const answer = await peers.fetch(id, group, key, 'look', { timeout })
      const where = answer === undefined ? undefined : PLACES[answer.bytes[0] as number]
      if (where !== undefined) located.cachedAt.push({ member, where })
    } catch {
      // which member did not say is part of the answer
      located.unknown.push(member)
    }
  }))
  return located
}
